import { createPrivateKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { redisUrl } from '#shared/process/config.ts'
import { workerSettings } from '#shared/process/worker.ts'

const ticketKeysMessage =
  'must be private keys as `openssl genpkey -algorithm ed25519 -outform DER | base64` makes them, separated by commas'

/** Private Ed25519 keys, PKCS #8 in base64, separated by commas. */
const ticketKeys = z
  .string()
  .default('')
  .transform((text, context) => {
    const wanted = text.split(',').filter((key) => key.trim() !== '')
    const keys = wanted.flatMap((key) => readEd25519Key(key) ?? [])
    if (keys.length < wanted.length) context.addIssue({ code: 'custom', message: ticketKeysMessage })
    return keys
  })

function readEd25519Key(text: string): KeyObject | undefined {
  try {
    const key = createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' })
    return key.asymmetricKeyType === 'ed25519' ? key : undefined
  } catch {
    return undefined
  }
}

export const bookingSettings = z.object({
  ...workerSettings,
  /** For the locks that refuse the losers of a rush early. Without Redis all requests go straight to the database. */
  REDIS_URL: redisUrl.optional(),
  /** How long a hold of a newly stocked event lasts. Events already in stock keep their value. */
  HOLD_TTL_MS: z.coerce.number().int().min(100).max(86_400_000).default(600_000),
  /** How long an offer to a buyer on a waiting list is valid. */
  OFFER_TTL_MS: z.coerce.number().int().min(100).max(86_400_000).default(1_800_000),
  /** How long a hold lasts at least after its payment began, within its hard cap. */
  PAYMENT_WINDOW_MS: z.coerce.number().int().min(100).max(1_800_000).default(120_000),
  /** Verifies the passes of waiting rooms; the same as on the gateways. Without it no pass is accepted. */
  WAITING_ROOM_SECRET: z.string().min(32).optional(),
  /** Sign the codes of tickets. The first key signs, all keys are valid, so that a new key can replace an old one. */
  TICKET_KEYS: ticketKeys,
  /** Whether this worker sweeps. The sweeper only records ended holds sooner and serves waiting lists; nothing else depends on it. */
  SWEEPER: z.enum(['on', 'off']).default('on'),
})
