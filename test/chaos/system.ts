import { createWriteStream } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database, Postgres } from '#shared/postgres.ts'
import { projectRoot, readInfraConfig } from '../../infra/config.ts'
import { migrateAll } from '../../infra/migrate.ts'
import { installMissing } from '../../infra/servers/install.ts'
import { startNats } from '../../infra/servers/nats.ts'
import { type NatsUrls, natsUrls, newNatsPasswords } from '../../infra/servers/nats-users.ts'
import { startPostgres } from '../../infra/servers/postgres.ts'
import { startRedis } from '../../infra/servers/redis.ts'
import type { ServerOptions } from '../../infra/servers/server.ts'
import { createTemporaryFolder, removeTemporaryFolder } from '../../infra/servers/temporary-folder.ts'
import { natsEnvironment } from '../support/nats-environment.ts'
import { openPostgres } from '../support/open-postgres.ts'
import type { Kind } from '../support/process.ts'
import { type Edge, edges, nameOf } from './edges.ts'
import { Instance } from './instance.ts'
import { counts, instanceNames } from './instance-names.ts'
import { FaultProxy } from './proxy.ts'
import { RestartableServer } from './restartable-server.ts'
import { settings } from './settings.ts'

/** The whole system, every way within it leading through a proxy of ours. */
export class ChaosSystem {
  readonly directory: string
  readonly #servers = new Map<string, RestartableServer>()
  readonly #proxies = new Map<string, FaultProxy>()
  readonly #instances = new Map<string, Instance>()
  readonly #natsPasswords = newNatsPasswords()
  #postgres: Postgres | undefined
  #stopped: Promise<void> | undefined

  private constructor(directory: string) {
    this.directory = directory
  }

  /** Starts everything, or takes back what it had started. Throws the `stopping` reason when told to stop meanwhile. */
  static async start(say: (line: string) => void, stopping: AbortSignal): Promise<ChaosSystem> {
    await installMissing(['postgres', 'nats-server', 'redis-server'], say)
    const system = new ChaosSystem(await createTemporaryFolder({ name: 'ticketing-chaos' }))
    try {
      await mkdir(system.logDirectory)
      await system.#startServers()
      stopping.throwIfAborted()
      await migrateAll(system.databaseUrl)
      await system.#startProxies()
      for (const kind of Object.keys(counts) as Kind[]) system.#startInstances(kind)
      await Promise.all([...system.#instances.values()].map((instance) => instance.ready()))
      stopping.throwIfAborted()
      return system
    } catch (error) {
      await system.stop()
      throw error
    }
  }

  get logDirectory(): string {
    return join(this.directory, 'logs')
  }

  /** Past the proxies. */
  get databaseUrl(): string {
    return this.server('postgres').url
  }

  /** Past the proxies. */
  get natsUrls(): NatsUrls {
    return natsUrls(this.server('nats').url, this.#natsPasswords)
  }

  get paymentUrl(): string {
    return `http://127.0.0.1:${this.instance('sandbox-1').port}`
  }

  gatewayUrls(): string[] {
    return instanceNames('gateway').map((name) => `http://127.0.0.1:${this.instance(name).port}`)
  }

  server(name: string): RestartableServer {
    return found(this.#servers, name)
  }

  proxy(name: string): FaultProxy {
    return found(this.#proxies, name)
  }

  instance(name: string): Instance {
    return found(this.#instances, name)
  }

  /** Names of processes that ended although nobody had killed them, once for each time. */
  crashed(): string[] {
    return [...this.#instances.values()].flatMap(({ name, crashes }) => Array.from({ length: crashes }, () => name))
  }

  /** Sessions of our own, past the proxies. */
  get db(): Database {
    this.#postgres ??= openPostgres(this.databaseUrl, { maxConnections: 3 })
    return this.#postgres
  }

  /** Every edge passes everything and every process runs. */
  async heal(): Promise<void> {
    for (const proxy of this.#proxies.values()) proxy.pass()
    await Promise.all([...this.#instances.values()].map((instance) => instance.ready()))
  }

  /** Puts the logs where they outlive the run. */
  async keepLogs(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true })
    await cp(this.logDirectory, folder, { recursive: true })
  }

  /** Ends everything and removes its folder; may be called again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll()
    return this.#stopped
  }

  async #stopAll(): Promise<void> {
    await Promise.all([...this.#instances.values()].map((instance) => instance.end()))
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()))
    await this.#postgres?.close()
    await Promise.all([...this.#servers.values()].map((server) => server.stop()))
    await removeTemporaryFolder(this.directory)
  }

  async #startServers(): Promise<void> {
    const plans = {
      nats: (options: ServerOptions) => startNats({ ...options, passwords: this.#natsPasswords }),
      redis: startRedis,
      postgres: (options: ServerOptions) => startPostgres({ ...options, durable: true }),
    }
    const started = Object.entries(plans).map(async ([name, start]) => {
      const ownDirectory = join(this.directory, name)
      this.#servers.set(name, await RestartableServer.start({ dataDirectory: this.directory, ownDirectory, start }))
    })
    // All of them are known before anything is thrown: those that did start must be stopped.
    for (const outcome of await Promise.allSettled(started)) if (outcome.status === 'rejected') throw outcome.reason
  }

  async #startProxies(): Promise<void> {
    for (const edge of edges) {
      this.#proxies.set(
        nameOf(edge),
        await FaultProxy.start({ targetPort: () => this.#portOf(edge.server), replies: edge.replies }),
      )
    }
  }

  #portOf(server: Edge['server']): number {
    switch (server) {
      case 'sandbox':
      case 'gateway':
        return this.instance(`${server}-1`).port
      default:
        return this.server(server).port
    }
  }

  #startInstances(kind: Kind): void {
    for (const name of instanceNames(kind)) {
      const log = createWriteStream(join(this.logDirectory, `${name}.log`))
      const env = { ...readInfraConfig().environment, ...settings, ...this.#ways(kind) }
      this.#instances.set(name, new Instance({ kind, name, env, onOutput: (text) => log.write(text) }))
    }
  }

  /** Where a process finds the others: at our proxies, where there is an edge; for those without one, nobody answers. */
  #ways(kind: Kind): Record<string, string> {
    const port = (server: Edge['server']): number => this.#proxies.get(`${kind} → ${server}`)?.port ?? 9
    const database = new URL(this.databaseUrl)
    database.port = String(port('postgres'))
    return {
      ...natsEnvironment(kind, natsUrls(`nats://127.0.0.1:${port('nats')}`, this.#natsPasswords)),
      REDIS_URL: `redis://127.0.0.1:${port('redis')}`,
      DATABASE_URL: database.href,
      PAYMENT_URL: `http://127.0.0.1:${port('sandbox')}`,
      PAYMENT_WEBHOOK_URL: `http://127.0.0.1:${port('gateway')}/webhooks/sandbox`,
      DATA_DIR: join(this.directory, 'absent'),
      NODE_COMPILE_CACHE: join(projectRoot, 'node_modules', '.cache', 'compile'),
    }
  }
}

function found<Part>(parts: ReadonlyMap<string, Part>, name: string): Part {
  const part = parts.get(name)
  if (part === undefined) throw new Error(`the system has no ${name}`)
  return part
}
