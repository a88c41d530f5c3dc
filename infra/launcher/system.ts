import { join } from 'node:path'
import { spanDirectory } from '#shared/observability/span-files.ts'
import type { InfraConfig } from '../config.ts'
import { migrateAll } from '../migrate.ts'
import type { Say } from '../say.ts'
import { freePort, freePorts } from '../servers/free-port.ts'
import type { Server } from '../servers/server.ts'
import { Applications } from './applications.ts'
import { backstagePlans, gatewayPlans, metricsPortsNeeded, withServerUrls } from './child-plans.ts'
import { DataFolder, type RunningFile, type Secrets } from './data-folder.ts'
import { offerDemoCatalogue } from './demo-catalogue.ts'
import type { StartFlags } from './flags.ts'
import { HandStarted } from './hand-started.ts'
import { metricsAddresses } from './observation.ts'
import { baseUrl, gatewayPorts } from './ports.ts'
import { PrivateServers, type ServerUrls } from './private-servers.ts'
import { type SpanDestination, spanDestination } from './span-destination.ts'
import { SupervisorLog } from './supervisor-log.ts'

export interface SystemOptions {
  readonly flags: StartFlags
  readonly config: InfraConfig
  readonly say: Say
  /** Aborted when the start is to be given up. */
  readonly stopping: AbortSignal
  /** Aborted when stopping must no longer wait for anybody. */
  readonly hurry: AbortSignal
}

export interface System {
  /** As in `running.json`. */
  readonly running: RunningFile
  /** Those that were started here, as opposed to given. */
  readonly servers: readonly Server[]
  readonly logDirectory: string
  /** Whether callers may say themselves who they are. */
  readonly demo: boolean
  /** Applications first, then servers; nothing is left behind. */
  stop(): Promise<void>
}

