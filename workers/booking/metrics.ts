import { Counter, Histogram } from 'prom-client'
import { type ScanOutcome, scanOutcomes } from '#shared/contracts/check-in.ts'
import { errorCodeOf } from '#shared/errors.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import { type AloneReason, aloneReasons } from './taking/request.ts'

/** Metrics of selling. Places are seats and GA tickets. */
export class BookingMetrics {
  readonly #holds: Counter<'outcome'>
  readonly #batchSize: Histogram
  readonly #batchWait: Histogram
  readonly #batchesOfOne: Counter<'why'>
  readonly #sold: Counter
  readonly #returned: Counter
  readonly #scans: Counter<'outcome'>

  constructor({ registry }: Metrics) {
    const registers = [registry]
    this.#holds = new Counter({
      name: 'holds_total',
      help: 'Requests for a hold, by result: held, or the error code of the refusal.',
      labelNames: ['outcome'],
      registers,
    })
    for (const outcome of ['held', 'seat_unavailable', 'sold_out', 'not_enough_left']) this.#holds.inc({ outcome }, 0)
    this.#batchSize = new Histogram({
      name: 'hold_batch_size',
      help: 'Requests in one batch, whose places one transaction took.',
      buckets: [1, 2, 4, 8, 16, 32, 64],
      registers,
    })
    this.#batchWait = new Histogram({
      name: 'hold_batch_wait_seconds',
      help: 'How long a request waited until its batch began.',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2],
      registers,
    })
    this.#batchesOfOne = new Counter({
      name: 'hold_batches_of_one_total',
      help: 'Requests that ran alone in their batch and may wait for locks, by reason.',
      labelNames: ['why'],
      registers,
    })
    for (const why of aloneReasons) this.#batchesOfOne.inc({ why }, 0)
    this.#sold = new Counter({ name: 'seats_sold_total', help: 'Places sold.', registers })
    this.#returned = new Counter({
      name: 'seats_returned_total',
      help: 'Sold places that were cancelled and returned to sale.',
      registers,
    })
    this.#scans = new Counter({
      name: 'ticket_scans_total',
      help: 'Scans of tickets at the doors, by outcome. A scan that is sent again counts once.',
      labelNames: ['outcome'],
      registers,
    })
    for (const outcome of scanOutcomes) this.#scans.inc({ outcome }, 0)
  }

  scanned(outcome: ScanOutcome): void {
    this.#scans.inc({ outcome })
  }

  held(): void {
    this.#holds.inc({ outcome: 'held' })
  }

  holdRefused(error: unknown): void {
    this.#holds.inc({ outcome: errorCodeOf(error) })
  }

  /** A batch begins. `waits`: how long each of its requests waited, in seconds. */
  batched(waits: readonly number[]): void {
    this.#batchSize.observe(waits.length)
    for (const wait of waits) this.#batchWait.observe(wait)
  }

  batchedAlone(why: AloneReason): void {
    this.#batchesOfOne.inc({ why })
  }

  sold(places: number): void {
    this.#sold.inc(places)
  }

  returned(places: number): void {
    this.#returned.inc(places)
  }
}
