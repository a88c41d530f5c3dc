import type { KnownBucket } from './local-allowance.ts'
import type { Limit } from './local-bucket.ts'
import { epochSecondsIn, type RateLimitAnswer } from './rate-limit-answer.ts'

/** What `grant-tokens.lua` returns. */
export type Grant = [granted: number, left: number, frozenMs: number, fullMs: number, dueMs: number]

/** How long tokens may lie in a gateway, in milliseconds. */
const lifeMs = 2_000
/** No gateway takes more than this part of a maximum at once, so that several strand little of it. */
const maxPart = 1 / 40
/** Nor more than this part of what it used before, so that at most so much lapses unused. */
const partOfUse = 1 / 2
/** Where less than half of the bucket is left, what lapses may be what is missing in the end. */
const partOfUseWhenScarce = 1 / 8
/** A refusal is remembered at least so long: with large maxima the next token is due within a millisecond. */
const minRefusalMs = 50

/** Whether tokens lie in gateways. Below 80 a minute each is asked for by itself, and the limit is exact. */
export function isLeased({ max }: Limit): boolean {
  return maxLeaseOf(max) > 1
}

/** For how long a bucket is frozen from its first grant on, see `grant-tokens.lua`. */
export function freezeMs(limit: Limit): number {
  return isLeased(limit) ? lifeMs : limit.windowMs
}

function maxLeaseOf(max: number): number {
  return Math.max(1, Math.floor(max * maxPart))
}

/** What one gateway knows of one caller in one class. Its clock is `performance.now()`. */
export class CallerLease {
  readonly #limit: Limit
  #left = 0
  #lapsesAt = 0
  /** Tokens granted to this gateway that lapse together with those left. */
  #granted = 0
  #usedBefore = 0
  /** Of the shared bucket, at the latest answer. */
  #leftInBucket = 0
  /** When it would be full, were it not frozen. */
  #fullAt = 0
  /** When it really is. */
  #resetEpochSeconds = 0
  #refusedUntil = 0
  /** When its next token is due. */
  #dueEpochSeconds = 0

  constructor(limit: Limit) {
    this.#limit = limit
  }

  /** What `use` or `refuse` is to answer, as far as it can be said here; undefined: the bucket must be asked. */
  verdict(now: number): 'admitted' | 'refused' | undefined {
    if (this.#left > 0 && now < this.#lapsesAt) return 'admitted'
    return now < this.#refusedUntil ? 'refused' : undefined
  }

  /** Decides what can be decided here; undefined: the bucket must be asked. */
  decide(now: number): RateLimitAnswer | undefined {
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

  /** A bucket whose tokens are leased counts as not frozen: what that lasts is too short to matter. */
  get bucket(): KnownBucket {
    return {
      left: this.#leftInBucket,
      fullAt: this.#fullAt,
      frozenUntil: isLeased(this.#limit) ? 0 : this.#lapsesAt,
    }
  }

  use(): RateLimitAnswer {
    this.#left -= 1
    return [this.#leftInBucket + this.#left + 1, this.#resetEpochSeconds, this.#limit.max]
  }

  refuse(): RateLimitAnswer {
    return [0, this.#dueEpochSeconds, this.#limit.max]
  }

  /** How many tokens to ask for when so many requests are waiting. */
  wanted(waiting: number, now: number): number {
    return Math.max(waiting, Math.min(Math.ceil(this.#useful(now)), maxLeaseOf(this.#limit.max)))
  }

  /** `askedAt` stands for Redis' now: tokens lapse here rather too early than too late. */
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

  /** Tokens that will be used before they lapse, as far as can be told. */
  #useful(now: number): number {
    const used = this.#granted - this.#left
    const sinceLapse = now - this.#lapsesAt
    // Before a pause it may have been another gateway's caller, and the bucket another one.
    if (sinceLapse > lifeMs) return 0
    if (this.#leftInBucket * 2 <= this.#limit.max) return Math.max(used, this.#usedBefore) * partOfUseWhenScarce
    if (sinceLapse >= 0) return Math.max(used, this.#usedBefore / 2) * partOfUse
    const untilLapse = -sinceLapse / lifeMs
    // It goes on as it began, or as it was before.
    return Math.max(used * untilLapse, this.#usedBefore * Math.min(partOfUse, untilLapse))
  }
}
