import type pg from 'pg'
import { Gauge } from 'prom-client'
import { errorCodeOf } from '#shared/errors.ts'
import { DurationHistogram, secondsSince } from '#shared/observability/duration-histogram.ts'
import type { Metrics } from '#shared/observability/metrics.ts'

/** Durations of statements and the use of the pools, by OpenTelemetry's names for database clients. */
export class DatabaseMetrics {
  readonly #durations: DurationHistogram<'db_system_name' | 'db_operation_name' | 'error_type'>
  readonly #metrics: Metrics

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    this.#durations = new DurationHistogram(metrics, {
      name: 'db_client_operation_duration_seconds',
      help: 'Time of one statement, without waiting for a connection.',
      labelNames: ['db_system_name', 'db_operation_name', 'error_type'],
    })
  }

  /** Starts timing a statement, such as SELECT. Call the returned function when it ends, with the error if it failed. */
  running(operation: string): (error?: unknown) => void {
    const startedAt = performance.now()
    return (error) => {
      const failure = error === undefined ? {} : { error_type: errorCodeOf(error) }
      const labels = { db_system_name: 'postgresql', db_operation_name: operation, ...failure }
      this.#durations.observe(labels, secondsSince(startedAt))
    }
  }

  watchPools(pools: Readonly<Record<string, pg.Pool>>): void {
    const registers = [this.#metrics.registry]
    const labelNames = ['db_client_connection_pool_name', 'db_client_connection_state'] as const
    const watch = (
      name: string,
      help: string,
      set: (gauge: Gauge, pool: pg.Pool, labels: Record<string, string>) => void,
    ) =>
      new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect() {
          for (const [name, pool] of Object.entries(pools)) set(this, pool, { db_client_connection_pool_name: name })
        },
      })
    // OpenTelemetry's db.client.connection.count, without the suffix that Prometheus reserves for histograms.
    watch('db_client_connections', 'Connections of a pool.', (gauge, { totalCount, idleCount }, labels) => {
      gauge.set({ ...labels, db_client_connection_state: 'used' }, totalCount - idleCount)
      gauge.set({ ...labels, db_client_connection_state: 'idle' }, idleCount)
    })
    watch('db_client_connection_pending_requests', 'Requests waiting for a connection.', (gauge, pool, labels) =>
      gauge.set(labels, pool.waitingCount),
    )
    watch('db_client_connection_max', 'Largest number of connections of a pool.', (gauge, pool, labels) =>
      gauge.set(labels, pool.options.max),
    )
  }
}
