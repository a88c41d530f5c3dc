import { Histogram, type Registry } from 'prom-client'
import type { Metrics } from './metrics.ts'
import { recordedTraceId } from './tracing.ts'

/** OpenTelemetry's advice for the duration of HTTP requests, in seconds, and two for what answers from memory. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

const noExemplar = {}

/** prom-client keeps the count of each bucket under its bound as a string. */
const bucketKeys = buckets.map(String)

/** What prom-client keeps of a series, by its own names. */
interface Series<Label extends string> {
  readonly labels: Partial<Record<Label, string>>
  readonly bucketValues: Record<string, number>
  sum: number
  count: number
}

/** What was observed of a series since the last scrape. */
interface Unscraped<Label extends string> {
  readonly series: Series<Label>
  /** By bucket, the last one being what is beyond all bounds. */
  readonly counts: Float64Array
  sum: number
}

/** `isRecorded`: within a recorded trace; whoever knows that spares the question. */
export type BoundObserve = (seconds: number, isRecorded?: boolean) => void

/** Durations in seconds, by labels of few values; within a recorded trace with its id as an exemplar. */
export class DurationHistogram<Label extends string> {
  readonly #histogram: Histogram<Label>
  readonly #unscraped: Unscraped<Label>[] = []

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
      collect: () => this.#unscraped.forEach(handOver),
    })
  }

  observe(labels: Partial<Record<Label, string>>, seconds: number): void {
    const traceId = recordedTraceId()
    const exemplarLabels = traceId === undefined ? noExemplar : { trace_id: traceId }
    this.#histogram.observe({ labels, value: seconds, exemplarLabels })
  }

  /**
   * As `observe` for these labels, of which there must be few. prom-client builds the name of a series at every observation, even
   * of one that it calls bound; this counts by itself and hands over at a scrape, unless there is an exemplar to be noted.
   */
  bind(labels: Partial<Record<Label, string>>): BoundObserve {
    const counts = new Float64Array(buckets.length + 1)
    const unscraped: Unscraped<Label> = { series: this.#seriesOf(labels), counts, sum: 0 }
    this.#unscraped.push(unscraped)
    return (seconds, isRecorded = recordedTraceId() !== undefined) => {
      if (isRecorded) {
        this.observe(labels, seconds)
        return
      }
      const bucket = bucketOf(seconds)
      counts[bucket] = (counts[bucket] ?? 0) + 1
      unscraped.sum += seconds
    }
  }

  #seriesOf(labels: Partial<Record<Label, string>>): Series<Label> {
    const { hashMap, labelNames } = this.#histogram as unknown as {
      readonly hashMap: Readonly<Record<string, Series<Label>>>
      readonly labelNames: readonly Label[]
    }
    const find = () =>
      Object.values(hashMap).find((each) => labelNames.every((name) => each.labels[name] === labels[name]))
    // `zero` makes a series, or empties the one there is.
    if (find() === undefined) this.#histogram.zero(labels as Record<Label, string>)
    const series = find()
    if (series === undefined) throw new Error('prom-client keeps its series elsewhere')
    return series
  }
}

/** Most are in the first. */
function bucketOf(seconds: number): number {
  let bucket = 0
  while (bucket < buckets.length && seconds > (buckets[bucket] as number)) bucket += 1
  return bucket
}

function handOver<Label extends string>(unscraped: Unscraped<Label>): void {
  const { series, counts, sum } = unscraped
  counts.forEach((count, bucket) => {
    const key = bucketKeys[bucket]
    series.count += count
    if (key !== undefined && count > 0) series.bucketValues[key] = (series.bucketValues[key] ?? 0) + count
  })
  series.sum += sum
  counts.fill(0)
  unscraped.sum = 0
}

/** Seconds since `startedAt`, a moment of `performance.now()`. */
export function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1_000
}
