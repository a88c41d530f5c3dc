import { type Counted, epochSecondsIn, type KnownBucket, type Limit } from './local-bucket.ts'

/** The reply of `grant-tokens.lua`. */
export type Grant = [granted: number, left: number, frozenMs: number, fullMs: number, dueMs: number]

/** Lifetime of a lease, in milliseconds. */
const lifeMs = 2_000
/** Largest lease, as a share of the maximum: unused leases of several gateways must not add up. */
const maxPart = 1 / 40
/** Largest lease, as a share of the tokens used in the last lease: bounds how many lapse unused. */
const partOfUse = 1 / 2
/** The same while less than half of the bucket is left, when lapsed tokens matter. */
const partOfUseWhenScarce = 1 / 8
/** Shortest time for which a refusal is remembered: with a large maximum the next token is due within a millisecond. */
const minRefusalMs = 50

/** Whether gateways lease tokens. Quotas below 80 are taken token by token and are exact. */
export function isLeased({ max }: Limit): boolean {
  return maxLeaseOf(max) > 1
}

/** How long a bucket is frozen after its first grant; see `grant-tokens.lua`. */
export function freezeMs(limit: Limit): number {
  return isLeased(limit) ? lifeMs : limit.windowMs
}

function maxLeaseOf(max: number): number {
  return Math.max(1, Math.floor(max * maxPart))
}

/**
 * The tokens of one rate-limit key in one gateway, and the last known state of its bucket in Redis. Times are those of `performance.now()`.
 */
export class Lease {
  readonly #limit: Limit
  #left = 0
  #lapsesAt = 0
  /** Tokens granted with the current lease. */
  #granted = 0
  #usedBefore = 0
  /** Tokens in the shared bucket after the latest grant. */
  #leftInBucket = 0
  /** When the bucket would be full if it were not frozen. */
  #fullAt = 0
  /** When the bucket is full. */
  #resetEpochSeconds = 0
  #refusedUntil = 0
  /** When the next token is due. */
  #dueEpochSeconds = 0

  constructor(limit: Limit) {
    this.#limit = limit
  }

  /** The remaining tokens, if this gateway can decide alone; undefined: ask Redis. */
  verdict(now: number): 'admitted' | 'refused' | undefined {
    if (this.#left > 0 && now < this.#lapsesAt) return 'admitted'
    return now < this.#refusedUntil ? 'refused' : undefined
  }

  /** Counts one request if this gateway can decide alone; undefined: ask Redis. */
  decide(now: number): Counted | undefined {
    switch (this.verdict(now)) {
      case 'admitted':
        return this.use()
      case 'refused':
        return this.refuse()
      default:
        return undefined
    }
  }

  get left(): number {
    return this.#left
  }

  /** A bucket with leases counts as not frozen: a lease is too short to matter. */
  get bucket(): KnownBucket {
    return {
      left: this.#leftInBucket,
      fullAt: this.#fullAt,
      frozenUntil: isLeased(this.#limit) ? 0 : this.#lapsesAt,
    }
  }

  use(): Counted {
    this.#left -= 1
    return [this.#leftInBucket + this.#left + 1, this.#resetEpochSeconds, this.#limit.max]
  }

  refuse(): Counted {
    return [0, this.#dueEpochSeconds, this.#limit.max]
  }

  /** How many tokens to request while `waiting` requests wait. */
  wanted(waiting: number, now: number): number {
    return Math.max(waiting, Math.min(Math.ceil(this.#useful(now)), maxLeaseOf(this.#limit.max)))
  }

  /** Stores a grant. Times count from `askedAt`, when the request was sent, so a lease ends early, never late. */
  note([granted, left, frozenMs, fullMs, dueMs]: Grant, askedAt: number): void {
    const sinceLapse = askedAt - this.#lapsesAt
    if (sinceLapse >= 0) {
      const used = this.#granted - this.#left
      this.#usedBefore = sinceLapse > lifeMs ? 0 : Math.max(used, this.#usedBefore / 2)
      this.#left = 0
      this.#granted = 0
    }
    this.#left += granted
    this.#granted += granted
    this.#lapsesAt = askedAt + frozenMs
    this.#leftInBucket = left
    this.#fullAt = askedAt + (this.#limit.windowMs / this.#limit.max) * (this.#limit.max - left)
    this.#refusedUntil = dueMs === 0 ? 0 : performance.now() + Math.max(dueMs, minRefusalMs)
    this.#resetEpochSeconds = epochSecondsIn(fullMs)
    this.#dueEpochSeconds = epochSecondsIn(dueMs)
  }

  /** Estimate of how many tokens will be used before they lapse. */
  #useful(now: number): number {
    const used = this.#granted - this.#left
    const sinceLapse = now - this.#lapsesAt
    // Too long ago to predict anything.
    if (sinceLapse > lifeMs) return 0
    if (this.#leftInBucket * 2 <= this.#limit.max) return Math.max(used, this.#usedBefore) * partOfUseWhenScarce
    if (sinceLapse >= 0) return Math.max(used, this.#usedBefore / 2) * partOfUse
    const untilLapse = -sinceLapse / lifeMs
    // The current rate, or the earlier one if that was higher.
    return Math.max(used * untilLapse, this.#usedBefore * Math.min(partOfUse, untilLapse))
  }
}
