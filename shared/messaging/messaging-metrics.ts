import { Counter, Gauge } from 'prom-client'
import { type ErrorCode, errorCodeOf } from '#shared/errors.ts'
import { DurationHistogram, secondsSince } from '#shared/observability/duration-histogram.ts'
import type { Metrics } from '#shared/observability/metrics.ts'

/** Where a message goes: a subject, or the kind of a fact; never with an id. */
export type Destination = string

/** Durations of messages, by OpenTelemetry's names for messaging; a failure is known by its error code. */
export class MessagingMetrics {
  readonly #sent: DurationHistogram<
    'messaging_system' | 'messaging_operation_name' | 'messaging_destination_name' | 'error_type'
  >
  readonly #processed: DurationHistogram<
    | 'messaging_system'
    | 'messaging_operation_name'
    | 'messaging_destination_name'
    | 'messaging_consumer_group_name'
    | 'error_type'
  >
  /** Successes, bound once to their labels; there are fewer failures, and more kinds of them. */
  readonly #boundSent = new Map<Destination, (seconds: number) => void>()
  readonly #boundProcessed = new Map<string, (seconds: number) => void>()
  readonly #retries: Counter<'messaging_destination_name' | 'reason'>
  readonly #retriesRefused: Counter<'messaging_destination_name'>
  readonly #connected: Gauge
  readonly #metrics: Metrics

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    const common = ['messaging_system', 'messaging_operation_name', 'messaging_destination_name', 'error_type'] as const
    this.#sent = new DurationHistogram(metrics, {
      name: 'messaging_client_operation_duration_seconds',
      help: 'From sending a request to its reply or failure.',
      labelNames: common,
    })
    this.#processed = new DurationHistogram(metrics, {
      name: 'messaging_process_duration_seconds',
      help: 'Time to answer a request or to handle a fact.',
      labelNames: [...common, 'messaging_consumer_group_name'],
    })
    this.#retries = new Counter({
      name: 'messaging_retries_total',
      help: 'Requests that were sent a second time, by why: slow, or the error of the first.',
      labelNames: ['messaging_destination_name', 'reason'],
      registers: [metrics.registry],
    })
    this.#retriesRefused = new Counter({
      name: 'messaging_retries_refused_total',
      help: 'Requests that would have been sent a second time, had the budget allowed it.',
      labelNames: ['messaging_destination_name'],
      registers: [metrics.registry],
    })
    this.#connected = new Gauge({
      name: 'nats_connected',
      help: '1 while the connection to NATS stands.',
      registers: [metrics.registry],
    })
  }

  /** The answer is to be called when the reply is there, with what was thrown when there is none. */
  sending(destination: Destination): (error?: unknown) => void {
    const startedAt = performance.now()
    return (error) => {
      const seconds = secondsSince(startedAt)
      if (error === undefined) this.#observeAnswered(destination, seconds)
      else this.#sent.observe(labels('send', destination, errorCodeOf(error)), seconds)
    }
  }

  /** As `sending`, for what is answered or consumed here. */
  processing(destination: Destination, group: string): (error?: unknown) => void {
    const startedAt = performance.now()
    return (error) => {
      const seconds = secondsSince(startedAt)
      if (error === undefined) this.#observeProcessed(destination, group, seconds)
      else this.#processed.observe(processLabels(destination, group, errorCodeOf(error)), seconds)
    }
  }

  retried(destination: Destination, reason: string): void {
    this.#retries.inc({ messaging_destination_name: destination, reason })
  }

  retryRefused(destination: Destination): void {
    this.#retriesRefused.inc({ messaging_destination_name: destination })
  }

  /** Shows how many requests of each operation are under way, as counted by `inFlight`; `limit` is that of all together. */
  watchInFlight(inFlight: ReadonlyMap<string, number>, limit: number): void {
    const registers = [this.#metrics.registry]
    new Gauge({
      name: 'operations_in_flight',
      help: 'Requests that are being answered.',
      labelNames: ['operation'],
      registers,
      collect() {
        for (const [operation, count] of inFlight) this.set({ operation }, count)
      },
    })
    new Gauge({
      name: 'operations_in_flight_limit',
      help: 'Requests at once beyond which they are refused as overloaded.',
      registers,
    }).set(limit)
  }

  setConnected(connected: boolean): void {
    this.#connected.set(connected ? 1 : 0)
  }

  #observeAnswered(destination: Destination, seconds: number): void {
    let observe = this.#boundSent.get(destination)
    if (observe === undefined) {
      observe = this.#sent.bind(labels('send', destination))
      this.#boundSent.set(destination, observe)
    }
    observe(seconds)
  }

  #observeProcessed(destination: Destination, group: string, seconds: number): void {
    const key = `${destination} ${group}`
    let observe = this.#boundProcessed.get(key)
    if (observe === undefined) {
      observe = this.#processed.bind(processLabels(destination, group))
      this.#boundProcessed.set(key, observe)
    }
    observe(seconds)
  }
}

function processLabels(destination: Destination, group: string, failure?: ErrorCode) {
  return { ...labels('process', destination, failure), messaging_consumer_group_name: group }
}

function labels(operation: 'send' | 'process', destination: Destination, failure?: ErrorCode) {
  return {
    messaging_system: 'nats',
    messaging_operation_name: operation,
    messaging_destination_name: destination,
    ...(failure !== undefined && { error_type: failure }),
  }
}
