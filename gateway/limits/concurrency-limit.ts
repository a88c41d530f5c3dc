/** The first and the largest limit: the default `MAX_IN_FLIGHT` of one worker. */
const maxLimit = 256
/**
 * A quarter of what a booking worker takes in one transaction. So few calls are slow for other reasons, such as a server that has just
 * been replaced, and refusing them would make nothing faster.
 */
const minLimit = 16
const windowMs = 100
/** After a window in which at least so many calls, and a quarter of all, were slow. One slow call is no overload. */
const minSlow = 4
const decrease = 0.7
/** After a window without slow calls that reached the limit: by this share of the limit, but at least by one call. */
const increase = 0.05

export interface ConcurrencyLimitOptions {
  /** A call that takes longer, in milliseconds, is slow. */
  readonly slowAfterMs: number
  onRefused(): void
  /** Milliseconds of a clock that never goes back. */
  now?(): number
}

/**
 * How many calls may be in flight at once, by how long they take: it falls while a quarter of them are slow and rises again while
 * none is, as TCP does with its window. When processors are short, each further call makes all others slower until nobody is
 * answered in time, and a refusal costs little.
 */
export class ConcurrencyLimit {
  readonly #slowAfterMs: number
  readonly #now: () => number
  readonly #onRefused: () => void
  #limit = maxLimit
  #inFlight = 0
  /** Those that are judged by their time, in the order they began. */
  readonly #judged = new Set<{ readonly beganAt: number }>()
  #fast = 0
  #slow = 0
  #wasReached = false
  #windowEndsAt = 0
  /** Calls from before tell of the limit as it was then. */
  #decreasedAt = Number.NEGATIVE_INFINITY

  constructor({ slowAfterMs, onRefused, now = () => performance.now() }: ConcurrencyLimitOptions) {
    this.#slowAfterMs = slowAfterMs
    this.#onRefused = onRefused
    this.#now = now
  }

  /** The largest number of calls in flight. */
  get limit(): number {
    return Math.floor(this.#limit)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /**
   * Starts a call. Answers the function that ends it, to be called once; `null` when the limit is reached. A call that is not judged
   * counts as any other, but may take as long as it likes.
   */
  begin({ isJudged = true }: { isJudged?: boolean } = {}): (() => void) | null {
    const beganAt = this.#now()
    if (beganAt >= this.#windowEndsAt) this.#adjust(beganAt)
    if (this.#inFlight >= this.limit) {
      this.#wasReached = true
      this.#onRefused()
      return null
    }
    const call = { beganAt }
    this.#inFlight += 1
    if (isJudged) this.#judged.add(call)
    return () => {
      this.#inFlight -= 1
      if (!this.#judged.delete(call) || beganAt < this.#decreasedAt) return
      if (this.#now() - beganAt > this.#slowAfterMs) this.#slow += 1
      else this.#fast += 1
    }
  }

  #adjust(now: number): void {
    // Counted at their end only, slow calls would be noticed too late.
    let slow = this.#slow
    for (const { beganAt } of this.#judged) {
      if (now - beganAt <= this.#slowAfterMs) break
      if (beganAt >= this.#decreasedAt) slow += 1
    }
    if (slow >= minSlow && slow * 3 > this.#fast) {
      this.#limit = Math.max(minLimit, Math.min(this.#limit, this.#inFlight) * decrease)
      this.#decreasedAt = now
    } else if (slow === 0 && this.#fast > 0 && this.#wasReached) {
      this.#limit = Math.min(maxLimit, this.#limit + Math.max(1, this.#limit * increase))
    }
    this.#fast = 0
    this.#slow = 0
    this.#wasReached = false
    this.#windowEndsAt = now + windowMs
  }
}
