import { Counter } from 'prom-client'
import type { Metrics } from './metrics.ts'

/** Counts by the values of one label. prom-client makes the name of a series at every increment; this does at every scrape. */
export class Tally<Label extends string, Value extends string> {
  /** Since the last scrape. */
  readonly #counts = new Map<Value, number>()

  constructor(
    { registry }: Pick<Metrics, 'registry'>,
    { name, help, labelName }: { name: string; help: string; labelName: Label },
  ) {
    const counts = this.#counts
    new Counter<Label>({
      name,
      help,
      labelNames: [labelName],
      registers: [registry],
      collect() {
        for (const [value, count] of counts) this.inc({ [labelName]: value } as Record<Label, Value>, count)
        counts.clear()
      },
    })
  }

  count(value: Value, times = 1): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + times)
  }
}
