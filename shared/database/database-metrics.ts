import { Gauge } from 'prom-client'
import { errorCodeOf } from '#shared/errors.ts'
import { DurationHistogram, secondsSince } from '#shared/observability/duration-histogram.ts'
import type { Metrics } from '#shared/observability/metrics.ts'

/** A pool of connections, as it stands. */
export interface PoolState {
  readonly used: number
  readonly idle: number
  /** Who waits for a connection. */
  readonly pending: number
  readonly max: number
}

/** Durations of statements and the use of the pool, by OpenTelemetry's names for database clients. */
export class DatabaseMetrics {
  readonly #durations: DurationHistogram<'db_system_name' | 'db_operation_name' | 'error_type'>
  readonly #metrics: Metrics

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    this.#durations = new DurationHistogram(metrics, {
      name: 'db_client_operation_duration_seconds',
      help: 'Time of one statement; where a transaction takes a connection, without the wait for it.',
      labelNames: ['db_system_name', 'db_operation_name', 'error_type'],
    })
  }

  /** The answer is to be called when `operation`, such as SELECT, is through, with what was thrown when it failed. */
  running(operation: string): (error?: unknown) => void {
    const startedAt = performance.now()
    return (error) => {
      const failure = error === undefined ? {} : { error_type: errorCodeOf(error) }
      const labels = { db_system_name: 'postgresql', db_operation_name: operation, ...failure }
      this.#durations.observe(labels, secondsSince(startedAt))
    }
  }

  /** The pools by their names. */
  watchPools(pools: Readonly<Record<string, () => PoolState>>): void {
    const registers = [this.#metrics.registry]
    const states = () =>
      Object.entries(pools).map(([name, state]) => ({ pool: { db_client_connection_pool_name: name }, ...state() }))
    new Gauge({
      // OpenTelemetry's db.client.connection.count, without the ending that Prometheus keeps for histograms.
      name: 'db_client_connections',
      help: 'Connections of a pool.',
      labelNames: ['db_client_connection_pool_name', 'db_client_connection_state'],
      registers,
      collect() {
        for (const { pool, used, idle } of states()) {
          this.set({ ...pool, db_client_connection_state: 'used' }, used)
          this.set({ ...pool, db_client_connection_state: 'idle' }, idle)
        }
      },
    })
    new Gauge({
      name: 'db_client_connection_pending_requests',
      help: 'Who waits for a connection of a pool.',
      labelNames: ['db_client_connection_pool_name'],
      registers,
      collect() {
        for (const { pool, pending } of states()) this.set(pool, pending)
      },
    })
    new Gauge({
      name: 'db_client_connection_max',
      help: 'Connections that a pool may have.',
      labelNames: ['db_client_connection_pool_name'],
      registers,
      collect() {
        for (const { pool, max } of states()) this.set(pool, max)
      },
    })
  }
}
