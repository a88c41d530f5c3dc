/** The initial and largest limit: the default `MAX_IN_FLIGHT` of one worker. */
const maxLimit = 256
/**
 * A quarter of the calls that a booking worker takes in one transaction. If so few calls are slow, the cause is another one, such as a
 * server that was just replaced, and refusing calls would not help.
 */
const minLimit = 16
const windowMs = 100
/** The limit falls after a window in which a quarter of all calls were slow, and at least this many: one slow call is no overload. */
const minSlow = 4
const decrease = 0.7
/** The limit rises after a window without slow calls in which it was reached: by this share of itself, at least by one call. */
const increase = 0.05
/**
 * While it is not reached, and while nobody calls, it rises by so many calls a second. Otherwise a limit that fell in a moment of trouble
 * would refuse the first buyers of a rush hours later; faster, and each wave of an overload would find it as high as the first one did.
 */
const restPerSecond = 1

export interface ConcurrencyLimitOptions {
  /** Milliseconds after which a call counts as slow. */
  readonly slowAfterMs: number
  onRefused(): void
  /** A monotonic clock, in milliseconds. */
  now?(): number
}

/**
 * How many calls may be in flight at once. The limit falls while a quarter of the calls are slow and rises while none is, as TCP does with
 * its window. On overloaded processors each further call makes all others slower, until none is answered in time; a refusal is cheap.
 */
export class ConcurrencyLimit {
  readonly #slowAfterMs: number
  readonly #now: () => number
  readonly #onRefused: () => void
  #limit = maxLimit
  #inFlight = 0
  /** Calls judged by their time, in the order they began. */
  readonly #judged = new Set<{ readonly beganAt: number }>()
  #fast = 0
  #slow = 0
  #wasReached = false
  #windowBeganAt = 0
  /** Slow calls that began before this time met the earlier limit and do not lower it again. */
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
   * Begins a call. Returns a function that ends it, to be called once, or `null` when the limit is reached. A call that is not judged
   * counts like any other, but its duration does not move the limit.
   */
  begin({ isJudged = true }: { isJudged?: boolean } = {}): (() => void) | null {
    const beganAt = this.#now()
    if (beganAt >= this.#windowBeganAt + windowMs) this.#adjust(beganAt)
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

  /** Begins a call that is never refused and not judged, but leaves less room for others. Returns a function that ends it. */
  count(): () => void {
    this.#inFlight += 1
    return () => {
      this.#inFlight -= 1
    }
  }

  #adjust(now: number): void {
    // Counting slow calls only when they end would detect overload too late.
    let slow = this.#slow
    for (const { beganAt } of this.#judged) {
      if (now - beganAt <= this.#slowAfterMs) break
      if (beganAt >= this.#decreasedAt) slow += 1
    }
    const lastedMs = now - this.#windowBeganAt
    let restMs = lastedMs - windowMs
    if (slow >= minSlow && slow * 3 > this.#fast) {
      this.#limit = Math.max(minLimit, Math.min(this.#limit, this.#inFlight) * decrease)
      this.#decreasedAt = now
    } else if (this.#wasReached) {
      if (slow === 0 && this.#fast > 0) this.#limit += Math.max(1, this.#limit * increase)
    } else restMs = lastedMs
    this.#limit = Math.min(maxLimit, this.#limit + (restMs / 1_000) * restPerSecond)
    this.#fast = 0
    this.#slow = 0
    this.#wasReached = false
    this.#windowBeganAt = now
  }
}
