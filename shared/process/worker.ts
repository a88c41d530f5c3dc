import type Logger from 'bunyan'
import { z } from 'zod'
import type { WorkerName } from '#shared/contracts/contract.ts'
import { DatabaseMetrics } from '#shared/database/database-metrics.ts'
import { pendingMigrations } from '#shared/database/migrations.ts'
import { Postgres } from '#shared/database/postgres.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { type Operation, serve } from '#shared/messaging/serve.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import { serveMetrics } from '#shared/observability/metrics-server.ts'
import { retentionDays } from '#shared/retention/periods.ts'
import { commonSettings, databaseUrl, metricsHost, metricsPort, natsSettings, readConfig } from './config.ts'
import { type OnStop, openParts, runProcess } from './lifecycle.ts'
import { freeInstanceName } from './started-by-hand.ts'

export const connectionCount = z.coerce.number().int().min(1).max(100)
/** Typed by its output, so that a worker's `config.ts` can replace it by a setting with a default. */
const optionalCount: z.ZodType<number | undefined> = connectionCount.optional()

/** Settings of every worker; each adds its own in its `config.ts`. */
export const workerSettings = {
  ...commonSettings,
  ...natsSettings,
  DATABASE_URL: databaseUrl,
  /** More requests at once are refused as `overloaded`. */
  MAX_IN_FLIGHT: z.coerce.number().int().min(1).default(256),
  METRICS_PORT: metricsPort.default(0),
  METRICS_HOST: metricsHost,
  DATABASE_CONNECTIONS: connectionCount.default(10),
  /** Separate connections for statements outside of transactions; by default they share `DATABASE_CONNECTIONS`. */
  READ_CONNECTIONS: optionalCount,
  /** How many days old rows are kept, by rule. */
  RETENTION_DAYS: retentionDays,
}

type WorkerConfig = z.output<z.ZodObject<typeof workerSettings>>

export interface WorkerParts {
  readonly bus: Bus
  readonly postgres: Postgres
  readonly metrics: Metrics
  readonly log: Logger
}

export interface WorkerDefinition<Settings extends z.ZodObject> {
  readonly worker: Exclude<WorkerName, 'audit' | 'gateway'>
  readonly settings: Settings
  readonly migrationsDirectory: string
  /** Registers with `onStop` how to close its other parts, such as a periodic job. */
  operations(parts: WorkerParts, config: z.output<Settings>, onStop: OnStop): readonly Operation[]
}

/** How long requests in flight may take after the signal to stop. */
const finishInFlightMs = 10_000

/** Runs a worker process: connects, refuses to start on an unmigrated schema, and serves its operations until it is stopped. */
export function runWorker<Settings extends z.ZodObject<typeof workerSettings>>(
  definition: WorkerDefinition<Settings>,
): Promise<void> {
  const { worker } = definition
  const name = `${worker}-worker`
  return runProcess<z.output<Settings> & WorkerConfig>({
    name,
    env: process.env,
    readConfig: () =>
      readConfig(definition.settings, {
        env: { INSTANCE: freeInstanceName(worker, process.env), ...process.env },
        command: `npm run worker -- ${worker}`,
        args: process.argv.slice(2),
        flags: { instance: 'INSTANCE', 'metrics-port': 'METRICS_PORT' },
        natsUser: worker,
        databaseUser: worker,
      }) as z.output<Settings> & WorkerConfig,
    async start(config, log, onStop) {
      const { INSTANCE: instance } = config
      const { metrics, bus } = await openParts(config, { name, retries: false, log, onStop })
      const postgres = new Postgres({
        url: config.DATABASE_URL,
        applicationName: instance,
        maxConnections: config.DATABASE_CONNECTIONS,
        readConnections: config.READ_CONNECTIONS,
        planOnce: true,
        metrics: new DatabaseMetrics(metrics),
        onIdleError: (error) => log.warn({ err: error }, 'an idle database connection was lost'),
      })
      onStop('postgres', () => postgres.close())
      const migrations = { schema: worker, directory: definition.migrationsDirectory }
      const pending = await pendingMigrations(postgres, migrations)
      if (pending.length > 0) throw new Error(`schema ${worker} lacks ${pending.join(', ')}: run npm run migrate first`)
      // Before the first request: a process without its port must not serve.
      const { url, close } = await serveMetrics(metrics, { host: config.METRICS_HOST, port: config.METRICS_PORT })
      onStop('metrics', close)
      const service = await serve(bus, {
        worker,
        instance,
        operations: definition.operations({ bus, postgres, metrics, log }, config, onStop),
        maxInFlight: config.MAX_IN_FLIGHT,
        log,
      })
      onStop('service', () => service.stop(finishInFlightMs))
      log.info({ metrics_url: url }, `${name} ${instance} ready`)
      return { metrics_url: url }
    },
  })
}
