import type { FactPosition } from '#shared/messaging/fact-stream.ts'
import type { News } from './news.ts'
import { lenientMs, type ReplyTags, type SharePolicy } from './share-policy.ts'

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
 * - `spare`: to be given only when no worker answers;
 * - `outdated`: not to be given.
 */
export type Freshness = 'fresh' | 'stale' | 'spare' | 'outdated'

/** For how long after its time a reply may stand in for workers that do not answer. */
export const spareForMs = 60_000

/** A reply with lenient news that is not older than this is given without asking again: at most ten questions a second a gateway. */
const settleMs = 100

/** What a reply is good for at the instant `now`. */
export function freshnessOf(
  { askedAt, position }: Asked,
  { policy, tags }: { policy: SharePolicy; tags: ReplyTags },
  { news, now }: { news: News; now: number },
): Freshness {
  if (news.since(position, tags.strict)) return 'outdated'
  const ageMs = now - askedAt
  const { freshForMs, staleForMs } = policy
  const endMs = freshForMs + staleForMs
  const isPassed = news.since(position, tags.lenient)
  if (ageMs < (isPassed ? Math.min(settleMs, freshForMs) : freshForMs)) return 'fresh'
  if (ageMs < (isPassed ? Math.min(lenientMs, endMs) : endMs)) return 'stale'
  return ageMs < endMs + spareForMs ? 'spare' : 'outdated'
}
