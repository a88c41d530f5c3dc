import { fullAfterTaking, type Limit, nextTokenAt, tokensAt } from './local-bucket.ts'

/** What koa-ratelimit asks of its `db`: requests left including this one, end of the limit in epoch seconds, maximum. */
export type RateLimitAnswer = [remaining: number, resetSeconds: number, total: number]

/** What `grant-tokens.lua` returns. */
export type Grant = [granted: number, left: number, heldMs: number, fullMs: number, dueMs: number]

/** How long tokens may lie in a gateway, in milliseconds. */
const lifeMs = 2_000
/** No gateway takes more than this part of a maximum at once, so that several strand little of it. */
const largestPart = 1 / 40
const largestLease = 1_000
/** Nor more than this part of what it has lately used, so that at most so much lapses unused. */
const partOfUse = 1 / 8
/** A refusal is remembered at least so long: with large maxima the next token is due within a millisecond. */
const shortestRefusalMs = 50

/** Whether tokens lie in gateways. Below 80 a minute each is asked for by itself, and the limit is exact. */
export function isLeased({ max }: Limit): boolean {
  return largestLeaseOf(max) > 1
}

/** For how long a bucket is held after its first grant, see `grant-tokens.lua`. */
export function holdMs(limit: Limit): number {
  return isLeased(limit) ? lifeMs : limit.windowMs
}

function largestLeaseOf(max: number): number {
  return Math.min(largestLease, Math.max(1, Math.floor(max * largestPart)))
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
  /** When it would be full, were it not held. */
  #fullAt = 0
  /** When it really is, in epoch seconds. */
  #resetSeconds = 0
  #refusedUntil = 0
  /** When its next token is due, in epoch seconds. */
  #dueSeconds = 0
  /** Of this gateway's own bucket, for as long as Redis is away. */
  #localFullAt = 0
  /** Requests that it admitted alone since the latest answer of Redis. */
  #alone = 0
  /** Those that Redis does not know of; below 0: Redis counted more than that. */
  #unasked = 0

  constructor(limit: Limit) {
    this.#limit = limit
  }

  /** Decides what can be decided here; undefined: the bucket must be asked. */
  decide(now: number): RateLimitAnswer | undefined {
    if (this.#left > 0 && now < this.#lapsesAt) return this.use()
    if (now < this.#refusedUntil) return this.refuse()
    return undefined
  }

  get left(): number {
    return this.#left
  }

  isRefused(now: number): boolean {
    return now < this.#refusedUntil
  }

  use(): RateLimitAnswer {
    this.#left -= 1
    return [this.#leftInBucket + this.#left + 1, this.#resetSeconds, this.#limit.max]
  }

  refuse(): RateLimitAnswer {
    return [0, this.#dueSeconds, this.#limit.max]
  }

  /** How many tokens to ask for when so many requests are waiting. */
  wanted(waiting: number): number {
    const used = Math.max(this.#usedBefore, this.#granted - this.#left)
    return Math.max(waiting, Math.min(Math.ceil(used * partOfUse), largestLeaseOf(this.#limit.max)))
  }

  /** `askedAt` stands for Redis' now: tokens lapse here rather too early than too late. */
  note([granted, left, heldMs, fullMs, dueMs]: Grant, askedAt: number): void {
    const sinceLapse = askedAt - this.#lapsesAt
    if (sinceLapse >= 0) {
      const used = this.#granted - this.#left
      this.#usedBefore = sinceLapse > lifeMs ? 0 : Math.max(used, this.#usedBefore / 2)
      this.#left = 0
      this.#granted = 0
    }
    this.#left += granted
    this.#granted += granted
    this.#lapsesAt = askedAt + heldMs
    this.#leftInBucket = left
    this.#alone = 0
    this.#fullAt = askedAt + (this.#limit.windowMs / this.#limit.max) * (this.#limit.max - left)
    this.#refusedUntil = dueMs === 0 ? 0 : performance.now() + Math.max(dueMs, shortestRefusalMs)
    this.#resetSeconds = epochSeconds(fullMs)
    this.#dueSeconds = epochSeconds(dueMs)
  }

  /**
   * Decides while Redis is away, by a bucket of this gateway's own. It begins as full, by its part, as the shared one was
   * known to be, and it is kept when Redis is back: whatever is away how often, gateways together admit by their own
   * buckets at most once more what the shared one admits.
   */
  decideAlone(now: number, gateways: number): RateLimitAnswer {
    const { max } = this.#limit
    const part = this.#partOf(gateways)
    const fullAt = Math.max(this.#localFullAt, this.#fullAt)
    const tokens = Math.min(tokensAt(fullAt, now, part), this.#heldTokens(now, part))
    if (tokens <= 0) return [0, epochSeconds(nextTokenAt(fullAt, part) - now), max]
    this.#localFullAt = fullAfterTaking(fullAt, now, part)
    this.#alone += 1
    this.#unasked += 1
    return [tokens, epochSeconds(this.#localFullAt - now), max]
  }

  /** So many tokens were granted to it by an answer that it no longer waits for. */
  noteLost(tokens: number): void {
    this.#unasked -= tokens
  }

  /** Those of the requests it admitted alone whose tokens have not grown again; from now on Redis knows of them. */
  takeUnasked(now: number, gateways: number): number {
    const known = this.#unasked
    this.#unasked = 0
    if (known <= 0) return 0
    const part = this.#partOf(gateways)
    return Math.min(known, part.max - tokensAt(this.#localFullAt, now, part))
  }

  #partOf(gateways: number): Limit {
    return { max: Math.max(1, Math.floor(this.#limit.max / gateways)), windowMs: this.#limit.windowMs }
  }

  /** What a small limit has left, by this gateway's part, in a minute that began before Redis was away. */
  #heldTokens(now: number, part: Limit): number {
    if (isLeased(this.#limit) || now >= this.#lapsesAt) return part.max
    return Math.floor((this.#leftInBucket / this.#limit.max) * part.max) - this.#alone
  }
}

function epochSeconds(inMs: number): number {
  return Math.ceil((Date.now() + Math.max(inMs, 1)) / 1_000)
}
