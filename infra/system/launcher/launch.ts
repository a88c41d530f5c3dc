import { join } from 'node:path'
import { spanDirectory } from '#shared/observability/span-files.ts'
import type { InfraConfig } from '../../config.ts'
import type { Say } from '../../say.ts'
import { type Application, instanceNames, type Kind } from '../application.ts'
import { installMissing } from '../programs/install.ts'
import type { ProgramName } from '../programs/programs.ts'
import { sameDatabaseUrl } from '../servers/database-users.ts'
import { sameNatsUrl } from '../servers/nats-users.ts'
import { type System, startSystem, unlessAborted } from '../start-system.ts'
import type { GivenServers } from '../system-servers.ts'
import {
  claimDataFolder,
  natsPasswordsIn,
  type RunningFile,
  type RunningProcess,
  redisPasswordIn,
  type Secrets,
  secretsIn,
} from './data-folder.ts'
import { offerDemoCatalogue } from './demo-catalogue.ts'
import { explainFailure } from './explain-failure.ts'
import type { StartFlags } from './flags.ts'
import { watchHandStarted } from './hand-started.ts'
import { configurationFor, metricsAddresses, startObservation } from './observation.ts'
import { baseUrl, gatewayPorts } from './ports.ts'
import { type SpanDestination, spanDestination } from './span-destination.ts'

export interface LaunchOptions {
  readonly flags: StartFlags
  readonly config: InfraConfig
  readonly say: Say
  /** Aborted when the start is to be given up. */
  readonly stopping: AbortSignal
  /** Aborted when stopping must no longer wait for anybody. */
  readonly hurry: AbortSignal
}

/** What `npm start` has brought up. */
export interface Launched {
  /** As in `running.json`. */
  readonly running: RunningFile
  readonly logDirectory: string
  /** Whether callers may say themselves who they are. */
  readonly demo: boolean
  /** Applications first, then servers; nothing is left behind. */
  stop(): Promise<void>
}

/** Clients stop before their servers. */
const stopOrder: readonly (readonly Kind[])[] = [['gateway'], ['audit'], ['event', 'booking', 'purchase'], ['sandbox']]

/** Starts everything on the data folder and returns when all of it is ready. When something fails, stops what was started and throws. */
export async function launch({ flags, config, say, stopping, hurry }: LaunchOptions): Promise<Launched> {
  const { dataDirectory } = config
  const folder = await claimDataFolder(dataDirectory).catch((error) => {
    throw explainFailure(error, dataDirectory)
  })
  const closers = new AsyncDisposableStack()
  closers.defer(() => folder.release())
  try {
    const ports = await gatewayPorts(flags)
    const gateways = ports.map((port) => baseUrl({ host: flags.host, port }))
    await installMissing(neededPrograms(config, flags), say)

    let onChange = (): void => undefined
    const supervise = { say, onRestart: () => onChange() }
    const destination = await spanDestination(config.environment)
    const environment = childEnvironment({ config, secrets: secretsIn(dataDirectory), gateways, destination })

    const { workers } = flags
    const system = await startSystem({
      servers: 'single',
      directory: dataDirectory,
      counts: { event: workers, booking: workers, purchase: workers, audit: 1, gateway: 0 },
      environment,
      env: { PAYMENT_WEBHOOK_URL: `${gateways[0]}/webhooks/sandbox` },
      given: givenServers(config),
      natsPasswords: natsPasswordsIn(dataDirectory),
      redisPassword: redisPasswordIn(dataDirectory),
      supervise,
      echo: say,
      onMigrated: (names) => {
        if (names.length > 0) say(`Migrated the database: ${names.join(', ')}.`)
      },
      stopping,
      hurry,
    })
    closers.defer(() => stopInOrder(system, hurry))
    // Before the doors open: a ready gateway sells the demo event at once.
    await offerDemoCatalogue({ natsUrl: system.natsUrls.operator, natsCa: config.given.natsCa, say })
    const names = instanceNames(flags.instance, flags.gateways)
    const starts = names.map((instance, index) =>
      system.start('gateway', {}, { instance, port: ports[index], host: flags.host }),
    )
    await unlessAborted(Promise.all(starts), stopping)

    const handStarted = watchHandStarted({ dataDirectory, say, onChange: () => onHandsChange() })
    closers.defer(() => handStarted.stop())
    const watched = () =>
      metricsAddresses({ processes: system.processes(), gateways, startedByHand: handStarted.list() })
    const prometheus = flags.observe
      ? await startObservation(watched(), { dataDirectory, supervisor: supervise })
      : undefined
    if (prometheus) closers.defer(async () => void (await prometheus.stop()))
    const onHandsChange = (): void => {
      onChange()
      if (prometheus === undefined) return
      configurationFor(watched())
        .then(prometheus.reconfigure)
        .catch((error: Error) => say(`Prometheus could not be reconfigured: ${error.message}`))
    }

    const startedAt = new Date().toISOString()
    const servers = [...system.servers.list, ...(prometheus ? [prometheus] : [])]
    const describe = (): RunningFile => ({
      pid: process.pid,
      started_at: startedAt,
      nats_urls: system.natsUrls,
      redis_url: system.servers.redisUrl('gateway'),
      database_urls: system.servers.database.urls,
      payment_url: system.paymentUrl,
      auth: environment.AUTH,
      cors_origins: environment.CORS_ORIGINS,
      session_secret: environment.SESSION_SECRET,
      waiting_room_secret: environment.WAITING_ROOM_SECRET,
      webhook_secret: environment.PAYMENT_WEBHOOK_SECRET,
      organiser_key: environment.ORGANISER_KEY,
      door_key: environment.DOOR_KEY,
      ticket_keys: environment.TICKET_KEYS,
      tracing: destination && {
        otlp_url: destination.url,
        sample_ratio: environment.OTEL_TRACES_SAMPLER_ARG,
      },
      gateways,
      ...(prometheus && { prometheus_url: prometheus.url }),
      processes: [
        ...servers.map(({ name, pid, port, version }) => ({ name, instance: name, pid, port, version })),
        ...stopOrder.toReversed().flatMap((those) => those.flatMap((kind) => system.processes(kind).map(described))),
        ...handStarted.list().map(({ name, instance, pid, port, metrics_url }) => ({
          name: name.replace('-', ' '),
          instance,
          pid,
          ...(port !== undefined && { port }),
          ...(metrics_url !== undefined && { metrics_url }),
        })),
      ],
    })
    folder.writeRunning(describe())
    onChange = () => {
      try {
        folder.writeRunning(describe())
      } catch (error) {
        say(`running.json could not be brought up to date: ${(error as Error).message}`)
      }
    }
    return {
      running: describe(),
      logDirectory: folder.logDirectory,
      demo: environment.AUTH === 'demo',
      stop: () => closers.disposeAsync(),
    }
  } catch (error) {
    await closers.disposeAsync()
    throw explainFailure(error, dataDirectory)
  }
}

