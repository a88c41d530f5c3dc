import { createPrivateKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { redisUrl } from '#shared/process/config.ts'
import { workerSettings } from '#shared/process/worker.ts'

const ticketKeysMessage =
  'must be private keys as `openssl genpkey -algorithm ed25519 -outform DER | base64` makes them, with commas in between'

/** Private Ed25519 keys, PKCS #8 in base64, with commas in between. */
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
  /** For the locks by which losers of a rush end early; without it everybody goes straight to the database. */
  REDIS_URL: redisUrl.optional(),
  /** How long a hold of a newly stocked event lasts; events in stock keep what they were given. */
  HOLD_TTL_MS: z.coerce.number().int().min(100).max(86_400_000).default(600_000),
  /** How long an offer to a buyer on a waiting list stands. */
  OFFER_TTL_MS: z.coerce.number().int().min(100).max(86_400_000).default(1_800_000),
  /** How long the seats of a hold are kept at least once its payment began, within the hold's hard cap. */
  PAYMENT_WINDOW_MS: z.coerce.number().int().min(100).max(1_800_000).default(120_000),
  /** Verifies the passes of waiting rooms; that of the gateways. Without it no pass is taken. */
  WAITING_ROOM_SECRET: z.string().min(32).optional(),
  /** Sign the codes of tickets: the first one signs, all are valid, so that a new key can replace an old one. */
  TICKET_KEYS: ticketKeys,
  /** Nothing depends on the sweeper but how soon ended holds are written down as such, and that waiting lists are served. */
  SWEEPER: z.enum(['on', 'off']).default('on'),
})
