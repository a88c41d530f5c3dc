import { Counter, Gauge } from 'prom-client'
import { errorCodeOf } from '#shared/errors.ts'
import { DurationHistogram, secondsSince } from '#shared/observability/duration-histogram.ts'
import type { Metrics } from '#shared/observability/metrics.ts'

/** Durations of messages, by OpenTelemetry's names. A destination is a subject or the kind of a fact, so it has no id. */
export class MessagingMetrics {
  readonly #metrics: Metrics
  readonly #sent
  readonly #processed
  readonly #retries
  readonly #retriesRefused
  readonly #connected

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    const registers = [metrics.registry]
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
      help: 'Requests sent a second time, by reason: slow, or the error of the first attempt.',
      labelNames: ['messaging_destination_name', 'reason'],
      registers,
    })
    this.#retriesRefused = new Counter({
      name: 'messaging_retries_refused_total',
      help: 'Requests not sent a second time because the retry budget was used up.',
      labelNames: ['messaging_destination_name'],
      registers,
    })
    this.#connected = new Gauge({ name: 'nats_connected', help: '1 while NATS is connected.', registers })
  }

  /** Call the returned function at the end, with the error if there is no reply. */
  sending(destination: string): (error?: unknown) => void {
    const startedAt = performance.now()
    return (error) => this.#sent.observe(labels('send', destination, error), secondsSince(startedAt))
  }

  /** As `sending`, for messages that this process answers or consumes. */
  processing(destination: string, group: string): (error?: unknown) => void {
    const startedAt = performance.now()
    return (error) =>
      this.#processed.observe(
        { ...labels('process', destination, error), messaging_consumer_group_name: group },
        secondsSince(startedAt),
      )
  }

  retried(destination: string, reason: string): void {
    this.#retries.inc({ messaging_destination_name: destination, reason })
  }

  retryRefused(destination: string): void {
    this.#retriesRefused.inc({ messaging_destination_name: destination })
  }

  /** Adds gauges of the requests in flight by operation, and of the `limit` of all together. */
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
      help: 'Limit of requests in flight; more are refused as overloaded.',
      registers,
    }).set(limit)
  }

  setConnected(connected: boolean): void {
    this.#connected.set(connected ? 1 : 0)
  }
}

function labels(operation: 'send' | 'process', destination: string, error: unknown) {
  return {
    messaging_system: 'nats',
    messaging_operation_name: operation,
    messaging_destination_name: destination,
    ...(error !== undefined && { error_type: errorCodeOf(error) }),
  }
}
