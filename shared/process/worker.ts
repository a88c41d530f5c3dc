import type Logger from 'bunyan'
import { z } from 'zod'
import type { WorkerName } from '#shared/contracts/contract.ts'
import { DatabaseMetrics } from '#shared/database/database-metrics.ts'
import { pendingMigrations } from '#shared/database/migrations.ts'
import { Postgres } from '#shared/database/postgres.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { MessagingMetrics } from '#shared/messaging/messaging-metrics.ts'
import { type Operation, serve } from '#shared/messaging/serve.ts'
import { createLogger } from '#shared/observability/log.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { serveMetrics } from '#shared/observability/metrics-server.ts'
import { addRuntimeMetrics } from '#shared/observability/runtime-metrics.ts'
import { startTracing } from '#shared/observability/start-tracing.ts'
import { commonSettings, databaseUrl, metricsHost, metricsPort, natsSettings, readConfig } from './config.ts'
import { type Close, runProcess } from './lifecycle.ts'

/** How many connections to Postgres a worker may have. */
export const connectionCount = z.coerce.number().int().min(1).max(100)
/** Typed by what comes of it, so that a worker's `config.ts` may put a default in its place. */
const optionalCount: z.ZodType<number | undefined> = connectionCount.optional()

/** Settings that every worker has; a worker's `config.ts` adds its own. */
export const workerSettings = {
  ...commonSettings,
  ...natsSettings,
  DATABASE_URL: databaseUrl,
  /** Requests beyond this many at once are refused as `overloaded`. */
  MAX_IN_FLIGHT: z.coerce.number().int().min(1).default(256),
  /** Where the worker tells what it counts; 0 picks a free port. */
  METRICS_PORT: metricsPort.default(0),
  METRICS_HOST: metricsHost,
  DATABASE_CONNECTIONS: connectionCount.default(10),
  /** So many more for statements outside of transactions alone; without it all share `DATABASE_CONNECTIONS`. */
  READ_CONNECTIONS: optionalCount,
}

export type WorkerConfig = z.output<z.ZodObject<typeof workerSettings>>

/** What every worker's operations may use. */
export interface WorkerParts {
  readonly bus: Bus
  readonly postgres: Postgres
  readonly metrics: Metrics
  readonly log: Logger
}

export interface WorkerDefinition<Settings extends z.ZodObject> {
  readonly worker: Exclude<WorkerName, 'audit'>
  readonly settings: Settings
  readonly migrationsDirectory: string
  /** The operations it answers; `onStop` is for what it opens beside them, such as a periodic task. */
  operations(
    parts: WorkerParts,
    config: z.output<Settings>,
    onStop: (name: string, close: Close) => void,
  ): readonly Operation[]
}

/** How long requests in flight may still take after the signal to stop, in milliseconds. */
const finishInFlightMs = 10_000

/** Runs a worker process: connects, checks that its schema is migrated, answers until it is told to stop. */
export function runWorker<Settings extends z.ZodObject<typeof workerSettings>>(
  definition: WorkerDefinition<Settings>,
): Promise<void> {
  const { worker } = definition
  return runProcess<z.output<Settings> & WorkerConfig>({
    readConfig: () =>
      readConfig(definition.settings, {
        env: { INSTANCE: `${worker}-1`, ...process.env },
        args: process.argv.slice(2),
        flags: { instance: 'INSTANCE', 'metrics-port': 'METRICS_PORT' },
        natsUser: worker,
      }) as z.output<Settings> & WorkerConfig,
    createLogger: (config) =>
      createLogger({ name: worker, instance: config.INSTANCE, level: config.LOG_LEVEL, settings: config }),
    async start(config, log, onStop) {
      log.info(`${worker} worker ${config.INSTANCE} starting`)
      onStop(
        'tracing',
        await startTracing({
          disabled: config.OTEL_SDK_DISABLED,
          serviceName: `${worker}-worker`,
          instance: config.INSTANCE,
          sampleRatio: config.OTEL_TRACES_SAMPLER_ARG,
          endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
        }),
      )
      const metrics = new Metrics(config.INSTANCE)
      addRuntimeMetrics(metrics)
      const postgres = new Postgres({
        url: config.DATABASE_URL,
        applicationName: config.INSTANCE,
        maxConnections: config.DATABASE_CONNECTIONS,
        readConnections: config.READ_CONNECTIONS,
        planOnce: true,
        metrics: new DatabaseMetrics(metrics),
        onIdleError: (error) => log.warn({ err: error }, 'an idle database connection was lost'),
      })
      onStop('postgres', () => postgres.close())
      await refuseUnmigrated(postgres, definition)
      const bus = await Bus.connect({
        url: config.NATS_URL,
        name: config.INSTANCE,
        timeoutMs: 5_000,
        caFile: config.NATS_CA,
        metrics: new MessagingMetrics(metrics),
        log,
      })
      onStop('nats', () => bus.close())
      // Before it takes requests: a port that is not to be had ends it.
      const { url, close } = await serveMetrics(metrics, { host: config.METRICS_HOST, port: config.METRICS_PORT })
      onStop('metrics', close)
      const service = await serve(bus, {
        worker,
        instance: config.INSTANCE,
        operations: definition.operations({ bus, postgres, metrics, log }, config, onStop),
        maxInFlight: config.MAX_IN_FLIGHT,
        log,
      })
      onStop('service', () => service.stop(finishInFlightMs))
      log.info({ metrics_url: url }, `${worker} worker ${config.INSTANCE} ready`)
      return { metrics_url: url }
    },
  })
}

async function refuseUnmigrated(
  postgres: Postgres,
  { worker, migrationsDirectory }: Pick<WorkerDefinition<z.ZodObject>, 'worker' | 'migrationsDirectory'>,
): Promise<void> {
  const pending = await pendingMigrations(postgres, { schema: worker, directory: migrationsDirectory })
  if (pending.length > 0) throw new Error(`schema ${worker} lacks ${pending.join(', ')}: run npm run migrate first`)
}
