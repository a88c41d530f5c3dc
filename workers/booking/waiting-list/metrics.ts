import { Counter, Gauge } from 'prom-client'
import type { Metrics } from '#shared/observability/metrics.ts'

/** Metrics of all waiting lists together. */
export class WaitingListMetrics {
  readonly #length: Gauge
  readonly #offers: Counter
  readonly #expired: Counter

  constructor({ registry }: Metrics) {
    const registers = [registry]
    this.#length = new Gauge({
      name: 'waiting_list_length',
      help: 'Buyers on waiting lists.',
      registers,
    })
    this.#offers = new Counter({
      name: 'waiting_list_offers_total',
      help: 'Places offered to waiting buyers.',
      registers,
    })
    this.#expired = new Counter({
      name: 'waiting_list_offers_expired_total',
      help: 'Offers that were not paid for in time.',
      registers,
    })
  }

  waiting(buyers: number): void {
    this.#length.set(buyers)
  }

  offered(offers: number): void {
    this.#offers.inc(offers)
  }

  offersExpired(offers: number): void {
    this.#expired.inc(offers)
  }
}
