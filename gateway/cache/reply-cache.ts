import { TicketingError } from '#shared/errors.ts'
import type { FactPosition } from '#shared/facts/stream.ts'
import { type Freshness, freshnessOf } from './freshness.ts'
import type { Invalidations } from './invalidations.ts'
import type { ReplyMemory } from './reply-memory.ts'
import type { ReplyStore } from './reply-store.ts'
import { type ReplyTags, type SharePolicy, staleIfErrorMs } from './share-policy.ts'
import type { SharedReply } from './shared-reply.ts'
import { makeReply } from './stored-reply.ts'

/** A shareable read: whoever asks the same has the same `key`. */
export interface SharedRead {
  readonly key: string
  readonly policy: SharePolicy
  readonly tags: ReplyTags
}

/**
 * Where an answer comes from: it was there (`hit`, also when it is being replaced), no worker answered (`stale-if-error`), a worker was asked
 * because there was none (`miss`) or none new enough for the reader (`newer`), or it was asked for by somebody else at that moment
 * (`collapsed`).
 */
export type Origin = 'hit' | 'stale-if-error' | 'miss' | 'newer' | 'collapsed'

export interface Answer {
  readonly reply: SharedReply
  readonly origin: Origin
}

/** A reply that may be given. */
export interface KeptReply {
  readonly reply: SharedReply
  /** Not for much longer: whoever gives it asks for a newer one. */
  readonly isStale: boolean
}

/** How long a reply that stands in for silent workers is given before they are asked again. */
const askAgainMs = 1_000

/** Asks a worker. `seq`: number of the snapshot that the body shows, where the worker says it. */
export type Ask = () => Promise<{ readonly body: Uint8Array; readonly seq?: string }>

export interface ReplyCacheParts {
  readonly memory: ReplyMemory
  readonly store: ReplyStore
  readonly invalidations: Invalidations
  /** Up to where facts have been heard at this moment; null: nobody listens. */
  readonly position: () => FactPosition | null
}

/**
 * Shareable replies, first in this gateway's memory, then in Redis for all gateways, else from a worker, which is asked once however
 * many wait for it. What is kept is never older than its policy allows; see `freshness.ts`.
 */
export class ReplyCache {
  readonly #memory: ReplyMemory
  readonly #store: ReplyStore
  readonly #invalidations: Invalidations
  readonly #position: () => FactPosition | null
  /** Questions under way, by key. */
  readonly #flights = new Map<string, Promise<Answer>>()

  constructor({ memory, store, invalidations, position }: ReplyCacheParts) {
    this.#memory = memory
    this.#store = store
    this.#invalidations = invalidations
    this.#position = position
  }

  /** The reply that this gateway has in its memory, if it may be given. */
  kept(read: SharedRead): KeptReply | undefined {
    const reply = this.#memory.get(read.key)
    if (reply === undefined) return undefined
    const freshness = this.#freshnessOf(reply, read)
    return freshness === 'fresh' || freshness === 'stale' ? { reply, isStale: freshness === 'stale' } : undefined
  }

  /** Asks for a newer reply, for which nobody waits. */
  renew(read: SharedRead, ask: Ask): void {
    // Whoever waits for it learns of its failure.
    this.#fly(read, ask).catch(() => undefined)
  }

  /** A reply that may be given, from wherever it is. Throws what `ask` throws when there is none. */
  async obtain(read: SharedRead, ask: Ask): Promise<Answer> {
    const kept = this.#take(read, ask)
    if (kept !== undefined) return { reply: kept, origin: 'hit' }
    const begun = this.#flights.get(read.key)
    if (begun === undefined) return this.#fly(read, ask)
    const answer = await begun
    const freshness = this.#freshnessOf(answer.reply, read)
    if (freshness === 'fresh' || freshness === 'stale' || freshness === answer.origin)
      return withMissAs('collapsed', answer)
    // It was asked too early for this reader: too long ago, or before news that they may know of.
    if (this.#flights.get(read.key) === begun) this.#flights.delete(read.key)
    return this.#fly(read, ask)
  }

  /** As `obtain`, but only a reply that includes the write `minSeq`; null when the one that was asked for does not say so. */
  async obtainSince(minSeq: bigint, read: SharedRead, ask: Ask): Promise<Answer | null> {
    const includes = ({ seq }: SharedReply): boolean => seq !== null && seq >= minSeq
    const kept = this.#take(read, ask)
    if (kept !== undefined && includes(kept)) return { reply: kept, origin: 'hit' }
    // One that began before may have been asked too early; one that begins now cannot: the write is done.
    const begun = await this.#flights.get(read.key)
    if (begun !== undefined && includes(begun.reply)) return withMissAs('collapsed', begun)
    const asked = await this.#fly(read, ask, includes)
    return includes(asked.reply) ? withMissAs('newer', asked) : null
  }

  #take(read: SharedRead, ask: Ask): SharedReply | undefined {
    const kept = this.kept(read)
    if (kept?.isStale) this.renew(read, ask)
    return kept?.reply
  }

  #fly(read: SharedRead, ask: Ask, isWanted: (reply: SharedReply) => boolean = () => true): Promise<Answer> {
    const begun = this.#flights.get(read.key)
    if (begun !== undefined) return begun
    const flight = this.#answer(read, ask, isWanted)
    this.#flights.set(read.key, flight)
    const land = (): void => {
      if (this.#flights.get(read.key) === flight) this.#flights.delete(read.key)
    }
    // While no worker answers, not everybody waits for that once more.
    flight.then(
      ({ origin }) => (origin === 'stale-if-error' ? void setTimeout(land, askAgainMs).unref() : land()),
      land,
    )
    return flight
  }

  async #answer(read: SharedRead, ask: Ask, isWanted: (reply: SharedReply) => boolean): Promise<Answer> {
    const stored = await this.#store.read(read.key)
    const storedFreshness = stored === null ? 'outdated' : this.#freshnessOf(stored, read)
    if (stored !== null && storedFreshness === 'fresh' && isWanted(stored)) {
      this.#memory.set(read.key, stored)
      return { reply: stored, origin: 'hit' }
    }
    try {
      return { reply: await this.#askAndKeep(read, ask), origin: 'miss' }
    } catch (error) {
      if (!(error instanceof TicketingError && error.isFault)) throw error
      const kept = this.#memory.get(read.key) ?? null
      const spare = [kept, stored].find((reply) => reply !== null && this.#freshnessOf(reply, read) !== 'outdated')
      if (!spare) throw error
      return { reply: spare, origin: 'stale-if-error' }
    }
  }

  async #askAndKeep(read: SharedRead, ask: Ask): Promise<SharedReply> {
    // Both are noted before the question: the answer is at least that new.
    const askedAt = Date.now()
    const position = this.#position()
    const { body, seq } = await ask()
    const reply = makeReply({ askedAt, position, body, seq: seq ?? null })
    this.#memory.set(read.key, reply)
    const { freshForMs, staleWhileRevalidateMs } = read.policy
    // Nobody waits for it.
    void this.#store.write(read.key, reply, freshForMs + staleWhileRevalidateMs + staleIfErrorMs)
    return reply
  }

  #freshnessOf(reply: SharedReply, read: SharedRead): Freshness {
    return freshnessOf(reply, read, {
      invalidations: this.#invalidations,
      isFollowing: this.#position() !== null,
      now: Date.now(),
    })
  }
}

/** What a flight brought, for a reader to whom an answer of the worker is more than a miss. */
function withMissAs(origin: Origin, answer: Answer): Answer {
  return answer.origin === 'miss' ? { ...answer, origin } : answer
}
