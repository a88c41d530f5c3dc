import { Histogram } from 'prom-client'
import type { Metrics } from './metrics.ts'
import { recordedTraceId } from './tracing.ts'

/** In seconds: OpenTelemetry's advice for HTTP requests, and two more for replies from memory. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** `isRecorded`: whether the current trace is recorded; looked up by default. */
export type BoundObserve = (seconds: number, isRecorded?: boolean) => void

/** Durations by labels of few values. The id of a recorded trace becomes the exemplar. */
export class DurationHistogram<Label extends string> {
  readonly #histogram: Histogram

  constructor(
    { registry }: Pick<Metrics, 'registry'>,
    { name, help, labelNames }: { name: string; help: string; labelNames: readonly Label[] },
  ) {
    const registers = [registry]
    this.#histogram = new Histogram({ name, help, labelNames, buckets, enableExemplars: true, registers })
  }

  observe(labels: Partial<Record<Label, string>>, seconds: number): void {
    const traceId = recordedTraceId()
    const exemplarLabels = traceId === undefined ? {} : { trace_id: traceId }
    this.#histogram.observe({ labels, value: seconds, exemplarLabels })
  }

  /** As `observe`, for frequent labels. */
  bind(labels: Partial<Record<Label, string>>): BoundObserve {
    const unrecorded = this.#histogram.labels(labels)
    return (seconds, isRecorded = recordedTraceId() !== undefined) => {
      if (isRecorded) this.observe(labels, seconds)
      else unrecorded.observe(seconds)
    }
  }
}

/** `startedAt` is a value of `performance.now()`. */
export function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1_000
}
