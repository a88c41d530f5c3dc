/*
 * GCRA (generic cell rate algorithm): one number describes a bucket of `max` tokens that fills evenly within a window: the time at which it
 * is full.
 */

/** The result of koa-ratelimit's `db`: requests left including the current one, epoch seconds of the reset, maximum. */
export type Counted = [left: number, resetEpochSeconds: number, max: number]

/** The epoch second in which this many milliseconds from now have passed. */
export function epochSecondsIn(ms: number): number {
  return Math.ceil((Date.now() + Math.max(ms, 1)) / 1_000)
}

export interface Limit {
  readonly max: number
  readonly windowMs: number
}

/** Rounding tolerance, as a share of a token. Each request rounds the time, so it is larger than in `grant-tokens.lua`, which counts. */
const almost = 0.01

/** Tokens in a bucket that is full at `fullAt`. */
export function tokensAt(fullAt: number, now: number, { max, windowMs }: Limit): number {
  const owed = (Math.max(fullAt, now) - now) / (windowMs / max)
  return Math.max(0, Math.floor(max - owed + almost))
}

/** When a bucket with at least one token will be full after one is taken. */
export function fullAfterTaking(fullAt: number, now: number, { max, windowMs }: Limit): number {
  return Math.max(fullAt, now) + windowMs / max
}

/** When an empty bucket gets its next token. */
export function nextTokenAt(fullAt: number, { max, windowMs }: Limit): number {
  return fullAt - windowMs + windowMs / max
}

/** The shared bucket, as Redis last described it. */
export interface KnownBucket {
  readonly left: number
  /** When it would be full if it were not frozen. */
  readonly fullAt: number
  /** No tokens grow before this time. */
  readonly frozenUntil: number
}

/**
 * The bucket of one rate-limit key in one gateway while Redis is unavailable. It survives the outage: however often Redis fails, all local
 * buckets together admit at most as many requests as the shared one.
 */
export class LocalBucket {
  readonly #max: number
  /** This gateway's share of the quota. */
  readonly #part: Limit
  #fullAt = 0
  /** Requests admitted since Redis last answered. */
  #admitted = 0
  /** Admitted requests that Redis has not counted; below 0: Redis counted more. */
  #uncounted = 0

  constructor({ max, windowMs }: Limit, gateways: number) {
    this.#max = max
    this.#part = { max: Math.max(1, Math.floor(max / gateways)), windowMs }
  }

  /** Counts one request. The bucket begins as full, proportionally, as the shared one was. */
  decide(now: number, known: KnownBucket): Counted {
    const fullAt = Math.max(this.#fullAt, known.fullAt)
    const tokens = Math.min(tokensAt(fullAt, now, this.#part), this.#frozenTokens(now, known))
    if (tokens <= 0) return [0, epochSecondsIn(nextTokenAt(fullAt, this.#part) - now), this.#max]
    this.#fullAt = fullAfterTaking(fullAt, now, this.#part)
    this.#admitted += 1
    this.#uncounted += 1
    return [tokens, epochSecondsIn(this.#fullAt - now), this.#max]
  }

  /** Called when Redis has answered. */
  noteAnswer(): void {
    this.#admitted = 0
  }

  /** Redis may have granted this many tokens in an answer that came too late. */
  noteLost(tokens: number): void {
    this.#uncounted -= tokens
  }

  /** Admitted requests whose tokens have not grown again. Redis counts them from now on. */
  takeUncounted(now: number): number {
    const uncounted = this.#uncounted
    this.#uncounted = 0
    if (uncounted <= 0) return 0
    return Math.min(uncounted, this.#part.max - tokensAt(this.#fullAt, now, this.#part))
  }

  /** This gateway's share of the tokens in a bucket that was frozen when Redis failed. */
  #frozenTokens(now: number, { left, frozenUntil }: KnownBucket): number {
    if (now >= frozenUntil) return this.#part.max
    return Math.floor((left / this.#max) * this.#part.max) - this.#admitted
  }
}
