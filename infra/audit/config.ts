import { z } from 'zod'
import { commonSettings, databaseUrl, natsUrl } from '#shared/config.ts'

export const auditorSettings = z.object({
  ...commonSettings,
  NATS_URL: natsUrl,
  DATABASE_URL: databaseUrl,
  /** Where the payment provider listens, whose ledger ours must balance with. */
  PAYMENT_URL: z.url({ protocol: /^https?$/ }),
  /** Of the metrics; 0 picks a free one. */
  AUDIT_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Pause between two audits; after a long one it is longer. */
  AUDIT_EVERY_MS: z.coerce.number().int().min(100).default(10_000),
})

export const auditorFlags = { port: 'AUDIT_PORT', instance: 'INSTANCE' }
