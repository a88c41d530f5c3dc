import type { InfraConfig } from '../../config.ts'
import { ExplainedError } from '../../explained-error.ts'
import type { Say } from '../../say.ts'
import { type DatabaseUrls, databasePasswords, databaseUrls, sameDatabaseUrl } from '../servers/database-users.ts'
import { installMissing } from '../programs/install.ts'
import { startNats } from '../servers/nats.ts'
import { type NatsPasswords, type NatsUrls, natsUrls, sameNatsUrl } from '../servers/nats-users.ts'
import { startPostgres } from '../servers/postgres.ts'
import type { ProgramName } from '../programs/program.ts'
import { startRedis } from '../servers/redis.ts'
import type { Server, ServerOptions } from '../server.ts'
import { KeptServer } from './kept-server.ts'
import { changeObservation, type MetricsAddresses, startObservation } from './observation.ts'
import type { SupervisorLog } from './supervisor-log.ts'

export interface PrivateServersOptions {
  readonly config: InfraConfig
  /** What a Prometheus should watch now; without it none is started. */
  readonly watch: (() => MetricsAddresses) | undefined
  /** Of a NATS of our own. */
  readonly natsPasswords: NatsPasswords
  readonly redisPassword: string
  readonly log: SupervisorLog
  readonly say: Say
  /** Called when one has come back under another process id. */
  onRestart(): void
}

export interface ServerUrls {
  readonly nats: NatsUrls
  readonly redis: string
  readonly database: DatabaseUrls
  readonly prometheus?: string
}

interface Kind {
  readonly name: keyof ServerUrls
  readonly program: ProgramName
  start(options: ServerOptions): Promise<Server>
}

/** The servers that no environment variable gave us: installed when missing, started at once, kept alive. */
export class PrivateServers {
  readonly #options: PrivateServersOptions
  readonly #kept = new Map<Kind['name'], KeptServer>()

  private constructor(options: PrivateServersOptions) {
    this.#options = options
  }

  /** Returns when all are ready. When one cannot be started, stops the others and throws `ExplainedError`. */
  static async start(options: PrivateServersOptions): Promise<PrivateServers> {
    const kinds = neededKinds(options)
    const programs = kinds.map(({ program }) => program)
    await installMissing(programs, options.say)
    const servers = new PrivateServers(options)
    const starts = await Promise.allSettled(kinds.map((kind) => servers.#start(kind)))
    const failures = starts.filter((start) => start.status === 'rejected').map(({ reason }) => reason)
    if (failures.length === 0) return servers
    await servers.stop()
    throw new ExplainedError(failures.map(String).join('\n\n'), { cause: failures[0] })
  }

  get list(): Server[] {
    return [...this.#kept.values()].map(({ server }) => server)
  }

  /** Where everybody finds them, the given ones included. */
  get urls(): ServerUrls {
    const { config, natsPasswords } = this.#options
    const { given, dataDirectory } = config
    const own = (name: Kind['name']): string => this.#kept.get(name)?.server.url ?? ''
    return {
      nats: given.nats ? sameNatsUrl(given.nats) : natsUrls(own('nats'), natsPasswords),
      redis: given.redis ?? own('redis'),
      database: given.database
        ? sameDatabaseUrl(given.database)
        : databaseUrls(own('database'), databasePasswords(dataDirectory)),
      ...(this.#kept.has('prometheus') && { prometheus: own('prometheus') }),
    }
  }

  /** Lets Prometheus, where one runs, read what there is to watch now. */
  async watchAgain(): Promise<void> {
    const { config, watch } = this.#options
    const prometheus = this.#kept.get('prometheus')?.server
    if (watch !== undefined && prometheus !== undefined) await changeObservation(prometheus, watch(), config)
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#kept.values()].map((server) => server.stop()))
  }

  async #start({ name, start }: Kind): Promise<void> {
    const { config, log, say, onRestart } = this.#options
    const { dataDirectory } = config
    const server = await KeptServer.start({
      start: (port) => start({ dataDirectory, ...(port !== undefined && { port }) }),
      log,
      say,
      onRestart,
    })
    this.#kept.set(name, server)
  }
}

function neededKinds({ config: { given }, natsPasswords, redisPassword, watch }: PrivateServersOptions): Kind[] {
  const kinds: Kind[] = []
  if (!given.nats) {
    kinds.push({
      name: 'nats',
      program: 'nats-server',
      start: (options) => startNats({ ...options, passwords: natsPasswords }),
    })
  }
  if (!given.redis) {
    kinds.push({
      name: 'redis',
      program: 'redis-server',
      start: (options) => startRedis({ ...options, password: redisPassword }),
    })
  }
  if (!given.database) {
    kinds.push({
      name: 'database',
      program: 'postgres',
      start: (options) => startPostgres({ ...options, durable: true }),
    })
  }
  if (watch) {
    kinds.push({
      name: 'prometheus',
      program: 'prometheus',
      start: (options) => startObservation(watch(), options),
    })
  }
  return kinds
}
