import { z } from 'zod'
import { redisUrl } from '#shared/process/config.ts'
import { workerSettings } from '#shared/process/worker.ts'

export const bookingSettings = z.object({
  ...workerSettings,
  /** For the locks by which losers of a rush end early; without it everybody goes straight to the database. */
  REDIS_URL: redisUrl.optional(),
  /** How long a hold of a newly stocked event lasts; events in stock keep what they were given. */
  HOLD_TTL_MS: z.coerce.number().int().min(100).max(86_400_000).default(600_000),
  /** How long the seats of a hold are kept at least once its payment began, within the hold's hard cap. */
  PAYMENT_WINDOW_MS: z.coerce.number().int().min(100).max(1_800_000).default(120_000),
  /** Verifies the passes of waiting rooms; that of the gateways. Without it no pass is taken. */
  WAITING_ROOM_SECRET: z.string().min(32).optional(),
  /** Nothing depends on the sweeper but how soon ended holds are written down as such. */
  SWEEPER: z.enum(['on', 'off']).default('on'),
})
