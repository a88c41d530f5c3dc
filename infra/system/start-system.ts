import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { migrateAll } from '../ops/migrate.ts'
import type { Say } from '../say.ts'
import { Application, type ApplicationPlan, type Kind, kinds } from './application.ts'
import { freePort } from './free-port.ts'
import { Link, type LinkPlan, nameOf } from './links.ts'
import type { NatsPasswords, NatsUrls } from './servers/nats-users.ts'
import type { Supervisor } from './supervisor.ts'
import { type GivenServers, type SystemServers, startClusters, startSingleServers, withPort } from './system-servers.ts'
import { createTemporaryFolder, removeTemporaryFolder, type TemporaryFolderOptions } from './temporary-folder.ts'

export interface SystemOptions {
  readonly servers: 'single' | 'clusters'
  /** How many of each kind; 0 leaves it out. Default: one of each, but no auditor. */
  readonly counts?: Partial<Record<Kind, number>>
  /** Environment variables of all processes; the URLs by which they find each other win over them. */
  readonly environment?: NodeJS.ProcessEnv
  /** The same, but they win over everything, URLs included. */
  readonly env?: NodeJS.ProcessEnv
  /** Connections that lead through a proxy of ours. Those to clusters cannot, but for PostgreSQL: clients know all nodes. */
  readonly links?: readonly LinkPlan[]
  /** Whether processes and servers that end by themselves, or are killed, are started again. */
  readonly supervise?: Supervisor | undefined
  readonly given?: GivenServers
  /** Whether PostgreSQL syncs its commits, which it must where it is killed. Default: it does. */
  readonly durable?: boolean
  readonly natsPasswords?: NatsPasswords
  readonly redisPassword?: string
  /** For the data of servers and `logs/`; it stays. By default a temporary folder, which is removed in the end. */
  readonly directory?: string
  readonly temporary?: TemporaryFolderOptions
  /** Where warnings and errors of processes are repeated. */
  readonly echo?: Say
  /** Called with the migrations that ran; without it a given database counts as migrated. */
  onMigrated?(names: readonly string[]): void
  /** Aborted when the start is to be given up. */
  readonly stopping?: AbortSignal | undefined
  /** Aborted when stopping must no longer wait for anybody. */
  readonly hurry?: AbortSignal | undefined
}

/** Where a process is, beside what `SystemOptions` say. */
export type Place = Partial<Pick<ApplicationPlan, 'instance' | 'port' | 'host'>>

/** Everything that runs, with a handle to each part. */
export interface System {
  readonly directory: string
  readonly logDirectory: string
  readonly servers: SystemServers
  readonly natsUrls: NatsUrls
  /** Of the superuser, past the links. */
  readonly databaseUrl: string
  /** Base URL of the first gateway; '' where none was asked for. */
  readonly url: string
  /** Base URL of the first payment sandbox, past the links. */
  readonly paymentUrl: string
  /** Of one kind, or all of them, in the order of their names. */
  processes(kind?: Kind): Application[]
  /** Throws when there is none of that name. */
  process(instance: string): Application
  readonly links: ReadonlyMap<string, Link>
  /** Throws when no link was asked for there. */
  link(name: string): Link
  /** Environment variables of a process of that kind. */
  environment(kind: Kind): NodeJS.ProcessEnv
  /** Starts one more process. */
  start(kind: Kind, env?: NodeJS.ProcessEnv, place?: Place): Promise<Application>
  /** Process ids by name, servers included. */
  pids(): Map<string, number>
  /** Ends the processes at once, then links, servers and the temporary folder. May be called again. */
  stop(): Promise<void>
}

const defaultCounts: Readonly<Record<Kind, number>> = {
  sandbox: 1,
  event: 1,
  booking: 1,
  purchase: 1,
  audit: 0,
  gateway: 1,
}

/** Port 9 discards: nobody answers there. */
const nobody = 'http://127.0.0.1:9'

