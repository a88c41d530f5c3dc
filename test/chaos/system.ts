import { createWriteStream } from 'node:fs'
import { cp, glob, mkdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { projectRoot, readInfraConfig } from '../../infra/config.ts'
import { migrateAll } from '../../infra/migrate.ts'
import { databasePasswords, databaseUrls } from '../../infra/system/servers/database-users.ts'
import { installMissing } from '../../infra/system/programs/install.ts'
import { createTemporaryFolder, removeTemporaryFolder } from '../../infra/system/temporary-folder.ts'
import { databaseEnvironment } from '../support/database-environment.ts'
import { openPostgres } from '../support/open-postgres.ts'
import type { Kind } from '../support/process.ts'
import { type Edge, edges, nameOf } from './edges.ts'
import { Instance } from './instance.ts'
import { counts, instanceNames } from './instance-names.ts'
import { FaultProxy } from './proxy.ts'
import type { ChaosServers } from './servers/chaos-servers.ts'
import { settings } from './settings.ts'
import type { Topology } from './topology.ts'

export interface ChaosSystemOptions {
  readonly topology: Topology
  readonly stopping: AbortSignal
  say(line: string): void
}

/** The whole system. Every way within it that has one address leads through a proxy of ours. */
export class ChaosSystem {
  readonly directory: string
  #servers: ChaosServers | undefined
  readonly #proxies = new Map<string, FaultProxy>()
  readonly #instances = new Map<string, Instance>()
  #postgres: Postgres | undefined
  #stopped: Promise<void> | undefined

  private constructor(directory: string) {
    this.directory = directory
  }

  /** Starts everything, or takes back what it had started. Throws the `stopping` reason when told to stop meanwhile. */
  static async start({ topology, say, stopping }: ChaosSystemOptions): Promise<ChaosSystem> {
    await installMissing(['postgres', 'nats-server', 'redis-server'], say)
    const system = new ChaosSystem(await createTemporaryFolder({ name: 'ticketing-chaos' }))
    try {
      await mkdir(system.logDirectory)
      system.#servers = await topology.startServers(system.directory)
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
    return this.servers.databaseUrl
  }

  get paymentUrl(): string {
    return `http://127.0.0.1:${this.instance('sandbox-1').port}`
  }

  gatewayUrls(): string[] {
    return instanceNames('gateway').map((name) => `http://127.0.0.1:${this.instance(name).port}`)
  }

  get servers(): ChaosServers {
    if (this.#servers === undefined) throw new Error('the servers have not started')
    return this.#servers
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
    for await (const logs of glob(join(this.directory, '*', 'logs'))) {
      await cp(logs, join(folder, basename(dirname(logs))), { recursive: true })
    }
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
    await this.#servers?.stop()
    await removeTemporaryFolder(this.directory)
  }

  async #startProxies(): Promise<void> {
    for (const edge of edges) {
      if (!this.#isProxied(edge)) continue
      this.#proxies.set(
        nameOf(edge),
        await FaultProxy.start({ targetPort: () => this.#portOf(edge.server), replies: edge.replies }),
      )
    }
  }

  #isProxied({ server }: Edge): boolean {
    return server === 'sandbox' || server === 'gateway' || this.servers.proxied.includes(server)
  }

  #portOf(server: Edge['server']): number {
    switch (server) {
      case 'sandbox':
      case 'gateway':
        return this.instance(`${server}-1`).port
      default:
        return this.servers.portOf(server)
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
      ...this.servers.urlsFor(kind, port),
      ...databaseEnvironment(kind, databaseUrls(database.href, databasePasswords(this.directory))),
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
