import { Gauge } from 'prom-client'
import { type ErrorCode, errorCodeOf } from '#shared/errors.ts'
import { DurationHistogram, secondsSince } from '#shared/observability/duration-histogram.ts'
import type { Metrics } from '#shared/observability/metrics.ts'

/** Where a message goes: a subject, or the kind of a fact; never with an id. */
export type Destination = string

type Failure = ErrorCode | undefined

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
    this.#connected = new Gauge({
      name: 'nats_connected',
      help: '1 while the connection to NATS stands.',
      registers: [metrics.registry],
    })
  }

  /** The answer is to be called when the reply is there, with what was thrown when there is none. */
  sending(destination: Destination): (error?: unknown) => void {
    const startedAt = performance.now()
    return (error) => this.#sent.observe(labels('send', destination, failureOf(error)), secondsSince(startedAt))
  }

  /** As `sending`, for what is answered or consumed here. */
  processing(destination: Destination, group: string): (error?: unknown) => void {
    const startedAt = performance.now()
    return (error) => {
      const common = labels('process', destination, failureOf(error))
      this.#processed.observe({ ...common, messaging_consumer_group_name: group }, secondsSince(startedAt))
    }
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
}

function failureOf(error: unknown): Failure {
  return error === undefined ? undefined : errorCodeOf(error)
}

function labels(operation: 'send' | 'process', destination: Destination, failure: Failure) {
  return {
    messaging_system: 'nats',
    messaging_operation_name: operation,
    messaging_destination_name: destination,
    ...(failure !== undefined && { error_type: failure }),
  }
}
