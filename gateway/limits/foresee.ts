import type { CallerLease } from './caller-lease.ts'
import type { LeasedLimits } from './leased-limits.ts'
import type { RateClass } from './rate-classes.ts'
import { type LimitStanding, type RequestLimit, type RequestLimits, standingOf } from './request-limit.ts'

/** What limits will decide of a request. Nothing is counted before `count`, which also counts at the limits before this one. */
export type Foreseen = ForeseenAdmission | ForeseenRefusal

interface ForeseenAdmission {
  readonly isRefused: false
  /** The innermost one; null: there is none. */
  readonly limit: RequestLimit | null
  count(): LimitStanding
}

export interface ForeseenRefusal {
  readonly isRefused: true
  readonly limit: RequestLimit
  count(): LimitStanding
}

/**
 * What the limits of these classes and callers, in their order, will decide, where leases and remembered refusals say it;
 * undefined: Redis must be asked.
 */
export function foresee(
  counted: readonly (readonly [rateClass: RateClass, caller: string])[],
  requestLimits: RequestLimits,
  leased: LeasedLimits,
): Foreseen | undefined {
  if (requestLimits === null) return { isRefused: false, limit: null, count: () => nothingLeft }
  const now = performance.now()
  const admitting: CallerLease[] = []
  let innermost: RequestLimit | null = null
  for (const [rateClass, caller] of counted) {
    const limit = requestLimits[rateClass]
    const lease = leased.leaseOf(limit.keyOf(caller))
    const verdict = lease?.verdict(now)
    if (lease === undefined || verdict === undefined) return undefined
    if (verdict === 'refused') {
      const count = (): LimitStanding => {
        use(admitting)
        return standingOf(lease.refuse())
      }
      return { isRefused: true, limit, count }
    }
    admitting.push(lease)
    innermost = limit
  }
  return { isRefused: false, limit: innermost, count: () => use(admitting) }
}

const nothingLeft: LimitStanding = { remaining: 0, reset: 0 }

/** A token of each. The standing is that of the last. */
function use(leases: readonly CallerLease[]): LimitStanding {
  let standing = nothingLeft
  for (const lease of leases) standing = standingOf(lease.use())
  return standing
}
