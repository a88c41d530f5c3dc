import { holdSeats } from '#shared/contracts/holds.ts'
import {
  joinWaitingList,
  leaveWaitingList,
  listWaitingEntries,
  viewWaitingEntry,
} from '#shared/contracts/waiting-list.ts'
import { errorCodeOf } from '#shared/errors.ts'
import type { Perform } from '../routes/perform.ts'

/** What one gateway has observed of booking workers in about a second. */
export interface LoadReport {
  /** Calls in flight, on average. */
  readonly pending: number
  /** Number of holds answered or refused, and their median time. */
  readonly holds: number
  readonly medianHoldMs: number
  /** A call was refused because of overload. */
  readonly overloaded: boolean
}

const windowMs = 1_000
/** Most holds that are kept for the median. */
const maxDurations = 1_000

/** These operations wait for each other, list by list: a long list must not slow the rooms of other events. */
const ofWaitingLists = new Set(
  [joinWaitingList, leaveWaitingList, listWaitingEntries, viewWaitingEntry].map(({ operation }) => operation),
)

/** Watches the calls of one gateway to booking workers. */
export class BookingLoad {
  readonly #now: () => number
  #pending = 0
  #changedAt: number
  #windowBegan: number
  /** Milliseconds of all calls in this window. */
  #busyMs = 0
  #holdMs: number[] = []
  #overloaded = false
  #last: LoadReport = { pending: 0, holds: 0, medianHoldMs: 0, overloaded: false }

  /** `now`: a monotonic clock, in milliseconds. */
  constructor(now = () => performance.now()) {
    this.#now = now
    this.#changedAt = now()
    this.#windowBegan = now()
  }

  /** Performs operations. Observes those of booking workers, except waiting lists. */
  watch(perform: Perform): Perform {
    return async (contract, request, context) => {
      if (contract.worker !== 'booking' || ofWaitingLists.has(contract.operation)) {
        return perform(contract, request, context)
      }
      const beganAt = this.#now()
      this.#count(1)
      try {
        return await perform(contract, request, context)
      } catch (error) {
        if (errorCodeOf(error) === 'overloaded') this.refused()
        throw error
      } finally {
        this.#count(-1)
        if (contract.operation === holdSeats.operation && this.#holdMs.length < maxDurations)
          this.#holdMs.push(this.#now() - beganAt)
      }
    }
  }

  /** Called when a hold was refused because of overload. */
  refused(): void {
    this.#overloaded = true
  }

  /** The report of the last second, or of a longer time if nobody asked. Cached for a second. */
  report(): LoadReport {
    this.#count(0)
    const lastedMs = this.#changedAt - this.#windowBegan
    if (lastedMs < windowMs) return this.#last
    const sorted = this.#holdMs.toSorted((one, other) => one - other)
    this.#last = {
      pending: this.#busyMs / lastedMs,
      holds: sorted.length,
      medianHoldMs: sorted[sorted.length >> 1] ?? 0,
      overloaded: this.#overloaded,
    }
    this.#windowBegan = this.#changedAt
    this.#busyMs = 0
    this.#holdMs = []
    this.#overloaded = false
    return this.#last
  }

  #count(change: number): void {
    const now = this.#now()
    this.#busyMs += this.#pending * (now - this.#changedAt)
    this.#changedAt = now
    this.#pending += change
  }
}
