import { z } from 'zod'
import { commonSettings, databaseUrl } from '#shared/process/config.ts'
import { retentionDays } from '#shared/retention/periods.ts'

const maxDelayMs = 3_600_000

/** Where callbacks are posted to. A URL with a name or password in it cannot be asked for by `fetch`. */
export const webhookUrl = z
  .url({ protocol: /^https?$/, abort: true })
  .max(2_000)
  .refine((url) => {
    const { username, password } = new URL(url)
    return username === '' && password === ''
  }, 'must be without name and password')

const delay = z
  .string()
  .regex(/^\d{1,7}-\d{1,7}$/, 'must be like 0-500')
  .transform((range) => {
    const [min = 0, max = 0] = range.split('-').map(Number)
    return { min, max }
  })
  .refine(({ min, max }) => min <= max && max <= maxDelayMs, `must rise, to ${maxDelayMs} at most`)

export const sandboxSettings = z.object({
  ...commonSettings,
  DATABASE_URL: databaseUrl,
  PAYMENT_SANDBOX_HOST: z.string().default('127.0.0.1'),
  /** 0 picks a free one. */
  PAYMENT_SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Without it, and while none is set at run time, callbacks wait. */
  PAYMENT_WEBHOOK_URL: webhookUrl.optional(),
  /** Signs callbacks; without it none are sent. */
  PAYMENT_WEBHOOK_SECRET: z.string().min(16).optional(),
  /** Shortest and longest delay of a callback; each draws its own, so that they come late and out of order. */
  WEBHOOK_DELAY_MS: delay.default({ min: 0, max: 0 }),
  /** How often each change is reported. */
  WEBHOOK_COPIES: z.coerce.number().int().min(1).max(10).default(1),
  /** How long callbacks and the ledger are kept. */
  RETENTION_DAYS: retentionDays,
})

export const sandboxFlags = { port: 'PAYMENT_SANDBOX_PORT', instance: 'INSTANCE' }
