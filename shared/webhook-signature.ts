import { createHmac, timingSafeEqual } from 'node:crypto'

/*
 * A payment provider signs a webhook with `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>." and the raw body>`. The time is
 * signed too, so a recorded webhook cannot be replayed later.
 */

interface Webhook {
  readonly secret: string
  /** The exact bytes that are sent. */
  readonly body: string | Uint8Array
}

interface SignedWebhook extends Webhook {
  /** The header `Webhook-Signature`. While a provider changes its secret, it sends two `v1`. */
  readonly header: string
  /** In epoch ms. */
  readonly now: number
}

interface Signature {
  /** The signed time, as written. */
  readonly seconds: string
  /** Hexadecimal digests, one of which must match. */
  readonly digests: readonly string[]
}

/** Largest distance of the signed time from now, before or after: an older signature may have been intercepted. */
const toleranceMs = 300_000
/** A header with more parts is refused: any client may send one. */
const maxParts = 20

/** The value of the header `Webhook-Signature`. `at` is the time of this attempt, in epoch ms. */
export function signWebhook({ secret, body, at }: Webhook & { readonly at: number }): string {
  const seconds = String(Math.floor(at / 1_000))
  return `t=${seconds},v1=${digest(secret, seconds, body).toString('hex')}`
}

/**
 * The signature of a header with the right form and a time within the tolerance; else null. Needs no secret, so that gateways can check it
 * too.
 */
export function readSignature(header: string, now: number): Signature | null {
  const parts = header.split(',', maxParts + 1).map((part) => part.trim())
  if (parts.length > maxParts) return null
  const times = valuesOf(parts, 't')
  const [seconds = ''] = times
  if (times.length !== 1 || !/^\d{1,12}$/.test(seconds)) return null
  if (Math.abs(now - Number(seconds) * 1_000) > toleranceMs) return null
  const digests = valuesOf(parts, 'v1').filter((each) => /^[0-9a-f]{64}$/.test(each))
  return digests.length === 0 ? null : { seconds, digests }
}

/** Whether the header has a valid signature and a time within the tolerance. Never throws. */
export function verifyWebhook({ secret, body, header, now }: SignedWebhook): boolean {
  const signature = readSignature(header, now)
  if (signature === null) return false
  const expected = digest(secret, signature.seconds, body)
  return signature.digests.some((each) => timingSafeEqual(Buffer.from(each, 'hex'), expected))
}

function valuesOf(parts: readonly string[], name: string): string[] {
  return parts.filter((part) => part.startsWith(`${name}=`)).map((part) => part.slice(name.length + 1))
}

function digest(secret: string, seconds: string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest()
}
