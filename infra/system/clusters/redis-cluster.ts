import type { Redis } from 'ioredis'
import { until } from '../../until.ts'
import { freePorts } from '../free-port.ts'
import { type Server, type ServerOptions, startAll, stopAll } from '../server.ts'
import { askRedis } from '../servers/ask-redis.ts'
import { replicated, startRedisServer } from '../servers/redis.ts'

/** Six private Redis servers that share the keys: three masters, each with a replica that takes over when it is lost. */
export interface RedisCluster {
  /** For REDIS_URL. */
  readonly url: string
  readonly nodes: readonly Server[]
  /** Those that serve keys at this moment. */
  masters(): Promise<Server[]>
  /** Resolves when every key is served and every master has a replica that follows it. */
  whole(): Promise<void>
  stop(): Promise<void>
}

const masterCount = 3
const slotCount = 16_384
/** A node that is silent for longer counts as lost, in milliseconds; its replica takes its place about as long after. */
const nodeTimeoutMs = 1_000
const wholeWithinMs = 30_000

/** Starts them and makes them one; returns when every key is served and every replica follows its master. */
export async function startRedisCluster({ dataDirectory }: Omit<ServerOptions, 'port'>): Promise<RedisCluster> {
  const names = Array.from({ length: 2 * masterCount }, (_, index) => `redis-cluster-${index + 1}`)
  // Where they talk to each other. By default 10,000 above the other port, where another server may listen.
  const busPorts = await freePorts(names.length)
  const nodes = await startAll(
    names.map((name, index) => {
      const settings = (port: number, directory: string): string[] => [
        ...replicated(port, directory),
        ...clusterSettings(busPorts[index] ?? 0),
      ]
      return startRedisServer({ name, settings }, { dataDirectory })
    }),
  )
  try {
    await form(nodes, busPorts)
  } catch (error) {
    await stopAll(nodes)
    throw error
  }
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodes,
    async masters() {
      const roles = await Promise.all(nodes.map(({ port }) => askRedis(port, roleOf).catch(() => 'away')))
      return nodes.filter((_, index) => roles[index] === 'master')
    },
    whole: () => untilAll(nodes, isWhole),
    stop: () => stopAll(nodes),
  }
}

function clusterSettings(busPort: number): string[] {
  return [
    ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-port', String(busPort)],
    ...['--cluster-node-timeout', String(nodeTimeoutMs)],
    // Losing a third of the keys is no reason to refuse the others.
    ...['--cluster-require-full-coverage', 'no'],
  ]
}

async function form(nodes: readonly Server[], busPorts: readonly number[]): Promise<void> {
  const masters = nodes.slice(0, masterCount)
  const ids = await Promise.all(masters.map(({ port }) => askRedis(port, (redis) => redis.cluster('MYID'))))
  for (const [index, { port }] of nodes.entries()) {
    // Two that begin with the same epoch would first have to agree who is the younger.
    await askRedis(port, (redis) => redis.cluster('SET-CONFIG-EPOCH', index + 1))
  }
  for (const [index, { port }] of masters.entries()) {
    const first = Math.floor((slotCount * index) / masterCount)
    const last = Math.floor((slotCount * (index + 1)) / masterCount) - 1
    await askRedis(port, (redis) => redis.cluster('ADDSLOTSRANGE', first, last))
  }
  const [leader, ...others] = nodes.map(({ port }) => port)
  await askRedis(leader ?? 0, (redis) =>
    Promise.all(others.map((port, index) => redis.cluster('MEET', '127.0.0.1', port, busPorts[index + 1] ?? 0))),
  )
  await untilAll(nodes, async (redis) => (await clusterInfo(redis)).includes(`known_nodes:${nodes.length}`))
  for (const [index, { port }] of nodes.slice(masterCount).entries()) {
    await askRedis(port, (redis) => redis.cluster('REPLICATE', ids[index] ?? ''))
  }
  await untilAll(nodes, isWhole)
}

/** Whether a node sees all keys served and, as a replica, has what its master has, or as a master has a replica. */
async function isWhole(redis: Redis): Promise<boolean> {
  if (!(await clusterInfo(redis)).includes('cluster_state:ok')) return false
  const replication = await redis.info('replication')
  return /^(master_link_status:up|connected_slaves:[1-9])/m.test(replication)
}

async function untilAll(nodes: readonly Server[], isSo: (redis: Redis) => Promise<boolean>): Promise<void> {
  for (const { name, port } of nodes) {
    await until(`${name} is whole with the others`, () => askRedis(port, isSo), { timeoutMs: wholeWithinMs })
  }
}

function clusterInfo(redis: Redis): Promise<string> {
  return redis.cluster('INFO') as Promise<string>
}

/** `master` or `slave`. */
async function roleOf(redis: Redis): Promise<string> {
  return String((await redis.role())[0])
}
