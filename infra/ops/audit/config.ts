import { z } from 'zod'
import {
  commonSettings,
  databaseUrl,
  metricsHost,
  metricsPort,
  natsSettings,
  redisUrl,
} from '#shared/process/config.ts'

export const auditorSettings = z.object({
  ...commonSettings,
  ...natsSettings,
  DATABASE_URL: databaseUrl,
  /** Where the payment provider listens, whose ledger ours must balance with. */
  PAYMENT_URL: z.url({ protocol: /^https?$/ }),
  /** Where waiting rooms have the journals of their admissions; without it nobody judges these. */
  REDIS_URL: redisUrl.optional(),
  METRICS_PORT: metricsPort.default(0),
  METRICS_HOST: metricsHost,
  /** Pause between two audits; after a long one it is longer. */
  AUDIT_EVERY_MS: z.coerce.number().int().min(100).default(10_000),
})

export const auditorFlags = { 'metrics-port': 'METRICS_PORT', instance: 'INSTANCE' }
