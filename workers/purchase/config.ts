import { z } from 'zod'
import { workerSettings } from '#shared/process/worker.ts'

export const purchaseSettings = z.object({
  ...workerSettings,
  /** Where the payment provider listens. */
  PAYMENT_URL: z.url({ protocol: /^https?$/ }),
  /** Longest wait for one answer of the provider. */
  PROVIDER_TIMEOUT_MS: z.coerce.number().int().min(100).max(5_000).default(5_000),
  /** Signs what the provider tells by webhook; without it no webhook is believed. */
  PAYMENT_WEBHOOK_SECRET: z.string().min(16).optional(),
})
