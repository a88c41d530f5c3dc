import { type RedisClient, withRedisSpan } from '#shared/redis.ts'
import type { SharedReply } from './shared-reply.ts'
import { readStoredReply } from './stored-reply.ts'

/** Above this size a reply is not worth the memory of Redis, in bytes. */
const maxReplyBytes = 2 * 1024 * 1024

/**
 * What this gateway may add to Redis: so much at once and so much a second, in bytes. Replies stay for a minute and more, so that
 * it holds some 64 MB of them at most; whoever asks for ever other things would fill it, and limits and seat locks live there too.
 */
const mostAtOnceBytes = 32 * 1024 * 1024
const bytesPerMs = 512

/**
 * Replies in Redis, for all gateways. Never an error to its user: while Redis is away every read finds nothing and every write is
 * dropped, counted by `onError`.
 */
export class ReplyStore {
  readonly #redis: RedisClient
  readonly #onError: () => void
  #room = mostAtOnceBytes
  #roomAt = performance.now()

  constructor({ redis, onError }: { redis: RedisClient; onError: () => void }) {
    this.#redis = redis
    this.#onError = onError
  }

  async read(key: string): Promise<SharedReply | null> {
    try {
      const stored = await withRedisSpan('GET', () => this.#redis.getBuffer(key))
      return stored === null ? null : readStoredReply(stored)
    } catch {
      this.#onError()
      return null
    }
  }

  async write(key: string, { stored }: SharedReply, lifetimeMs: number): Promise<void> {
    const { byteLength } = stored
    if (byteLength > maxReplyBytes || !this.#spend(byteLength)) return
    try {
      await withRedisSpan('SET', () => this.#redis.set(key, stored, 'PX', lifetimeMs))
    } catch {
      this.#onError()
    }
  }

  /** Whether there is room for so many bytes more, which are then taken. */
  #spend(bytes: number): boolean {
    const now = performance.now()
    this.#room = Math.min(mostAtOnceBytes, this.#room + (now - this.#roomAt) * bytesPerMs)
    this.#roomAt = now
    if (this.#room < bytes) return false
    this.#room -= bytes
    return true
  }
}
