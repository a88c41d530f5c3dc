import type { Kind } from './application.ts'
import { type NatsCluster, startNatsCluster } from './clusters/nats-cluster.ts'
import { PostgresPair } from './clusters/postgres-standby.ts'
import { type RedisCluster, startRedisCluster } from './clusters/redis-cluster.ts'
import { type RedisSentinel, startRedisSentinel } from './clusters/redis-sentinel.ts'
import { Link } from './links.ts'
import { type Server, type ServerOptions, startAll, stopAll } from './server.ts'
import { type DatabaseUrls, databasePasswords, databaseUrls } from './servers/database-users.ts'
import { startNats } from './servers/nats.ts'
import { type NatsPasswords, type NatsUrls, natsUrls, newNatsPasswords } from './servers/nats-users.ts'
import { startPostgres } from './servers/postgres.ts'
import { startRedis } from './servers/redis.ts'

export type ServerName = 'nats' | 'redis' | 'postgres'

/** A database that is there already. */
export interface GivenDatabase {
  /** Of the superuser, where it is known, else of the owner. */
  readonly url: string
  readonly urls: DatabaseUrls
}

/** Servers that run already: none of our own is started in their place. */
export interface GivenServers {
  readonly nats?: NatsUrls
  readonly redis?: string
  readonly database?: GivenDatabase
}

/** Servers whose nodes can die. Redis Cluster is for the booking workers, the Sentinels are for the gateways. */
export interface Clusters {
  readonly nats: NatsCluster
  readonly redisCluster: RedisCluster
  readonly sentinels: RedisSentinel
  /** `undefined` where the database was given. */
  readonly postgres: PostgresPair | undefined
}

/** The servers of a system, whatever they consist of. */
export interface SystemServers {
  readonly natsUrls: NatsUrls
  readonly database: GivenDatabase
  redisUrl(kind: Kind): string
  /** What was started here. */
  readonly list: readonly Server[]
  readonly clusters: Clusters | undefined
  /** One of those that were started here, where it is one. Throws for others. */
  server(name: ServerName): Server
  /** Of the servers that clients know by one address; links may lead there. */
  portOf(name: ServerName): number | undefined
  stop(): Promise<void>
}

export interface SystemServersOptions extends Omit<ServerOptions, 'port'> {
  readonly given?: GivenServers | undefined
  /** Whether PostgreSQL syncs its commits. */
  readonly durable: boolean
  /** By default new ones. */
  readonly natsPasswords?: NatsPasswords | undefined
  /** Without it Redis needs none, as in tests. */
  readonly redisPassword?: string | undefined
}

/** One server of each kind that is not given. When one cannot be started, none is left, and it throws what each had to say. */
export async function startSingleServers({
  given = {},
  durable,
  natsPasswords = newNatsPasswords(),
  redisPassword,
  ...options
}: SystemServersOptions): Promise<SystemServers> {
  const [nats, redis, postgres] = await startAll([
    given.nats ? undefined : startNats({ ...options, passwords: natsPasswords }),
    given.redis ? undefined : startRedis({ ...options, ...(redisPassword && { password: redisPassword }) }),
    given.database ? undefined : startPostgres({ ...options, durable }),
  ])
  const own: Readonly<Record<ServerName, Server | undefined>> = { nats, redis, postgres }
  const server = (name: ServerName): Server => {
    const found = own[name]
    if (found === undefined) throw new Error(`there is no ${name} of our own`)
    return found
  }
  const redisUrl = given.redis ?? server('redis').url
  const list = Object.values(own).filter((found) => found !== undefined)
  return {
    natsUrls: given.nats ?? natsUrls(server('nats').url, natsPasswords),
    database: given.database ?? ownDatabase(server('postgres').url, options.dataDirectory),
    redisUrl: () => redisUrl,
    list,
    clusters: undefined,
    server,
    portOf: (name) => own[name]?.port,
    stop: () => stopAll(list),
  }
}

/** Three NATS servers, a Redis Cluster, a Redis with Sentinels, and a PostgreSQL with a synchronous standby unless one is given. */
export async function startClusters({
  given = {},
  durable,
  dataDirectory,
}: SystemServersOptions): Promise<SystemServers> {
  const parts = await startAll([
    startNatsCluster({ dataDirectory, passwords: newNatsPasswords() }),
    startRedisCluster({ dataDirectory }),
    startRedisSentinel({ dataDirectory }),
    given.database ? undefined : PostgresPair.start({ dataDirectory, durable }),
  ])
  const [nats, redisCluster, sentinels, postgres] = parts
  // Its address changes with each promotion: as a platform would, this leads to whichever is the primary.
  const primary = postgres && (await Link.start({ targetPort: () => postgres.primary.port, replies: 'to client' }))
  const database =
    postgres && primary ? ownDatabase(withPort(postgres.primary.url, primary.port), dataDirectory) : given.database
  if (database === undefined) throw new Error('there is no database')
  return {
    natsUrls: nats.urls,
    database,
    redisUrl: (kind) => (kind === 'gateway' ? sentinels.url : redisCluster.url),
    list: [...nats.nodes, ...redisCluster.nodes, ...sentinels.sentinels, ...sentinels.servers],
    clusters: { nats, redisCluster, sentinels, postgres },
    server(name) {
      throw new Error(`${name} is a cluster here`)
    },
    portOf: (name) => (name === 'postgres' ? postgres?.primary.port : undefined),
    async stop() {
      await primary?.close()
      await stopAll(parts)
    },
  }
}

/** The same URL with another port. */
export function withPort(url: string, port: number): string {
  const changed = new URL(url)
  changed.port = String(port)
  return changed.href.replace(/\/$/, '')
}

function ownDatabase(url: string, dataDirectory: string): GivenDatabase {
  return { url, urls: databaseUrls(url, databasePasswords(dataDirectory)) }
}
