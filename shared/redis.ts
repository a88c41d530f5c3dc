import { setTimeout as pause } from 'node:timers/promises'
import { SpanKind } from '@opentelemetry/api'
import type Logger from 'bunyan'
import { Cluster, Redis, type RedisCommander } from 'ioredis'
import { withSpan } from '#shared/observability/tracing.ts'
import { parseRedisUrl, type RedisAddress, redisUrlForms } from './redis-url.ts'

/** What ioredis' clients for one server and for a cluster have in common. */
export interface RedisClient extends RedisCommander<{ type: 'default'; mapping: 'resp2' }> {
  /** `ready` when commands can be sent. */
  readonly status: string
  /** Makes a script a command. Declare its type as a member of ioredis' `RedisCommander`. */
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

/** Time-out of a command: after it, continuing without Redis is the better answer. */
const commandTimeoutMs = 100
/** How often a cluster is asked for nodes that joined or left. */
const slotsRefreshMs = 5_000
const slotCount = 16_384
/** How often a cluster with an outage is checked for its end. */
const recoveryCheckMs = 500

const connection = {
  commandTimeout: commandTimeoutMs,
  connectTimeout: 1_000,
  // A frozen Redis keeps its connection: without this its commands would queue until it thaws.
  socketTimeout: 500,
  maxRetriesPerRequest: 0,
}

const retryDelayMs = (attempt: number): number => Math.min(50 * attempt, 500)

/**
 * Opens a client whose commands fail at once while Redis is unavailable, and after 100 ms when it is slow. It reconnects for
 * ever, at most every 500 ms. The log tells the beginning and the end of each outage once.
 * A command that timed out may have been done.
 *
 * All keys of a command or script must share a hash tag such as `{eventId}`, or a cluster refuses it.
 */
export function createRedis({ url, name, log }: CreateRedisOptions): RedisClient {
  const address = parseRedisUrl(url)
  if (address === undefined) throw new RangeError(`a Redis URL ${redisUrlForms}`)
  const outages = new Outages(log)
  return address.kind === 'cluster' ? openCluster(address, name, outages) : openServer(address, name, outages)
}

/** Whether a command was sent and not answered in time; it may have been done. ioredis has no class or code for it. */
export function isCommandTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out'
}

/** Runs a command, or a script by its name, inside a span. */
export function withRedisSpan<Reply>(command: string, run: () => Promise<Reply>): Promise<Reply> {
  const attributes = { 'db.system.name': 'redis', 'db.operation.name': command }
  return withSpan(`redis ${command}`, { kind: SpanKind.CLIENT, attributes }, run)
}

function openServer(address: Exclude<RedisAddress, { kind: 'cluster' }>, name: string, outages: Outages): Redis {
  const options = { ...connection, connectionName: name, enableOfflineQueue: false, retryStrategy: retryDelayMs }
  const redis =
    address.kind === 'single' ? new Redis(address.url, options) : new Redis({ ...options, ...sentinelOptions(address) })
  redis.on('error', (error: Error) => outages.begin(error))
  redis.on('ready', () => outages.end())
  return redis
}

/** Sentinels have the credentials of the servers that they watch. */
function sentinelOptions({ nodes, masterName, credentials }: Extract<RedisAddress, { kind: 'sentinel' }>) {
  const { username, password } = credentials
  return {
    ...credentials,
    ...(username !== undefined && { sentinelUsername: username }),
    ...(password !== undefined && { sentinelPassword: password }),
    sentinels: [...nodes],
    name: masterName,
    sentinelRetryStrategy: retryDelayMs,
    sentinelCommandTimeout: 500,
    // The URL names all of them.
    updateSentinels: false,
  }
}

function openCluster(
  { nodes, credentials }: Extract<RedisAddress, { kind: 'cluster' }>,
  name: string,
  outages: Outages,
): Cluster {
  const cluster = new Cluster([...nodes], {
    redisOptions: { ...connection, ...credentials, connectionName: name },
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelayMs,
    slotsRefreshInterval: slotsRefreshMs,
    // Commands to a lost node fail at once; the next one learns from other nodes which one took over its slots.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    maxRedirections: 3,
  })
  // Connect early: otherwise the first command to each node would spend its time-out on connecting.
  cluster.on('+node', (node: Redis) => node.options.readOnly || node.connect().catch(() => undefined))
  const onError = (error: Error): void => {
    if (outages.begin(error)) void becomesWhole(cluster).then((isWhole) => isWhole && outages.end())
  }
  cluster.on('error', onError)
  cluster.on('node error', (error: Error, address: string) => {
    // Losing a replica is no outage.
    const isMaster = cluster.nodes('master').some(({ options }) => `${options.host}:${options.port}` === address)
    if (isMaster) onError(error)
  })
  return cluster
}

/** Resolves to true when all masters answer and all slots are served, to false when the client is closed before. */
async function becomesWhole(cluster: Cluster): Promise<boolean> {
  while (cluster.status !== 'end') {
    await pause(recoveryCheckMs, undefined, { ref: false })
    if (await isWhole(cluster).catch(() => false)) return true
  }
  return false
}

async function isWhole(cluster: Cluster): Promise<boolean> {
  const infos = (await Promise.all(cluster.nodes('master').map((node) => node.cluster('INFO')))) as string[]
  // After a fail-over the client may know one master too few or too many.
  const masters = Number(/cluster_size:(\d+)/.exec(infos[0] ?? '')?.[1])
  return infos.length === masters && infos.every((info) => info.includes(`cluster_slots_ok:${slotCount}\r`))
}

/** Logs the beginning and the end of each outage once. */
class Outages {
  readonly #log: Logger
  #isUnavailable = false

  constructor(log: Logger) {
    this.#log = log
  }

  /** Answers whether the outage is a new one. */
  begin(error: Error): boolean {
    if (this.#isUnavailable) return false
    this.#log.warn({ err: error }, 'redis became unavailable')
    this.#isUnavailable = true
    return true
  }

  end(): void {
    if (this.#isUnavailable) this.#log.info('redis became available again')
    this.#isUnavailable = false
  }
}
