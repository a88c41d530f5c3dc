import { Counter } from 'prom-client'
import { type BoundObserve, DurationHistogram } from '#shared/observability/duration-histogram.ts'
import type { Metrics } from '#shared/observability/metrics.ts'

/** Why a stream ended: its client left, it reached its lifetime, the gateway stopped, or its client did not read. */
const endings = ['left', 'renew', 'stopping', 'slow_reader'] as const
export type Ending = (typeof endings)[number]

/** The limit that refused a stream: its caller's, or the total. */
const refusals = ['caller', 'all'] as const

/** The metrics of a gateway's streams. */
export class StreamMetrics {
  readonly #opened: Counter
  readonly #ended: Counter<'reason'>
  readonly #refused: Counter<'limit'>
  readonly #resets: Counter
  readonly #batchDelay: BoundObserve
  #open = 0

  constructor(metrics: Metrics) {
    const registers = [metrics.registry]
    metrics.watch('seat_streams_open', 'Open streams of seats.', () => this.#open)
    this.#opened = new Counter({ name: 'seat_streams_opened_total', help: 'Streams of seats opened.', registers })
    this.#ended = new Counter({
      name: 'seat_streams_ended_total',
      help: 'Streams of seats ended, by reason; slow_reader: dropped because the client did not read.',
      labelNames: ['reason'],
      registers,
    })
    this.#refused = new Counter({
      name: 'seat_streams_refused_total',
      help: 'Streams of seats refused, by limit: of their caller, or of all callers together.',
      labelNames: ['limit'],
      registers,
    })
    this.#resets = new Counter({
      name: 'seat_stream_snapshots_total',
      help: 'Streams that had to begin with a snapshot of all seats.',
      registers,
    })
    for (const reason of endings) this.#ended.inc({ reason }, 0)
    for (const limit of refusals) this.#refused.inc({ limit }, 0)
    const batchDelay = new DurationHistogram(metrics, {
      name: 'seat_stream_batch_delay_seconds',
      help: 'Time from the first change of a batch until it is written to the last stream.',
      labelNames: [],
    })
    this.#batchDelay = batchDelay.bind({})
  }

  opened(): void {
    this.#open += 1
    this.#opened.inc()
  }

  ended(reason: Ending): void {
    this.#open -= 1
    this.#ended.inc({ reason })
  }

  refused(limit: (typeof refusals)[number]): void {
    this.#refused.inc({ limit })
  }

  beganWithSnapshot(streams = 1): void {
    this.#resets.inc(streams)
  }

  batchSent(seconds: number): void {
    this.#batchDelay(seconds, false)
  }
}
