import { z } from 'zod'
import { workerSettings } from '#shared/process/worker.ts'

export const purchaseSettings = z.object({
  ...workerSettings,
  /** URL of the payment provider. */
  PAYMENT_URL: z.url({ protocol: /^https?$/ }),
  /** Deadline of one request to the provider. */
  PROVIDER_TIMEOUT_MS: z.coerce.number().int().min(100).max(5_000).default(5_000),
  /** Verifies the provider's webhooks; without it no webhook is accepted. */
  PAYMENT_WEBHOOK_SECRET: z.string().min(16).optional(),
})
