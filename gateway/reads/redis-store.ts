import { type RedisClient, withRedisSpan } from '#shared/redis.ts'
import { CachedReply } from './cached-reply.ts'

/** Larger replies, in bytes, are not worth the memory of Redis. */
const maxReplyBytes = 2 * 1024 * 1024

/**
 * The write budget of one gateway for Redis: a burst, then this many bytes a millisecond. Replies live for a minute or more, so Redis holds
 * about 64 MB of them per gateway. Without a bound, queries that never repeat would displace rate limits and seat locks.
 */
const burstBytes = 32 * 1024 * 1024
const bytesPerMs = 512

/** Cached replies in Redis, for all gateways. Never throws: while Redis is unavailable, reads find nothing and writes are dropped. */
export class RedisStore {
  readonly #redis: RedisClient
  readonly #onError: (error: unknown) => void
  #budget = burstBytes
  #budgetAt = performance.now()

  constructor({ redis, onError }: { redis: RedisClient; onError: (error: unknown) => void }) {
    this.#redis = redis
    this.#onError = onError
  }

  async read(key: string): Promise<CachedReply | null> {
    try {
      const stored = await withRedisSpan('GET', () => this.#redis.getBuffer(key))
      return stored === null ? null : CachedReply.parse(stored)
    } catch (error) {
      this.#onError(error)
      return null
    }
  }

  async write(key: string, { stored }: CachedReply, lifetimeMs: number): Promise<void> {
    if (stored.byteLength > maxReplyBytes || !this.#spend(stored.byteLength)) return
    try {
      await withRedisSpan('SET', () => this.#redis.set(key, stored, 'PX', lifetimeMs))
    } catch (error) {
      this.#onError(error)
    }
  }

  /** Takes bytes from the budget; false if there are too few. */
  #spend(bytes: number): boolean {
    const now = performance.now()
    this.#budget = Math.min(burstBytes, this.#budget + (now - this.#budgetAt) * bytesPerMs)
    this.#budgetAt = now
    if (this.#budget < bytes) return false
    this.#budget -= bytes
    return true
  }
}