async function stopInOrder(system: System, hurry: AbortSignal): Promise<void> {
  for (const those of stopOrder) {
    await Promise.all(those.flatMap((kind) => system.processes(kind)).map((process) => process.stop(hurry)))
  }
  await system.stop()
}

function described({ kind, name, pid, port, metricsUrl, commandLine }: Application): RunningProcess {
  return {
    name: kind.title,
    instance: name,
    pid,
    ...(kind.listens ? { port } : { metrics_url: metricsUrl }),
    command_line: commandLine,
  }
}

function neededPrograms({ given }: InfraConfig, { observe }: StartFlags): ProgramName[] {
  const programs: ProgramName[] = []
  if (!given.nats) programs.push('nats-server')
  if (!given.redis) programs.push('redis-server')
  if (!given.database) programs.push('postgres')
  if (observe) programs.push('prometheus')
  return programs
}

function givenServers({ given }: InfraConfig): GivenServers {
  return {
    ...(given.nats && { nats: sameNatsUrl(given.nats) }),
    ...(given.redis && { redis: given.redis }),
    ...(given.database && { database: { url: given.database, urls: sameDatabaseUrl(given.database) } }),
  }
}

interface EnvironmentParts {
  readonly config: InfraConfig
  readonly secrets: Secrets
  /** Base URLs. */
  readonly gateways: readonly string[]
  readonly destination: SpanDestination | null
}

function childEnvironment({ config, secrets, gateways, destination }: EnvironmentParts) {
  return {
    // Convenient on a developer's machine, unless the environment says otherwise: callers name themselves, every request is
    // traced and can be looked at shortly after, and compiled code is kept, which halves the start-up time.
    AUTH: 'demo',
    // Pages of any origin may make the public reads.
    CORS_ORIGINS: '*',
    OTEL_TRACES_SAMPLER_ARG: '1',
    OTEL_BSP_SCHEDULE_DELAY: '500',
    ...(destination?.url && { OTEL_EXPORTER_OTLP_ENDPOINT: destination.url }),
    ...(destination?.url === null && { SPAN_DIRECTORY: spanDirectory(config.dataDirectory) }),
    NODE_COMPILE_CACHE: join(config.dataDirectory, 'compile-cache'),
    ...secrets,
    ...config.environment,
    DATA_DIR: config.dataDirectory,
    // Each takes its part of every rate limit while Redis is away.
    GATEWAYS: String(gateways.length),
  }
}
