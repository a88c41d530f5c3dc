import type { CallerLease } from './caller-lease.ts'
import type { LeasedLimits } from './leased-limits.ts'
import type { RateClass } from './rate-classes.ts'
import type { RateLimitAnswer } from './rate-limit-answer.ts'
import { type LimitStanding, type RequestLimit, type RequestLimits, standingOf } from './request-limit.ts'

/** What limits will decide of a request. Nothing is counted before `count`, which also counts at the limits before this one. */
export type Foreseen = ForeseenAdmission | ForeseenRefusal

interface ForeseenAdmission {
  readonly isRefused: false
  /** The innermost one. */
  readonly limit: RequestLimit
  count(): LimitStanding
}

export interface ForeseenRefusal {
  readonly isRefused: true
  readonly limit: RequestLimit
  count(): LimitStanding
}

/** What `foresee` has to know of the gateway. */
export interface Limiting {
  readonly limits: RequestLimits
  readonly leasedLimits: Pick<LeasedLimits, 'leaseOf'>
}

/** A request by whom the limits count. */
export interface Asker {
  /** Address that limits count. */
  readonly client: string
  readonly rateClass: RateClass
  /** Whose counter of that class it is. */
  readonly caller: string
}

/**
 * What this gateway knows of an asker. May be kept for as long as one likes: tokens in a lease were granted to this gateway, and
 * whether they or a refusal still last is asked when it is foreseen.
 */
export interface KnownAsker {
  readonly ofAddress: KnownCounter
  readonly ofClass: KnownCounter
}

interface KnownCounter {
  readonly limit: RequestLimit
  /** undefined: nothing is known yet. */
  readonly lease: CallerLease | undefined
}

/** Looks up, without asking Redis, what this gateway knows of an asker. */
export function knownAsker({ client, rateClass, caller }: Asker, { limits, leasedLimits }: Limiting): KnownAsker {
  const counterOf = (limit: RequestLimit, who: string): KnownCounter => ({
    limit,
    lease: leasedLimits.leaseOf(limit.keyOf(who)),
  })
  return { ofAddress: counterOf(limits.address, client), ofClass: counterOf(limits[rateClass], caller) }
}

/**
 * What the limits of the address and of the class, in this order, will decide, where leases and remembered refusals say it;
 * undefined: Redis must be asked.
 */
export function foresee({ ofAddress: { lease: outer, limit: outerLimit }, ofClass }: KnownAsker): Foreseen | undefined {
  const now = performance.now()
  const outerVerdict = outer?.verdict(now)
  if (outer === undefined || outerVerdict === undefined) return undefined
  if (outerVerdict === 'refused') return refusal(outerLimit, () => outer.refuse())
  const { lease, limit } = ofClass
  const verdict = lease?.verdict(now)
  if (lease === undefined || verdict === undefined) return undefined
  const count = (): RateLimitAnswer => {
    outer.use()
    return verdict === 'refused' ? lease.refuse() : lease.use()
  }
  return verdict === 'refused' ? refusal(limit, count) : { isRefused: false, limit, count: () => standingOf(count()) }
}

function refusal(limit: RequestLimit, count: () => RateLimitAnswer): ForeseenRefusal {
  return { isRefused: true, limit, count: () => standingOf(count()) }
}
