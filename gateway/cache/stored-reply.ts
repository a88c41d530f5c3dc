import { hash } from 'node:crypto'
import type { Asked } from './freshness.ts'
import { SharedReply } from './shared-reply.ts'

/*
 * A reply lies in memory and in Redis in one form: a line of JSON with what is known of it, and the body behind it as it is, so that
 * the body is copied once and never parsed.
 */

interface Head extends Asked {
  readonly etag: string
  /** Digits. */
  readonly seq: string | null
}

export interface WorkerAnswer extends Asked {
  /** May be a part of all that arrived with it. */
  readonly body: Uint8Array
  readonly seq: string | null
}

/** Makes a reply of what a worker answered. Nothing of `body` is kept: that would keep all that it is a part of. */
export function makeReply({ body, ...known }: WorkerAnswer): SharedReply {
  const head: Head = { ...known, etag: hash('sha1', body, 'base64url') }
  const line = Buffer.from(`${JSON.stringify(head)}\n`)
  return replyOf(head, together(line, body), line.byteLength)
}

/** Reads what `makeReply` has made; nothing of `bytes` is kept. Throws when it is something else. */
export function readStoredReply(bytes: Buffer): SharedReply {
  const bodyAt = bytes.indexOf('\n') + 1
  const head = JSON.parse(bytes.toString('utf8', 0, bodyAt)) as Head
  // They go into a header, and into comparisons, as they are.
  if (typeof head.etag !== 'string' || !/^[\w-]+$/.test(head.etag)) throw new Error('a stored reply has no ETag')
  if (typeof head.position !== 'object') throw new Error('a stored reply has no position')
  return replyOf(head, together(bytes), bodyAt)
}

/** Copies them into memory of their own: small ones would share what is allocated in advance, and keep all of it for one of them. */
function together(...parts: readonly Uint8Array[]): Buffer {
  const whole = Buffer.allocUnsafeSlow(parts.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}

function replyOf({ askedAt, position, etag, seq }: Head, stored: Buffer, bodyAt: number): SharedReply {
  const parts = { askedAt, position, etag, stored, body: stored.subarray(bodyAt) }
  return new SharedReply({ ...parts, seq: seq === null ? null : BigInt(seq) })
}
