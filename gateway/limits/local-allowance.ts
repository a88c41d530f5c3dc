import { fullAfterTaking, type Limit, nextTokenAt, tokensAt } from './local-bucket.ts'
import { epochSecondsIn, type RateLimitAnswer } from './rate-limit-answer.ts'

/** The shared bucket, as Redis last told of it. */
export interface KnownBucket {
  readonly left: number
  /** When it would be full, were it not frozen. */
  readonly fullAt: number
  /** Until then nothing grows again in it. */
  readonly frozenUntil: number
}

/**
 * What one gateway admits of one caller in one class while Redis is away, by a bucket of its own. It is kept when Redis is back:
 * whatever is away how often, gateways together admit by their own buckets at most once more what the shared one admits.
 */
export class LocalAllowance {
  readonly #max: number
  /** This gateway's. */
  readonly #part: Limit
  #fullAt = 0
  /** Requests admitted since the latest answer of Redis. */
  #admitted = 0
  /** Those that Redis does not know of; below 0: Redis counted more than that. */
  #unasked = 0

  constructor({ max, windowMs }: Limit, gateways: number) {
    this.#max = max
    this.#part = { max: Math.max(1, Math.floor(max / gateways)), windowMs }
  }

  /** Begins as full, by its part, as the shared bucket was known to be. */
  decide(now: number, known: KnownBucket): RateLimitAnswer {
    const fullAt = Math.max(this.#fullAt, known.fullAt)
    const tokens = Math.min(tokensAt(fullAt, now, this.#part), this.#frozenTokens(now, known))
    if (tokens <= 0) return [0, epochSecondsIn(nextTokenAt(fullAt, this.#part) - now), this.#max]
    this.#fullAt = fullAfterTaking(fullAt, now, this.#part)
    this.#admitted += 1
    this.#unasked += 1
    return [tokens, epochSecondsIn(this.#fullAt - now), this.#max]
  }

  /** Redis has answered. */
  noteAnswer(): void {
    this.#admitted = 0
  }

  /** So many tokens were granted to this gateway by an answer that it no longer waits for. */
  noteLost(tokens: number): void {
    this.#unasked -= tokens
  }

  /** Those of the requests admitted here whose tokens have not grown again; from now on Redis knows of them. */
  takeUnasked(now: number): number {
    const unasked = this.#unasked
    this.#unasked = 0
    if (unasked <= 0) return 0
    return Math.min(unasked, this.#part.max - tokensAt(this.#fullAt, now, this.#part))
  }

  /** What is left, by this gateway's part, of a bucket that was frozen before Redis was away. */
  #frozenTokens(now: number, { left, frozenUntil }: KnownBucket): number {
    if (now >= frozenUntil) return this.#part.max
    return Math.floor((left / this.#max) * this.#part.max) - this.#admitted
  }
}
