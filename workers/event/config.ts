import { z } from 'zod'
import { connectionCount, workerSettings } from '#shared/process/worker.ts'

export const eventSettings = z.object({
  ...workerSettings,
  /** For what organisers change, which is little. */
  DATABASE_CONNECTIONS: connectionCount.default(6),
  /**
   * Reads are processor time of Postgres and wait for nothing else, so those beyond twice its processors are sooner done one after
   * the other.
   */
  READ_CONNECTIONS: connectionCount.default(4),
})
