import { z } from 'zod'
import { databaseConnections, workerSettings } from '#shared/worker.ts'

export const eventSettings = z.object({
  ...workerSettings,
  /**
   * Reads are processor time of Postgres and wait for nothing else, so those beyond twice its processors are sooner done one after
   * the other.
   */
  DATABASE_CONNECTIONS: databaseConnections.default(4),
})