/** Starts everything and returns when all of it is ready. When something fails, stops what was started and throws. */
export async function startSystem({ flags, config, say, stopping, hurry }: SystemOptions): Promise<System> {
  const folder = await DataFolder.claim(config.dataDirectory)
  const closers: (() => Promise<void> | void)[] = [() => folder.release()]
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close()
  }
  try {
    const ports = await gatewayPorts(flags)
    const gateways = ports.map((port) => baseUrl({ host: flags.host, port }))
    const paymentPort = await freePort()
    const paymentUrl = baseUrl({ host: '127.0.0.1', port: paymentPort })
    const metricsPorts = await freePorts(metricsPortsNeeded(flags))
    let onRestart = (): void => undefined

    const destination = await spanDestination(config.environment)
    const backstageStages = backstagePlans({ flags, paymentPort, metricsPorts })
    const log = new SupervisorLog(folder.logDirectory)
    const handStarted = new HandStarted({
      dataDirectory: config.dataDirectory,
      log,
      say,
      onChange: () => {
        onRestart()
        servers.watchAgain().catch((error: Error) => say(`Prometheus could not be told: ${error.message}`))
      },
    })
    closers.push(() => handStarted.stop())
    const watched = () =>
      metricsAddresses({ backstage: backstageStages.flat(), gateways, startedByHand: handStarted.list })
    const watch = flags.observe ? watched : undefined
    const natsPasswords = folder.natsPasswords()
    const redisPassword = folder.redisPassword()
    const servers = await PrivateServers.start({
      config,
      watch,
      natsPasswords,
      redisPassword,
      log,
      say,
      onRestart: () => onRestart(),
    })
    closers.push(() => servers.stop())
    stopping.throwIfAborted()

    const applied = await migrateAll(servers.urls.database.owner)
    if (applied.length > 0) say(`Migrated the database: ${applied.join(', ')}.`)

    const { nats: natsUrls } = servers.urls
    const environment = childEnvironment({
      config,
      secrets: folder.secrets(),
      urls: servers.urls,
      paymentUrl,
      gateways,
      destination,
    })
    const options = { environment, logDirectory: folder.logDirectory, say, onRestart: () => onRestart() }
    const backstage = new Applications(withServerUrls(backstageStages, servers.urls), options)
    closers.push(() => backstage.stop(hurry))
    await backstage.start(stopping)
    // Before the doors open: whoever sees a gateway ready may buy from the demo event at once.
    await offerDemoCatalogue({ natsUrl: natsUrls.operator, natsCa: config.given.natsCa, say })
    const front = new Applications(withServerUrls(gatewayPlans({ flags, gatewayPorts: ports }), servers.urls), options)
    closers.push(() => front.stop(hurry))
    await front.start(stopping)

    const startedAt = new Date().toISOString()
    const describe = (): RunningFile => ({
      pid: process.pid,
      started_at: startedAt,
      nats_urls: natsUrls,
      redis_url: servers.urls.redis,
      database_urls: servers.urls.database,
      payment_url: paymentUrl,
      auth: environment.AUTH,
      cors_origins: environment.CORS_ORIGINS,
      session_secret: environment.SESSION_SECRET,
      webhook_secret: environment.PAYMENT_WEBHOOK_SECRET,
      organiser_key: environment.ORGANISER_KEY,
      ticket_keys: environment.TICKET_KEYS,
      tracing: destination && {
        otlp_url: destination.url,
        sample_ratio: environment.OTEL_TRACES_SAMPLER_ARG,
      },
      gateways,
      ...(servers.urls.prometheus && { prometheus_url: servers.urls.prometheus }),
      processes: [
        ...servers.list.map(({ name, pid, port }) => ({ name, instance: name, pid, port })),
        ...backstage.processes,
        ...front.processes,
        ...handStarted.list.map(({ name, instance, pid, port, metrics_url }) => ({
          name: name.replace('-', ' '),
          instance,
          pid,
          ...(port !== undefined && { port }),
          ...(metrics_url !== undefined && { metrics_url }),
        })),
      ],
    })
    folder.writeRunning(describe())
    onRestart = () => {
      try {
        folder.writeRunning(describe())
      } catch (error) {
        say(`running.json could not be brought up to date: ${(error as Error).message}`)
      }
    }
    handStarted.watch()
    return {
      running: describe(),
      servers: servers.list,
      logDirectory: folder.logDirectory,
      demo: environment.AUTH === 'demo',
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

interface EnvironmentParts {
  readonly config: InfraConfig
  readonly secrets: Secrets
  readonly urls: ServerUrls
  readonly paymentUrl: string
  /** Base URLs. */
  readonly gateways: readonly string[]
  readonly destination: SpanDestination | null
}

function childEnvironment({ config, secrets, urls, paymentUrl, gateways, destination }: EnvironmentParts) {
  return {
    // What is convenient on a developer's machine, unless the environment says otherwise: anybody may say who they are,
    // every request is traced and can be looked at shortly after, and compiled code is kept, which halves the start-up time.
    AUTH: 'demo',
    // Pages of anybody may make the public reads.
    CORS_ORIGINS: '*',
    OTEL_TRACES_SAMPLER_ARG: '1',
    OTEL_BSP_SCHEDULE_DELAY: '500',
    ...(destination?.url && { OTEL_EXPORTER_OTLP_ENDPOINT: destination.url }),
    ...(destination?.url === null && { SPAN_DIRECTORY: spanDirectory(config.dataDirectory) }),
    NODE_COMPILE_CACHE: join(config.dataDirectory, 'compile-cache'),
    ...secrets,
    ...config.environment,
    DATA_DIR: config.dataDirectory,
    REDIS_URL: urls.redis,
    PAYMENT_URL: paymentUrl,
    PAYMENT_WEBHOOK_URL: `${gateways[0]}/webhooks/sandbox`,
    // Each takes its part of every rate limit while Redis is away.
    GATEWAYS: String(gateways.length),
  }
}
