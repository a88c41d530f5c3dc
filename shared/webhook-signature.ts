import { createHmac, timingSafeEqual } from 'node:crypto'

/*
 * How a payment provider signs what it calls back with: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>." and the raw body>`.
 * The time is signed too, so that what was overheard once is worth nothing later.
 */

export interface WebhookToSign {
  readonly secret: string
  /** Byte for byte as it is sent. */
  readonly body: string | Uint8Array
  /** Moment of this attempt, in milliseconds since 1970. */
  readonly at: number
}

export interface SignedWebhook {
  readonly secret: string
  /** Byte for byte as it arrived. */
  readonly body: string | Uint8Array
  /** The header `Webhook-Signature`; several `v1` are allowed, because a provider sends two while it changes its secret. */
  readonly header: string
  /** In milliseconds since 1970. */
  readonly now: number
  /** How far the signed time may lie from `now`, before or after it. */
  readonly toleranceMs: number
}

/** Anybody may send a header; of one with more parts than this, nothing is believed. */
const maxParts = 20

/** The value of the header `Webhook-Signature`. */
export function signWebhook({ secret, body, at }: WebhookToSign): string {
  const seconds = String(Math.floor(at / 1_000))
  return `t=${seconds},v1=${digest(secret, seconds, body).toString('hex')}`
}

/** Whether one of the header's signatures is ours and its time near enough. Never throws, whatever the header holds. */
export function verifyWebhook({ secret, body, header, now, toleranceMs }: SignedWebhook): boolean {
  const parts = header.split(',', maxParts + 1).map((part) => part.trim())
  if (parts.length > maxParts) return false
  const times = valuesOf(parts, 't')
  const [seconds = ''] = times
  if (times.length !== 1 || !/^\d{1,12}$/.test(seconds)) return false
  if (Math.abs(now - Number(seconds) * 1_000) > toleranceMs) return false
  const expected = digest(secret, seconds, body)
  return valuesOf(parts, 'v1').some(
    (signature) => /^[0-9a-f]{64}$/.test(signature) && timingSafeEqual(Buffer.from(signature, 'hex'), expected),
  )
}

function valuesOf(parts: readonly string[], name: string): string[] {
  return parts.filter((part) => part.startsWith(`${name}=`)).map((part) => part.slice(name.length + 1))
}

function digest(secret: string, seconds: string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest()
}
