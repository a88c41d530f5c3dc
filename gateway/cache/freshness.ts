import type { FactPosition } from '#shared/facts/stream.ts'
import type { Invalidations } from './invalidations.ts'
import { lenientMs, type ReplyTags, type SharePolicy, staleIfErrorMs } from './share-policy.ts'

/** When a reply was asked for. */
export interface Asked {
  /** Epoch milliseconds, taken before the question: an answer is never older than that. */
  readonly askedAt: number
  /** Up to where facts had been heard by then; null: nobody listened. */
  readonly position: FactPosition | null
}

/**
 * - `fresh`: to be given as it is;
 * - `stale`: to be given, while a newer one is asked for;
 * - `stale-if-error`: to be given only when no worker answers;
 * - `outdated`: not to be given.
 */
export type Freshness = 'fresh' | 'stale' | 'stale-if-error' | 'outdated'

/** A reply with lenient news that is not older than this is given without asking again: at most ten questions a second a gateway. */
const settleMs = 100

/** Against what a reply is held. */
export interface Present {
  readonly invalidations: Invalidations
  /** Whether facts are heard at this moment. */
  readonly isFollowing: boolean
  /** Epoch milliseconds. */
  readonly now: number
}

/** What a reply is good for at the instant `now`. */
export function freshnessOf(
  { askedAt, position }: Asked,
  { policy, tags }: { policy: SharePolicy; tags: ReplyTags },
  { invalidations, isFollowing, now }: Present,
): Freshness {
  // Of a gateway whose clock is ahead, or from before ours was set back: nobody knows how old it is.
  if (now < askedAt) return 'outdated'
  // While facts are not followed only age counts, for what was asked meanwhile.
  const isUnfollowed = position === null && !isFollowing
  const hasNews = (of: readonly string[]): boolean => !isUnfollowed && invalidations.hasNewsSince(position, of)
  if (hasNews(tags.strict)) return 'outdated'
  const ageMs = now - askedAt
  const { freshForMs, staleWhileRevalidateMs } = policy
  const endMs = freshForMs + staleWhileRevalidateMs
  const hasLenientNews = hasNews(tags.lenient)
  if (ageMs < (hasLenientNews ? Math.min(settleMs, freshForMs) : freshForMs)) return 'fresh'
  if (ageMs < (hasLenientNews ? Math.min(lenientMs, endMs) : endMs)) return 'stale'
  return ageMs < endMs + staleIfErrorMs ? 'stale-if-error' : 'outdated'
}
