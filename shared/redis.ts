import { setTimeout as pause } from 'node:timers/promises'
import type Logger from 'bunyan'
import { Cluster, Redis, type RedisCommander, type RedisOptions } from 'ioredis'
import { parseRedisUrl, type RedisCredentials, type RedisPlace, redisUrlForms } from './redis-url.ts'

/** What a single Redis, one behind Sentinels and a Redis Cluster have in common. */
export interface RedisClient extends RedisCommander<{ type: 'default'; mapping: 'resp2' }> {
  /** `ready` when commands can be sent. */
  readonly status: string
  /** Makes a script a command; its type is declared as a member of ioredis' `RedisCommander`. */
  defineCommand(name: string, definition: { lua: string; numberOfKeys?: number }): void
  disconnect(): void
}

export interface CreateRedisOptions {
  /** In one of `redisUrlForms`. */
  readonly url: string
  /** Shown by `CLIENT LIST`. */
  readonly name: string
  readonly log: Logger
}

/** Longest wait for any Redis command: beyond it, going on without Redis is the better answer. */
const commandTimeoutMs = 100
/** How soon nodes that joined or left a cluster are noticed although no command ran into them. */
const slotsRefreshMs = 5_000
const slotCount = 16_384
/** How often a cluster that has lost something is asked whether it is whole again. */
const lookAgainMs = 500

const connection = {
  commandTimeout: commandTimeoutMs,
  connectTimeout: 1_000,
  // A frozen Redis keeps its connection: without this its commands would queue for as long as it stays frozen.
  socketTimeout: 500,
  maxRetriesPerRequest: 0,
}

const retryDelayMs = (attempt: number): number => Math.min(50 * attempt, 500)

/**
 * A client that never makes anybody wait: a command fails at once while Redis is away and after 100 ms when it is slow,
 * and the connection is tried again for ever, at most every 500 ms. An outage is one log line, its end another.
 * A command that timed out may have been carried out all the same.
 *
 * All keys of a command or script must share a hash tag such as `{eventId}`: a cluster keeps only those together.
 */
export function createRedis({ url, name, log }: CreateRedisOptions): RedisClient {
  const place = parseRedisUrl(url)
  if (place === undefined) throw new RangeError(`a Redis URL ${redisUrlForms}`)
  const outages = new Outages(log)
  return place.kind === 'cluster' ? openCluster(place, name, outages) : openServer(place, name, outages)
}

/** Whether the command was sent and not answered in time: it may have been carried out all the same. */
export function isCommandTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out'
}

function openServer(place: Exclude<RedisPlace, { kind: 'cluster' }>, name: string, outages: Outages): Redis {
  const options = { ...connection, connectionName: name, enableOfflineQueue: false, retryStrategy: retryDelayMs }
  const redis =
    place.kind === 'single'
      ? new Redis(place.url, options)
      : new Redis({
          ...options,
          ...place.credentials,
          ...forSentinels(place.credentials),
          sentinels: [...place.nodes],
          name: place.masterName,
          sentinelRetryStrategy: retryDelayMs,
          sentinelCommandTimeout: 500,
          // The URL names them all.
          updateSentinels: false,
        })
  redis.on('error', (error: Error) => outages.begin(error))
  redis.on('ready', () => outages.end())
  return redis
}

/** Sentinels ask for the same as the servers they watch. */
function forSentinels({
  username,
  password,
}: RedisCredentials): Pick<RedisOptions, `sentinel${'Username' | 'Password'}`> {
  return {
    ...(username !== undefined && { sentinelUsername: username }),
    ...(password !== undefined && { sentinelPassword: password }),
  }
}

function openCluster(
  { nodes, credentials }: Extract<RedisPlace, { kind: 'cluster' }>,
  name: string,
  outages: Outages,
): Cluster {
  const cluster = new Cluster([...nodes], {
    redisOptions: { ...connection, ...credentials, connectionName: name },
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelayMs,
    slotsRefreshInterval: slotsRefreshMs,
    // While a node is away its commands fail at once; each next one learns from the others who has taken over its slots.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    maxRedirections: 3,
  })
  // Otherwise the first command to each would spend its time on shaking hands.
  cluster.on('+node', (node: Redis) => node.options.readOnly || node.connect().catch(() => undefined))
  const onError = (error: Error): void => {
    if (outages.begin(error)) void becomesWhole(cluster).then((isWhole) => isWhole && outages.end())
  }
  cluster.on('error', onError)
  cluster.on('node error', (error: Error, address: string) => {
    // Replicas are only stand-ins: without one nobody misses anything.
    const isMaster = cluster.nodes('master').some(({ options }) => `${options.host}:${options.port}` === address)
    if (isMaster) onError(error)
  })
  return cluster
}

/** Resolves to true when all masters can be reached and all keys are theirs, to false when the client is closed before. */
async function becomesWhole(cluster: Cluster): Promise<boolean> {
  while (cluster.status !== 'end') {
    await pause(lookAgainMs, undefined, { ref: false })
    if (await isWhole(cluster).catch(() => false)) return true
  }
  return false
}

async function isWhole(cluster: Cluster): Promise<boolean> {
  const infos = (await Promise.all(cluster.nodes('master').map((node) => node.cluster('INFO')))) as string[]
  // A master that is lost is missing here, or there are one too many.
  const masters = Number(/cluster_size:(\d+)/.exec(infos[0] ?? '')?.[1])
  return infos.length === masters && infos.every((info) => info.includes(`cluster_slots_ok:${slotCount}\r`))
}

/** Tells the log of each outage once. */
class Outages {
  readonly #log: Logger
  #isAway = false

  constructor(log: Logger) {
    this.#log = log
  }

  /** Whether it has only now begun. */
  begin(error: Error): boolean {
    if (this.#isAway) return false
    this.#log.warn({ err: error }, 'redis is away; going on without it')
    this.#isAway = true
    return true
  }

  end(): void {
    if (this.#isAway) this.#log.info('redis is back')
    this.#isAway = false
  }
}
