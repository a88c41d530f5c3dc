import { createHash } from 'node:crypto'
import { withRedisSpan } from '#shared/observability/redis-span.ts'
import type { RedisClient } from '#shared/redis.ts'

/** A finished answer: its bytes and its strong validator. */
export interface CachedReply {
  readonly body: Buffer
  readonly etag: string
  /** Epoch milliseconds until which it may be served. */
  readonly freshUntil: number
}

/** Above this size a reply is not worth the memory of Redis, in bytes. */
const maxEntryBytes = 2 * 1024 * 1024

/**
 * Shareable replies in Redis, for all gateways. Never an error to its user: while Redis is away every read is a miss and
 * every write is dropped, counted by `onError`.
 */
export class ReplyCache {
  readonly #redis: RedisClient
  readonly #onError: () => void

  constructor({ redis, onError }: { redis: RedisClient; onError: () => void }) {
    this.#redis = redis
    this.#onError = onError
  }

  async read(key: string): Promise<CachedReply | null> {
    try {
      const stored = await withRedisSpan('GET', () => this.#redis.getBuffer(key))
      return stored === null ? null : unpack(stored)
    } catch {
      this.#onError()
      return null
    }
  }

  async write(key: string, reply: CachedReply): Promise<void> {
    const lifetimeMs = reply.freshUntil - Date.now()
    if (lifetimeMs <= 0 || reply.body.byteLength > maxEntryBytes) return
    try {
      await withRedisSpan('SET', () => this.#redis.set(key, pack(reply), 'PX', lifetimeMs))
    } catch {
      this.#onError()
    }
  }
}

/** Strong ETag of a body. */
export function etagOf(body: Uint8Array): string {
  return `"${createHash('sha1').update(body).digest('base64url')}"`
}

/** One line of facts, then the body as it is, so that a hit is never parsed. */
function pack({ body, etag, freshUntil }: CachedReply): Buffer {
  return Buffer.concat([Buffer.from(`${freshUntil} ${etag}\n`), body])
}

function unpack(stored: Buffer): CachedReply | null {
  const end = stored.indexOf('\n')
  const [freshUntil = '0', etag = ''] = stored.toString('latin1', 0, Math.max(end, 0)).split(' ')
  if (Number(freshUntil) <= Date.now()) return null
  return { freshUntil: Number(freshUntil), etag, body: stored.subarray(end + 1) }
}
