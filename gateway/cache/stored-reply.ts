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
export function storedReply({ body, ...known }: WorkerAnswer): SharedReply {
  const head: Head = { ...known, etag: hash('sha1', body, 'base64url') }
  const line = Buffer.from(`${JSON.stringify(head)}\n`)
  // Of its own: small ones would share what is allocated in advance, and keep all of it while one of them is kept.
  const stored = Buffer.allocUnsafeSlow(line.byteLength + body.byteLength)
  stored.set(line)
  stored.set(body, line.byteLength)
  return sharedReply(head, stored, line.byteLength)
}

/** Reads what `storedReply` has made, from a buffer of its own. Throws when it is something else. */
export function readStoredReply(stored: Buffer): SharedReply {
  const bodyAt = stored.indexOf('\n') + 1
  const head = JSON.parse(stored.toString('utf8', 0, bodyAt)) as Head
  // It goes into a header as it is.
  if (!/^[\w-]+$/.test(head.etag)) throw new Error('a stored reply has no ETag')
  return sharedReply(head, stored, bodyAt)
}

function sharedReply({ askedAt, position, etag, seq }: Head, stored: Buffer, bodyAt: number): SharedReply {
  const parts = { askedAt, position, etag, stored, body: stored.subarray(bodyAt) }
  return new SharedReply({ ...parts, seq: seq === null ? null : BigInt(seq) })
}
