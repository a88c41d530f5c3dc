import { Counter, Gauge } from 'prom-client'
import { createdAtMs } from '#shared/ids.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import type { OutboxSchema } from './outbox.ts'

/** How far the facts of one schema are behind their commits. */
export class OutboxMetrics {
  readonly #schema: OutboxSchema
  readonly #published: Counter<'schema'>
  #oldestId: string | null = null

  constructor({ registry }: Metrics, schema: OutboxSchema) {
    this.#schema = schema
    const oldestAgeSeconds = (): number =>
      this.#oldestId === null ? 0 : Math.max(0, (Date.now() - createdAtMs(this.#oldestId)) / 1_000)
    new Gauge({
      name: 'outbox_oldest_age_seconds',
      help: 'Age of the oldest fact that waits to be published; 0 when none does.',
      labelNames: ['schema'],
      registers: [registry],
      collect() {
        this.set({ schema }, oldestAgeSeconds())
      },
    })
    this.#published = new Counter({
      name: 'outbox_published_total',
      help: 'Facts published.',
      labelNames: ['schema'],
      registers: [registry],
    })
    this.#published.inc({ schema }, 0)
  }

  /** Id of the oldest fact that waits; `null` when none does. */
  waits(oldestId: string | null): void {
    this.#oldestId = oldestId
  }

  published(facts: number): void {
    this.#published.inc({ schema: this.#schema }, facts)
  }
}
