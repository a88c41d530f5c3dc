import { type RedisClient, withRedisSpan } from '#shared/redis.ts'
import { CachedReply } from './cached-reply.ts'

/** Larger replies are not worth the memory of Redis, in bytes. */
const maxReplyBytes = 2 * 1024 * 1024

/**
 * What one gateway may write to Redis: a burst, then so many bytes a millisecond. Replies live for a minute and more, so Redis holds
 * about 64 MB of them per gateway; without a bound, ever new questions would push out limits and seat locks.
 */
const burstBytes = 32 * 1024 * 1024
const bytesPerMs = 512

/** Cached replies in Redis, for all gateways. Never throws: while Redis is unavailable, reads find nothing and writes are dropped. */
export class RedisStore {
  readonly #redis: RedisClient
  readonly #onError: () => void
  #budget = burstBytes
  #budgetAt = performance.now()

  constructor({ redis, onError }: { redis: RedisClient; onError: () => void }) {
    this.#redis = redis
    this.#onError = onError
  }

  async read(key: string): Promise<CachedReply | null> {
    try {
      const stored = await withRedisSpan('GET', () => this.#redis.getBuffer(key))
      return stored === null ? null : CachedReply.parse(stored)
    } catch {
      this.#onError()
      return null
    }
  }

  async write(key: string, { stored }: CachedReply, lifetimeMs: number): Promise<void> {
    if (stored.byteLength > maxReplyBytes || !this.#spend(stored.byteLength)) return
    try {
      await withRedisSpan('SET', () => this.#redis.set(key, stored, 'PX', lifetimeMs))
    } catch {
      this.#onError()
    }
  }

  /** Takes so many bytes from the budget, or answers false. */
  #spend(bytes: number): boolean {
    const now = performance.now()
    this.#budget = Math.min(burstBytes, this.#budget + (now - this.#budgetAt) * bytesPerMs)
    this.#budgetAt = now
    if (this.#budget < bytes) return false
    this.#budget -= bytes
    return true
  }
}
