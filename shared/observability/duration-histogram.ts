import { Histogram, type Registry } from 'prom-client'
import type { Metrics } from './metrics.ts'
import { recordedTraceId } from './tracing.ts'

/** OpenTelemetry's advice for the duration of HTTP requests, in seconds, and two for what answers from memory. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

const noExemplar = {}

/** Durations in seconds, by labels of few values; within a recorded trace with its id as an exemplar. */
export class DurationHistogram<Label extends string> {
  readonly #histogram: Histogram<Label>

  constructor(
    { registry }: Pick<Metrics, 'registry'>,
    { name, help, labelNames }: { name: string; help: string; labelNames: readonly Label[] },
  ) {
    this.#histogram = new Histogram({
      name,
      help,
      labelNames: [...labelNames],
      buckets,
      enableExemplars: true,
      // Its type knows registries of the plain format only.
      registers: [registry as unknown as Registry],
    })
  }

  observe(labels: Partial<Record<Label, string>>, seconds: number): void {
    const traceId = recordedTraceId()
    const exemplarLabels = traceId === undefined ? noExemplar : { trace_id: traceId }
    this.#histogram.observe({ labels, value: seconds, exemplarLabels })
  }
}

/** Seconds since `startedAt`, a moment of `performance.now()`. */
export function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1_000
}
