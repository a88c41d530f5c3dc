import type { CallerLease } from './caller-lease.ts'
import type { LeasedLimits } from './leased-limits.ts'
import type { RateClass } from './rate-classes.ts'
import type { RateLimitAnswer } from './rate-limit-answer.ts'
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

/** What this gateway knows of an asker. */
export interface KnownAsker {
  readonly address: KnownCounter
  readonly rateClass: KnownCounter
}

interface KnownCounter {
  readonly limit: RequestLimit
  /** undefined: nothing is known yet. */
  readonly lease: CallerLease | undefined
}

/**
 * To be kept for as long as one likes: what leases hold is this gateway's, and whether it still holds is asked when it is used.
 * null: there are no limits.
 */
export function knownAsker(
  { client, rateClass, caller }: Asker,
  { limits, leasedLimits }: Limiting,
): KnownAsker | null {
  if (limits === null) return null
  const counterOf = (limit: RequestLimit, who: string): KnownCounter => ({
    limit,
    lease: leasedLimits.leaseOf(limit.keyOf(who)),
  })
  return { address: counterOf(limits.address, client), rateClass: counterOf(limits[rateClass], caller) }
}

/**
 * What the limits of the address and of the class, in this order, will decide, where leases and remembered refusals say it;
 * undefined: Redis must be asked.
 */
export function foresee(asker: KnownAsker | null): Foreseen | undefined {
  if (asker === null) return { isRefused: false, limit: null, count: () => noStanding }
  const now = performance.now()
  const { lease: ofAddress, limit: addressLimit } = asker.address
  const address = ofAddress?.verdict(now)
  if (ofAddress === undefined || address === undefined) return undefined
  if (address === 'refused') return refusal(addressLimit, () => ofAddress.refuse())
  const { lease: ofClass, limit } = asker.rateClass
  const verdict = ofClass?.verdict(now)
  if (ofClass === undefined || verdict === undefined) return undefined
  const count = (): RateLimitAnswer => {
    ofAddress.use()
    return verdict === 'refused' ? ofClass.refuse() : ofClass.use()
  }
  return verdict === 'refused' ? refusal(limit, count) : { isRefused: false, limit, count: () => standingOf(count()) }
}

const noStanding: LimitStanding = { remaining: 0, reset: 0 }

function refusal(limit: RequestLimit, count: () => RateLimitAnswer): ForeseenRefusal {
  return { isRefused: true, limit, count: () => standingOf(count()) }
}
