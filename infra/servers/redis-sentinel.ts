import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { askRedis } from './ask-redis.ts'
import { replicated, startRedisServer } from './redis.ts'
import type { ServerOptions } from './server.ts'
import { type ServerNode, type StartServer, startNodes, stopNodes } from './server-node.ts'

/** A private Redis with two replicas, and three Sentinels that make one of these the master when it is lost. */
export interface RedisSentinel {
  /** For REDIS_URL. */
  readonly url: string
  /** The master of the beginning comes first. */
  readonly servers: readonly ServerNode[]
  readonly sentinels: readonly ServerNode[]
  /** The one that the Sentinels send clients to at this moment. */
  master(): Promise<ServerNode>
  stop(): Promise<void>
}

const masterName = 'ticketing'
const replicaCount = 2
const sentinelCount = 3
/** So many must agree that the master is lost. */
const quorum = 2
/** Who is silent for so long counts as lost, in milliseconds. */
const downAfterMs = 1_000
/** A failover that has not ended by then is begun anew. */
const failoverTimeoutMs = 5_000
const formsWithinMs = 30_000

/** Starts them all; returns when the Sentinels know the replicas and each other. */
export async function startRedisSentinel(options: Omit<ServerOptions, 'port'>): Promise<RedisSentinel> {
  const started: ServerNode[] = []
  const start = async (starts: readonly StartServer[]): Promise<ServerNode[]> => {
    const nodes = await startNodes(starts)
    started.push(...nodes)
    return nodes
  }
  try {
    const [first] = await start([dataServer('redis-1', options)])
    if (first === undefined) throw new Error('the first server is missing')
    const following = ['--replicaof', '127.0.0.1', String(first.port)]
    const replicas = await start(numbered('redis', 2, replicaCount).map((name) => dataServer(name, options, following)))
    const sentinels = await start(
      numbered('sentinel', 1, sentinelCount).map((name) => sentinel(name, options, first.port)),
    )
    await form([first, ...replicas], sentinels)
    return group([first, ...replicas], sentinels)
  } catch (error) {
    await stopNodes(started)
    throw error
  }
}

function group(servers: readonly ServerNode[], sentinels: readonly ServerNode[]): RedisSentinel {
  const addresses = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')
  return {
    url: `redis+sentinel://${addresses}/${masterName}`,
    servers,
    sentinels,
    async master() {
      const [sentinel] = sentinels
      const port = await askRedis(sentinel?.port ?? 0, masterPort)
      const master = servers.find((server) => server.port === port)
      if (master === undefined) throw new Error(`the Sentinels name a master at port ${port}, which is none of ours`)
      return master
    },
    async stop() {
      // First: they would take the end of the master for a loss.
      await stopNodes(sentinels)
      await stopNodes(servers)
    },
  }
}

/** `sentinel-1`, `sentinel-2`, … */
function numbered(name: string, first: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}-${first + index}`)
}

function dataServer(name: string, { dataDirectory }: ServerOptions, more: readonly string[] = []): StartServer {
  const settings = (port: number, directory: string): string[] => [...replicated(port, directory), ...more]
  return (where) => startRedisServer({ name, settings }, { dataDirectory, ...where })
}

function sentinel(name: string, { dataDirectory }: ServerOptions, masterPort: number): StartServer {
  return async (where) => {
    const configFile = join(dataDirectory, `${name}.conf`)
    // It writes down there what it learns.
    await writeFile(
      configFile,
      [
        `sentinel monitor ${masterName} 127.0.0.1 ${masterPort} ${quorum}`,
        `sentinel down-after-milliseconds ${masterName} ${downAfterMs}`,
        `sentinel failover-timeout ${masterName} ${failoverTimeoutMs}`,
      ].join('\n'),
    )
    const settings = (port: number, directory: string): string[] => [
      ...[configFile, '--sentinel', '--bind', '127.0.0.1', '--port', String(port), '--dir', directory],
    ]
    return startRedisServer({ name, settings }, { dataDirectory, ...where })
  }
}

async function form(servers: readonly ServerNode[], sentinels: readonly ServerNode[]): Promise<void> {
  const giveUpAt = performance.now() + formsWithinMs
  for (const { name, port } of sentinels) {
    while (!(await askRedis(port, (redis) => knowsAll(redis, servers.length - 1)).catch(() => false))) {
      if (performance.now() > giveUpAt) throw new Error(`${name} does not know the others`)
      await wait(50)
    }
  }
}

/** Whether a Sentinel could replace the master at this moment. */
async function knowsAll(redis: Redis, replicas: number): Promise<boolean> {
  const known = (await redis.call('SENTINEL', 'REPLICAS', masterName)) as unknown[]
  const others = (await redis.call('SENTINEL', 'SENTINELS', masterName)) as unknown[]
  return known.length === replicas && others.length === sentinelCount - 1
}

async function masterPort(redis: Redis): Promise<number> {
  const [, port] = (await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName)) as string[]
  return Number(port)
}
