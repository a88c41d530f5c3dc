import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { until } from '../../until.ts'
import { type Server, type ServerOptions, startAll, stopAll } from '../server.ts'
import { askRedis } from '../servers/ask-redis.ts'
import { replicated, startRedisServer } from '../servers/redis.ts'

/** A private Redis with two replicas, and three Sentinels that make one of these the master when it is lost. */
export interface RedisSentinel {
  /** For REDIS_URL. */
  readonly url: string
  /** The master of the beginning comes first. */
  readonly servers: readonly Server[]
  readonly sentinels: readonly Server[]
  /** The one that the Sentinels send clients to at this moment. */
  master(): Promise<Server>
  /** Resolves when every Sentinel knows the others, and both replicas follow the master. */
  whole(): Promise<void>
  stop(): Promise<void>
}

const masterName = 'ticketing'
const replicaCount = 2
const sentinelCount = 3
/** Sentinels that must agree that the master is lost. */
const quorum = 2
/** A server that is silent for longer counts as lost, in milliseconds. */
const downAfterMs = 1_000
/** A failover that has not ended by then is begun anew. */
const failoverTimeoutMs = 5_000

/** Starts them all; returns when the Sentinels know the replicas and each other. */
export async function startRedisSentinel({
  dataDirectory,
}: Pick<ServerOptions, 'dataDirectory'>): Promise<RedisSentinel> {
  const servers: Server[] = []
  const sentinels: Server[] = []
  /** By any Sentinel that is there. */
  const masterPort = (): Promise<number> => Promise.any(sentinels.map(({ port }) => askRedis(port, portOfMaster)))

  const startOne = (name: string): Promise<Server> => {
    const settings = async (port: number, directory: string): Promise<string[]> => {
      // The first one is the master. One that comes back later asks: another may be the master by then.
      const master = sentinels.length > 0 ? await masterPort() : servers[0]?.port
      const following = master === undefined || master === port ? [] : ['--replicaof', '127.0.0.1', String(master)]
      return [...replicated(port, directory), ...following]
    }
    return startRedisServer({ name, settings }, { dataDirectory })
  }
  const startSentinel = async (name: string): Promise<Server> => {
    const configFile = join(dataDirectory, `${name}.conf`)
    // A Sentinel writes down there what it learns, and finds it when it comes back.
    await writeFile(configFile, sentinelConfig(servers[0]?.port ?? 0))
    const settings = (port: number, directory: string): string[] => [
      ...[configFile, '--sentinel', '--bind', '127.0.0.1', '--port', String(port), '--dir', directory],
    ]
    return startRedisServer({ name, settings }, { dataDirectory })
  }
  const isWhole = async (): Promise<boolean> => {
    const known = await Promise.all(sentinels.map(({ port }) => askRedis(port, knowsAll)))
    const replication = await askRedis(await masterPort(), (redis) => redis.info('replication'))
    return known.every(Boolean) && replication.includes(`connected_slaves:${replicaCount}\r`)
  }
  const whole = (): Promise<void> =>
    until('the Sentinels and their servers know each other', isWhole, { timeoutMs: 30_000 })
  const stop = async (): Promise<void> => {
    // First: they would take the end of the master for a loss.
    await stopAll(sentinels)
    await stopAll(servers)
  }

  try {
    servers.push(await startOne('redis-1'))
    servers.push(...(await startAll(numbered('redis', 2, replicaCount).map(startOne))))
    sentinels.push(...(await startAll(numbered('sentinel', 1, sentinelCount).map(startSentinel))))
    await whole()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${masterName}`,
    servers,
    sentinels,
    async master() {
      const port = await masterPort()
      const master = servers.find((server) => server.port === port)
      if (master === undefined) throw new Error(`the Sentinels name a master at port ${port}, which is none of ours`)
      return master
    },
    whole,
    stop,
  }
}

function sentinelConfig(masterPort: number): string {
  return [
    `sentinel monitor ${masterName} 127.0.0.1 ${masterPort} ${quorum}`,
    `sentinel down-after-milliseconds ${masterName} ${downAfterMs}`,
    `sentinel failover-timeout ${masterName} ${failoverTimeoutMs}`,
  ].join('\n')
}

/** `sentinel-1`, `sentinel-2`, … */
function numbered(name: string, first: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}-${first + index}`)
}

/** Whether a Sentinel could tell the others and have a replica to promote. */
async function knowsAll(redis: Redis): Promise<boolean> {
  const replicas = (await redis.call('SENTINEL', 'REPLICAS', masterName)) as unknown[]
  const others = (await redis.call('SENTINEL', 'SENTINELS', masterName)) as unknown[]
  return replicas.length === replicaCount && others.length === sentinelCount - 1
}

async function portOfMaster(redis: Redis): Promise<number> {
  const [, port] = (await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName)) as string[]
  return Number(port)
}
