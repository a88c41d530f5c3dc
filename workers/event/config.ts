import { z } from 'zod'
import { workerSettings } from '#shared/worker.ts'

/** Nothing beside what every worker has. */
export const eventSettings = z.object(workerSettings)
