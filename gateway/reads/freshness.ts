import type { FactPosition } from '#shared/facts/stream.ts'
import { type CachePolicy, type CacheTags, softPurgeMs, staleIfErrorMs } from '../routes/cache-policy.ts'
import type { Invalidations } from './invalidations.ts'

/** When the worker was called for a reply. */
export interface CallTime {
  /** Epoch milliseconds before the call: the reply is at least that new. */
  readonly calledAt: number
  /** The position to which this gateway had followed the domain events before the call; null: it followed none. */
  readonly position: FactPosition | null
}

/**
 * - `fresh`: may be sent;
 * - `stale`: may be sent while a newer one is fetched;
 * - `stale-if-error`: may be sent only if no worker answers;
 * - `expired`: must not be sent.
 */
export type Freshness = 'fresh' | 'stale' | 'stale-if-error' | 'expired'

/** A softly purged reply younger than this is not fetched again: at most ten calls a second per gateway. */
const refetchMs = 100

/** The freshness of a reply at the instant `now`, in epoch milliseconds. */
export function freshnessOf(
  { calledAt, position }: CallTime,
  { policy, tags }: { readonly policy: CachePolicy; readonly tags: CacheTags },
  { invalidations, isFollowing, now }: { invalidations: Invalidations; isFollowing: boolean; now: number },
): Freshness {
  // Another gateway's clock is ahead, or ours was set back: the age is unknown.
  if (now < calledAt) return 'expired'
  // While no events are followed, new replies expire by age alone.
  const agesOnly = position === null && !isFollowing
  const isChanged = (changed: readonly string[]): boolean =>
    !agesOnly && invalidations.isChangedSince(position, changed)
  if (isChanged(tags.purge)) return 'expired'
  const ageMs = now - calledAt
  const { freshForMs, staleWhileRevalidateMs } = policy
  const staleUntilMs = freshForMs + staleWhileRevalidateMs
  const isSoftlyPurged = isChanged(tags.softPurge)
  if (ageMs < (isSoftlyPurged ? Math.min(refetchMs, freshForMs) : freshForMs)) return 'fresh'
  if (ageMs < (isSoftlyPurged ? Math.min(softPurgeMs, staleUntilMs) : staleUntilMs)) return 'stale'
  return ageMs < staleUntilMs + staleIfErrorMs ? 'stale-if-error' : 'expired'
}
