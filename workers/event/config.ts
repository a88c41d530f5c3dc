import { z } from 'zod'
import { workerSettings } from '#shared/worker.ts'

/** The event worker has no settings beside those of every worker. */
export const settings = z.object(workerSettings)
