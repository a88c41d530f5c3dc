import type Logger from 'bunyan'
import { Bus } from '#shared/messaging/bus.ts'
import { MessagingMetrics } from '#shared/messaging/messaging-metrics.ts'
import { Retries } from '#shared/messaging/retries.ts'
import { copyLog, createLogger } from '#shared/observability/log.ts'
import { LogWriter } from '#shared/observability/log-writer.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { addRuntimeMetrics } from '#shared/observability/runtime-metrics.ts'
import { startTracing } from '#shared/observability/start-tracing.ts'
import { type ConfigOf, ConfigurationError, type commonSettings, HelpRequest, type natsSettings } from './config.ts'
import { NameTakenError, Registration } from './started-by-hand.ts'

/** Closes a part of a process, within its own deadline. */
export type Close = () => Promise<unknown> | unknown

/** Registers how to close an opened part. A process closes its parts in reverse order. */
export type OnStop = (name: string, close: Close) => void

export interface Process<Config extends ConfigOf<typeof commonSettings>> {
  /** `gateway` or `event-worker`: the name in its log lines. */
  readonly name: string
  /** The environment of the process; names the data folder in which it finds a running system. */
  readonly env: NodeJS.ProcessEnv
  readConfig(): Config
  /** Opens all parts. Its result goes to the launcher: the process is ready on these ports. */
  start(config: Config, log: Logger, onStop: OnStop): Promise<Record<string, unknown>>
}

interface PartOptions {
  readonly name: string
  readonly log: Logger
  readonly onStop: OnStop
}

/** Starts sampling and the export of spans. */
export async function openTracing(
  config: ConfigOf<typeof commonSettings>,
  { name, log, onStop }: PartOptions,
): Promise<void> {
  const stop = await startTracing({
    disabled: config.OTEL_SDK_DISABLED,
    serviceName: name,
    instance: config.INSTANCE,
    sampleRatio: config.OTEL_TRACES_SAMPLER_ARG,
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    directory: config.SPAN_DIRECTORY,
    log,
  })
  onStop('tracing', stop)
}

/** Opens, in this order: tracing, metrics, NATS. `retries`: calls are retried, only in the outermost process. */
export async function openParts(
  config: ConfigOf<typeof commonSettings & typeof natsSettings>,
  { retries, ...options }: PartOptions & { retries: boolean },
): Promise<{ metrics: Metrics; bus: Bus }> {
  const { INSTANCE: instance } = config
  const { name, log, onStop } = options
  log.info(`${name} ${instance} starting`)
  await openTracing(config, options)
  const metrics = new Metrics(instance)
  addRuntimeMetrics(metrics)
  const messagingMetrics = new MessagingMetrics(metrics)
  const bus = await Bus.connect({
    url: config.NATS_URL,
    name: instance,
    timeoutMs: 5_000,
    caFile: config.NATS_CA,
    metrics: messagingMetrics,
    ...(retries && { retries: new Retries(messagingMetrics) }),
    log,
  })
  onStop('nats', () => bus.close())
  return { metrics, bus }
}

/** Time from the signal to `process.exit`, if a part does not close. */
const lastResortMs = 20_000
/** Time from the last closed part to `process.exit`. */
const lingerMs = 300

/**
 * Runs one process from startup to shutdown. On SIGTERM, SIGINT or the end of the launcher it closes all parts in reverse order, and then
 * has nothing left to run. `process.exit`, which drops spans and log lines in flight, is the last resort.
 */
export async function runProcess<Config extends ConfigOf<typeof commonSettings>>(
  definition: Process<Config>,
): Promise<void> {
  let config: Config
  let registration: Registration | null
  try {
    config = definition.readConfig()
    registration = Registration.claim({ name: definition.name, instance: config.INSTANCE }, definition.env)
  } catch (error) {
    if (error instanceof HelpRequest) process.stdout.write(`${error.message}\n`)
    else if (error instanceof ConfigurationError || error instanceof NameTakenError) {
      process.stderr.write(`${error.message}\n`)
      process.exitCode = 2
    } else throw error
    disconnectFromLauncher()
    return
  }
  // A killed launcher leaves a broken pipe; writing to it must not prevent the shutdown.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined)
  const { INSTANCE: instance, LOG_LEVEL: level } = config
  const log = createLogger({ name: definition.name, instance, level, settings: config })
  if (registration !== null) {
    const file = new LogWriter(registration.logFile)
    copyLog((lines) => file.write(Buffer.from(lines)))
  }
  // Node's own listener prints warnings as plain text.
  process.removeAllListeners('warning').on('warning', (warning) => log.warn({ err: warning }, 'Node warned'))
  const closers: { name: string; close: Close }[] = []
  let stopping = false

  const stop = async (reason: string): Promise<void> => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), lastResortMs).unref()
    log.info({ reason }, 'stopping')
    for (const { name, close } of closers.toReversed()) {
      try {
        await close()
      } catch (error) {
        log.warn({ err: error, part: name }, 'a part could not be closed cleanly')
      }
    }
    log.info('stopped')
    registration?.remove()
    disconnectFromLauncher()
    // Everything is closed and flushed; only an exporter that retries a missing collector may still run.
    setTimeout(() => process.exit(), lingerMs).unref()
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal))
  process.once('disconnect', () => void stop('launcher ended'))
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error) => {
      log.fatal({ err: error }, event)
      process.exitCode = 1
      void stop(event)
    })
  }

  try {
    const ready = await definition.start(config, log, (name, close) => closers.push({ name, close }))
    registration?.ready(ready)
    process.send?.({ ready: true, ...ready })
  } catch (error) {
    log.fatal({ err: error }, 'could not start')
    process.exitCode = 1
    await stop('could not start')
  }
}

function disconnectFromLauncher(): void {
  if (process.connected) process.disconnect()
}
