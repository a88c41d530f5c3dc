import { LRUCache } from 'lru-cache'
import { TicketingError } from '#shared/errors.ts'
import type { FactPosition } from '#shared/facts/stream.ts'
import { type CachePolicy, type CacheTags, staleIfErrorMs } from '../routes/cache-policy.ts'
import { CachedReply, type WorkerReply } from './cached-reply.ts'
import { type Freshness, freshnessOf } from './freshness.ts'
import type { Invalidations } from './invalidations.ts'
import type { RedisStore } from './redis-store.ts'

/** A read whose reply may be cached. Equal reads have equal keys. */
export interface CacheableRead {
  readonly key: string
  readonly policy: CachePolicy
  readonly tags: CacheTags
}

/**
 * Where a reply came from. `hit`: the cache. `stale-if-error`: the cache, because no worker answered. `miss`: a worker, because nothing was
 * cached. `newer`: a worker, because nothing cached was new enough for this reader. `uncached`: a worker, for this reader alone.
 * `collapsed`: a call that another reader had begun.
 */
export type CacheStatus = 'hit' | 'stale-if-error' | 'miss' | 'newer' | 'uncached' | 'collapsed'

export interface CacheAnswer {
  readonly reply: CachedReply
  readonly status: CacheStatus
}

/** Calls the worker. */
export type Fetch = () => Promise<WorkerReply>

/** Memory in bytes for all replies of one gateway, and for the largest one that is cached. */
const maxBytes = 64 * 1024 * 1024
const maxReplyBytes = 16 * 1024 * 1024
/** Memory of each reply besides its body: key, headers and the runtime's overhead. */
const overheadBytes = 2_048

/** How long a stale reply replaces unavailable workers before they are called again. */
const retryWorkerMs = 1_000

/**
 * Cached replies: from this gateway's memory, else from Redis, which all gateways share, else from a worker with one call for all waiting
 * readers. No reply is older than its policy allows; see `freshness.ts`.
 */
