/** The first and the largest limit: as many requests as one worker takes by default (`MAX_IN_FLIGHT`). */
const maxLimit = 256
/** Enough to notice that answers are fast again. */
const minLimit = 4
const windowMs = 100
const slowAfterMs = 400
/** After a window in which a quarter of the calls were slow. */
const decrease = 0.7
/** Calls more after a window without slow calls that reached the limit, or this share of the limit. Some two seconds undo a decrease. */
const increase = 1
const increaseShare = 0.02

/**
 * How many calls may be in flight at once, by how long they take: it falls while a quarter of them are slow and rises again while
 * none is, as TCP does with its window. When processors are short, each further call makes all others slower until nobody is
 * answered in time, and a refusal costs little.
 */
export class ConcurrencyLimit {
  readonly #now: () => number
  readonly #onRefused: () => void
  #limit = maxLimit
  /** When each call began. */
  readonly #inFlight = new Set<{ readonly beganAt: number }>()
  #fast = 0
  #slow = 0
  #wasReached = false
  #windowEndsAt = 0
  /** Calls from before tell of the limit as it was then. */
  #decreasedAt = Number.NEGATIVE_INFINITY

  /** `now`: milliseconds of a clock that never goes back. */
  constructor({ onRefused, now = () => performance.now() }: { onRefused(): void; now?: () => number }) {
    this.#onRefused = onRefused
    this.#now = now
  }

  /** The largest number of calls in flight. */
  get limit(): number {
    return Math.floor(this.#limit)
  }

  get inFlight(): number {
    return this.#inFlight.size
  }

  /** Counts a call in flight until the answered function is called, once. Answers `null` when the call must not begin now. */
  begin(): (() => void) | null {
    const beganAt = this.#now()
    if (beganAt >= this.#windowEndsAt) this.#adjust(beganAt)
    if (this.#inFlight.size >= this.limit) {
      this.#wasReached = true
      this.#onRefused()
      return null
    }
    const call = { beganAt }
    this.#inFlight.add(call)
    return () => {
      this.#inFlight.delete(call)
      if (beganAt < this.#decreasedAt) return
      if (this.#now() - beganAt > slowAfterMs) this.#slow += 1
      else this.#fast += 1
    }
  }

  #adjust(now: number): void {
    // Counted at their end only, slow calls would be noticed too late.
    let slow = this.#slow
    for (const { beganAt } of this.#inFlight) {
      if (now - beganAt <= slowAfterMs) break
      if (beganAt >= this.#decreasedAt) slow += 1
    }
    if (slow * 3 > this.#fast) {
      this.#limit = Math.max(minLimit, Math.min(this.#limit, this.#inFlight.size) * decrease)
      this.#decreasedAt = now
    } else if (slow === 0 && this.#fast > 0 && this.#wasReached) {
      this.#limit = Math.min(maxLimit, this.#limit + Math.max(increase, this.#limit * increaseShare))
    }
    this.#fast = 0
    this.#slow = 0
    this.#wasReached = false
    this.#windowEndsAt = now + windowMs
  }
}
