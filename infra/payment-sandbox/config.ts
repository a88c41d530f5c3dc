import { z } from 'zod'
import { commonSettings, databaseUrl } from '#shared/config.ts'

export const sandboxSettings = z.object({
  ...commonSettings,
  DATABASE_URL: databaseUrl,
  /** 0 picks a free one. */
  PAYMENT_SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
})

export const sandboxFlags = { port: 'PAYMENT_SANDBOX_PORT', instance: 'INSTANCE' }