export class ReplyCache {
  readonly #memory = new LRUCache<string, CachedReply>({
    maxSize: maxBytes,
    maxEntrySize: maxReplyBytes,
    // Stored form and text, both also compressed.
    sizeCalculation: ({ body }) => overheadBytes + body.byteLength * 4,
  })
  readonly #store: RedisStore
  readonly #invalidations: Invalidations
  readonly #position: () => FactPosition | null
  /** Fetches in flight, by key. */
  readonly #inFlight = new Map<string, Promise<CacheAnswer>>()

  /** `position`: how far the domain events have been followed; null while they are not followed. */
  constructor(parts: { store: RedisStore; invalidations: Invalidations; position: () => FactPosition | null }) {
    this.#store = parts.store
    this.#invalidations = parts.invalidations
    this.#position = parts.position
  }

  /** A reply that may be sent. If there is none, throws the error of `fetch`. */
  async get(read: CacheableRead, fetch: Fetch): Promise<CacheAnswer> {
    const cached = this.#fromMemory(read, fetch)
    if (cached !== undefined) return { reply: cached, status: 'hit' }
    const begun = this.#inFlight.get(read.key)
    if (begun === undefined) return this.#fetchOnce(read, fetch)
    const answer = await begun
    const freshness = this.#freshnessOf(answer.reply, read)
    const mayBeGiven = freshness === 'fresh' || freshness === 'stale'
    const standsIn = freshness === 'stale-if-error' && answer.status === 'stale-if-error'
    if (mayBeGiven || standsIn) return missAs('collapsed', answer)
    // The worker was called too early for this reader: too long ago, or before an event that the reader may know.
    if (this.#inFlight.get(read.key) === begun) this.#inFlight.delete(read.key)
    return this.#fetchOnce(read, fetch)
  }

  /** As `get`, but only a reply that includes the write `minSeq`; null if the fetched reply does not say whether it does. */
  async getSince(minSeq: bigint, read: CacheableRead, fetch: Fetch): Promise<CacheAnswer | null> {
    const isIncludedIn = ({ seq }: CachedReply): boolean => seq !== null && seq >= minSeq
    const cached = this.#fromMemory(read, fetch)
    if (cached !== undefined && isIncludedIn(cached)) return { reply: cached, status: 'hit' }
    // A fetch in flight may have begun before the write; a new one begins after it.
    const begun = await this.#inFlight.get(read.key)
    if (begun !== undefined && isIncludedIn(begun.reply)) return missAs('collapsed', begun)
    const fetched = await this.#fetchOnce(read, fetch, isIncludedIn)
    return isIncludedIn(fetched.reply) ? missAs('newer', fetched) : null
  }

  /** A fresh reply, or a stale one, which is then refreshed in the background. */
  #fromMemory(read: CacheableRead, fetch: Fetch): CachedReply | undefined {
    const reply = this.#memory.get(read.key)
    if (reply === undefined) return undefined
    const freshness = this.#freshnessOf(reply, read)
    // All readers who wait for this fetch get its error.
    if (freshness === 'stale') this.#fetchOnce(read, fetch).catch(() => undefined)
    return freshness === 'fresh' || freshness === 'stale' ? reply : undefined
  }

  /** Joins the fetch in flight, or starts one. */
  #fetchOnce(
    read: CacheableRead,
    fetch: Fetch,
    isWanted: (reply: CachedReply) => boolean = () => true,
  ): Promise<CacheAnswer> {
    const begun = this.#inFlight.get(read.key)
    if (begun !== undefined) return begun
    const started = this.#fetch(read, fetch, isWanted)
    this.#inFlight.set(read.key, started)
    const end = (): void => {
      if (this.#inFlight.get(read.key) === started) this.#inFlight.delete(read.key)
    }
    // While no worker answers, not every reader must wait for that again.
    started.then(
      ({ status }) => (status === 'stale-if-error' ? void setTimeout(end, retryWorkerMs).unref() : end()),
      end,
    )
    return started
  }

  async #fetch(read: CacheableRead, fetch: Fetch, isWanted: (reply: CachedReply) => boolean): Promise<CacheAnswer> {
    const stored = await this.#store.read(read.key)
    if (stored !== null && this.#freshnessOf(stored, read) === 'fresh' && isWanted(stored)) {
      this.#memory.set(read.key, stored)
      return { reply: stored, status: 'hit' }
    }
    try {
      return { reply: await this.#callWorker(read, fetch), status: 'miss' }
    } catch (error) {
      if (!(error instanceof TicketingError && error.isFault)) throw error
      const candidates = [this.#memory.get(read.key), stored ?? undefined]
      const spare = candidates.find((reply) => reply !== undefined && this.#freshnessOf(reply, read) !== 'expired')
      if (spare === undefined) throw error
      return { reply: spare, status: 'stale-if-error' }
    }
  }

  async #callWorker(read: CacheableRead, fetch: Fetch): Promise<CachedReply> {
    // Both are read before the call: the reply is at least that new.
    const callTime = { calledAt: Date.now(), position: this.#position() }
    const reply = CachedReply.from(await fetch(), callTime)
    this.#memory.set(read.key, reply)
    const { freshForMs, staleWhileRevalidateMs } = read.policy
    // The reader does not wait for Redis.
    void this.#store.write(read.key, reply, freshForMs + staleWhileRevalidateMs + staleIfErrorMs)
    return reply
  }

  #freshnessOf(reply: CachedReply, read: CacheableRead): Freshness {
    const isFollowing = this.#position() !== null
    return freshnessOf(reply, read, { invalidations: this.#invalidations, isFollowing, now: Date.now() })
  }
}

/** The answer of a shared fetch, with its `miss` replaced by this reader's status. */
function missAs(status: CacheStatus, answer: CacheAnswer): CacheAnswer {
  return answer.status === 'miss' ? { ...answer, status } : answer
}
