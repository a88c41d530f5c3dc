import { Counter } from 'prom-client'
import { errorCodeOf } from '#shared/errors.ts'
import type { Metrics } from '#shared/observability/metrics.ts'

/** What selling comes to. Places are seats and standing places alike. */
export class BookingMetrics {
  readonly #holds: Counter<'outcome'>
  readonly #sold: Counter
  readonly #returned: Counter

  constructor({ registry }: Metrics) {
    const registers = [registry]
    this.#holds = new Counter({
      name: 'holds_total',
      help: 'Holds that were asked for, by what came of it: held, or the code of the refusal.',
      labelNames: ['outcome'],
      registers,
    })
    for (const outcome of ['held', 'seat_unavailable', 'sold_out', 'not_enough_left']) this.#holds.inc({ outcome }, 0)
    this.#sold = new Counter({ name: 'seats_sold_total', help: 'Places sold.', registers })
    this.#returned = new Counter({ name: 'seats_returned_total', help: 'Sold places that came back.', registers })
  }

  held(): void {
    this.#holds.inc({ outcome: 'held' })
  }

  holdRefused(error: unknown): void {
    this.#holds.inc({ outcome: errorCodeOf(error) })
  }

  sold(places: number): void {
    this.#sold.inc(places)
  }

  returned(places: number): void {
    this.#returned.inc(places)
  }
}