/** Starts everything and returns when all of it is ready. When something fails, or `stopping` is aborted, nothing is left and it throws. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { stopping = new AbortController().signal, hurry, given, durable = true, environment = {}, env = {} } = options
  stopping.throwIfAborted()
  const directory = options.directory ?? (await createTemporaryFolder(options.temporary ?? { name: 'ticketing' }))
  const logDirectory = join(directory, 'logs')
  const { supervise: supervisor } = options
  const counts = { ...defaultCounts, ...options.counts }
  // Stops what has been started where the start fails.
  await using starting = new AsyncDisposableStack()
  if (options.directory === undefined) starting.defer(() => removeTemporaryFolder(directory))
  await mkdir(logDirectory, { recursive: true })
  const startServers = options.servers === 'single' ? startSingleServers : startClusters
  const servers = await startServers({ ...options, given, durable, dataDirectory: directory, supervisor })
  starting.defer(() => servers.stop())
  stopping.throwIfAborted()
  if (options.onMigrated || !given?.database) {
    const applied = await migrateAll(servers.database.urls.owner)
    options.onMigrated?.(applied)
  }

  const running: Application[] = []
  const begun = new Map<Kind, number>()
  const links = new Map<string, Link>()
  // Known before anything listens there, so that all can start at once.
  const ports = { sandbox: await portFor(counts.sandbox), gateway: await portFor(counts.gateway) }
  const targetPort = (server: LinkPlan['server']): number | undefined =>
    server === 'sandbox' || server === 'gateway' ? ports[server] : servers.portOf(server)
  for (const plan of options.links ?? []) {
    if (targetPort(plan.server) === undefined) continue
    const link = await Link.start({ targetPort: () => targetPort(plan.server) ?? 9, replies: plan.replies })
    starting.defer(() => link.close())
    links.set(nameOf(plan), link)
  }
  /** The URL by which a process of that kind finds a server. */
  const way = (client: Kind, server: LinkPlan['server'], url: string): string => {
    const link = links.get(nameOf({ client, server }))
    return link === undefined ? url : withPort(url, link.port)
  }
  const urlOf = (kind: 'sandbox' | 'gateway'): string => (ports[kind] ? `http://127.0.0.1:${ports[kind]}` : '')
  const environmentOf = (kind: Kind): NodeJS.ProcessEnv => {
    const { natsUser, databaseUser }: ApplicationPlan['kind'] = kinds[kind]
    const webhooks = urlOf('gateway')
    return {
      ...environment,
      ...(natsUser && { NATS_URL: way(kind, 'nats', servers.natsUrls[natsUser]) }),
      ...(databaseUser && { DATABASE_URL: way(kind, 'postgres', servers.database.urls[databaseUser]) }),
      REDIS_URL: way(kind, 'redis', servers.redisUrl(kind)),
      PAYMENT_URL: way(kind, 'sandbox', urlOf('sandbox') || nobody),
      ...(webhooks !== '' && { PAYMENT_WEBHOOK_URL: `${way(kind, 'gateway', webhooks)}/webhooks/sandbox` }),
      // No running system of a developer may leak into this one.
      DATA_DIR: directory,
      ...env,
    }
  }
  const start: System['start'] = async (kind, more = {}, place = {}) => {
    // Counted before they run: those of a kind start side by side, and each needs another name.
    const number = (begun.get(kind) ?? 0) + 1
    begun.set(kind, number)
    const isFirst = number === 1 && (kind === 'sandbox' || kind === 'gateway')
    const process = new Application({
      kind: kinds[kind],
      instance: `${kinds[kind].instance}-${number}`,
      port: isFirst ? ports[kind] : undefined,
      ...place,
      environment: { ...environmentOf(kind), ...more },
      logDirectory,
      echo: options.echo,
      supervisor,
    })
    // Before it is ready: it may have to be stopped while it starts.
    running.push(process)
    try {
      await process.start()
      return process
    } catch (error) {
      running.splice(running.indexOf(process), 1)
      throw error
    }
  }
  starting.defer(async () => {
    await Promise.all(running.map((process) => process.stop(hurry)))
  })
  const wanted = (Object.keys(kinds) as Kind[]).flatMap((kind) => Array<Kind>(counts[kind]).fill(kind))
  await unlessAborted(Promise.all(wanted.map((kind) => start(kind))), stopping)
  stopping.throwIfAborted()

  const closers = starting.move()
  let stopped: Promise<void> | undefined
  return {
    directory,
    logDirectory,
    servers,
    natsUrls: servers.natsUrls,
    databaseUrl: servers.database.url,
    url: urlOf('gateway'),
    paymentUrl: urlOf('sandbox') || nobody,
    processes: (kind) =>
      running.filter((process) => kind === undefined || process.kind === kinds[kind]).toSorted(byName),
    process: (instance) =>
      found(
        running.find(({ name }) => name === instance),
        instance,
      ),
    links,
    link: (name) => found(links.get(name), name),
    environment: environmentOf,
    start,
    pids: () => new Map([...running, ...servers.list].map(({ name, pid }) => [name, pid])),
    stop() {
      stopped ??= closers.disposeAsync()
      return stopped
    },
  }
}

function portFor(count: number): Promise<number | undefined> {
  return count > 0 ? freePort() : Promise.resolve(undefined)
}

/** Throws the reason as soon as `stopping` is aborted, whatever `work` does then. */
export async function unlessAborted<Result>(work: Promise<Result>, stopping: AbortSignal): Promise<Result> {
  const done = new AbortController()
  const aborted = once(stopping, 'abort', { signal: done.signal }).then(() => {
    throw stopping.reason
  })
  aborted.catch(() => undefined)
  try {
    return await Promise.race([work, aborted as Promise<never>])
  } finally {
    done.abort()
  }
}

function byName(one: Application, other: Application): number {
  return one.name.localeCompare(other.name, 'en', { numeric: true })
}

function found<Part>(part: Part | undefined, name: string): Part {
  if (part === undefined) throw new Error(`the system has no ${name}`)
  return part
}
