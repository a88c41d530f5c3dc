import { setTimeout as pause } from 'node:timers/promises'
import { SpanKind } from '@opentelemetry/api'
import type Logger from 'bunyan'
import { Cluster, Redis, type RedisCommander, ReplyError } from 'ioredis'
import { withSpan } from '#shared/observability/tracing.ts'
import { parseRedisUrl, type RedisAddress, redisUrlForms } from './redis-url.ts'

/** The common part of ioredis' clients for one server and for a cluster. */
export interface RedisClient extends RedisCommander<{ type: 'default'; mapping: 'resp2' }> {
  /** `ready` when commands can be sent. */
  readonly status: string
  /** Makes a script a command. Declare its type as a member of ioredis' `RedisCommander`. */
  defineCommand(name: string, definition: { lua: string; numberOfKeys?: number }): void
  disconnect(): void
}

const slotCount = 16_384
/** How often a cluster with an outage is checked for recovery. */
const recoveryCheckMs = 500

const connection = {
  // After this, continuing without Redis is better than waiting.
  commandTimeout: 100,
  connectTimeout: 1_000,
  // A frozen Redis keeps its connection: without this its commands would queue until it answers again.
  socketTimeout: 500,
  maxRetriesPerRequest: 0,
}

const retryDelayMs = (attempt: number): number => Math.min(50 * attempt, 500)

/**
 * Opens a client, which `CLIENT LIST` shows as `name`. Throws `RangeError` unless `url` has one of the `redisUrlForms`. Commands fail at
 * once while Redis is unavailable, and after 100 ms when it is slow; a slow command may have been carried out. The client reconnects until
 * it is closed, and logs the beginning and the end of each outage.
 *
 * All keys of a command or script must share a hash tag such as `{eventId}`; otherwise a cluster refuses it.
 */
export function createRedis({ url, name, log }: { url: string; name: string; log: Logger }): RedisClient {
  const address = parseRedisUrl(url)
  if (address === undefined) throw new RangeError(`a Redis URL ${redisUrlForms}`)
  const outages = watchOutages(log)
  return address.kind === 'cluster' ? openCluster(address, name, outages) : openServer(address, name, outages)
}

/** Whether a command was sent and not answered in time; it may have been carried out. ioredis has no class or code for this error. */
export function isCommandTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out'
}

/** How a server begins its errors while it cannot serve the command: it is full, loads its data, is a replica, or is busy. */
const serverStates = [
  'OOM',
  'LOADING',
  'READONLY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'MISCONF',
  'NOREPLICAS',
  'BUSY',
]

/** Whether Redis answered that the command or script itself is wrong. Sending it again gets the same error. */
export function isCommandRefused(error: unknown): boolean {
  if (!(error instanceof ReplyError)) return false
  const [code = ''] = (error as Error).message.split(' ', 1)
  return !serverStates.includes(code)
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

/** Sentinels have the credentials of their servers. */
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
    // The URL names all Sentinels.
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
    // Finds nodes that joined or left.
    slotsRefreshInterval: 5_000,
    // Commands to a lost node fail at once; the next one learns from other nodes which one has its slots.
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

/** Resolves to true when all masters answer and all slots are served, or to false when the client is closed. */
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

type Outages = ReturnType<typeof watchOutages>

/** Logs the beginning and the end of each outage once. */
function watchOutages(log: Logger) {
  let isUnavailable = false
  return {
    /** Returns whether the outage is new. */
    begin(error: Error): boolean {
      if (isUnavailable) return false
      log.warn({ err: error }, 'redis became unavailable')
      isUnavailable = true
      return true
    },
    end(): void {
      if (isUnavailable) log.info('redis became available again')
      isUnavailable = false
    },
  }
}
