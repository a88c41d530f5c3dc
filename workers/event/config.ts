import { z } from 'zod'
import { connectionCount, workerSettings } from '#shared/process/worker.ts'

export const eventSettings = z.object({
  ...workerSettings,
  /** Connections for changes by organisers, of which there are few. */
  DATABASE_CONNECTIONS: connectionCount.default(6),
  /** Reads only use processor time of Postgres: beyond twice its processors they finish sooner one after the other. */
  READ_CONNECTIONS: connectionCount.default(4),
})
