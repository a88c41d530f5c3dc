import { networkInterfaces } from 'node:os'
import { type RunningSystem, readRunningSystem } from '#shared/process/config.ts'
import { startBenchSystem } from '../bench/bench.ts'
import { readInfraConfig } from '../config.ts'
import { ExplainedError } from '../explained-error.ts'
import type { Say } from '../say.ts'
import { organiserKey } from '../system/temporary-settings.ts'
import type { OnsaleFlags } from './flags.ts'
import { checkGateway } from './organiser.ts'

/** The system that the crowd comes to, and where its records are. */
export interface Target {
  /** Base URLs. */
  readonly gateways: readonly string[]
  readonly organiserKey: string
  readonly databaseUrl: string
  readonly redisUrl: string
  /** Of the payment provider; null: its ledger is not compared. */
  readonly paymentUrl: string | null
  /** For people. */
  readonly name: string
  /** Whether it runs on this machine, where every buyer can have an address of their own. */
  readonly isLocal: boolean
  /** Process ids by name, where they are known. */
  pids(): ReadonlyMap<string, number>
  /** Ends it, if it was started for the run. */
  stop(): Promise<void>
}

interface TargetOptions extends Pick<OnsaleFlags, 'url' | 'ownHost'> {
  /** How long a hold is to last where a system is started. */
  readonly holdMs: number
  readonly say: Say
  readonly stopping: AbortSignal
}

const gateways = 2

/** The system at a URL, the running one, or one that is started for the run. Throws `ExplainedError` for one that must not be crowded. */
export async function findTarget({ url, ownHost, ...start }: TargetOptions): Promise<Target> {
  const { environment } = readInfraConfig()
  const running = readRunningSystem(environment)
  if (url === undefined) return running === null ? startTarget(start) : runningTarget(running, running.gateways)
  const isLocal = isOfThisMachine(new URL(url).hostname)
  if (!isLocal && !ownHost) {
    throw new ExplainedError(
      `${url} is on another machine. A crowd is an attack on a machine that does not expect it: add --i-own-this-host if it is yours.`,
    )
  }
  await checkGateway(url)
  const isRunning = running !== null && isLocal && hasGatewayAt(running.gateways, url)
  return isRunning ? runningTarget(running, [url]) : givenTarget(url, { isLocal, environment })
}

function runningTarget(running: RunningSystem, gateways: readonly string[]): Target {
  if (running.auth !== 'demo') {
    throw new ExplainedError('The running system wants tokens (AUTH=jwt); buyers of a simulation have none.')
  }
  return {
    gateways,
    organiserKey: running.organiser_key,
    databaseUrl: running.database_urls.auditor,
    redisUrl: running.redis_url,
    paymentUrl: running.payment_url,
    name: 'the running system',
    isLocal: true,
    pids: () => new Map(running.processes.map(({ instance, pid }) => [instance, pid])),
    stop: async () => undefined,
  }
}

function givenTarget(
  url: string,
  { isLocal, environment }: { isLocal: boolean; environment: NodeJS.ProcessEnv },
): Target {
  const { ORGANISER_KEY, DATABASE_URL, REDIS_URL, PAYMENT_URL } = environment
  if (ORGANISER_KEY === undefined || DATABASE_URL === undefined || REDIS_URL === undefined) {
    throw new ExplainedError(
      `The verdict comes from the records of ${url}: set ORGANISER_KEY, DATABASE_URL, REDIS_URL and, for the ledger, PAYMENT_URL.`,
    )
  }
  return {
    gateways: [url],
    organiserKey: ORGANISER_KEY,
    databaseUrl: DATABASE_URL,
    redisUrl: REDIS_URL,
    paymentUrl: PAYMENT_URL ?? null,
    name: url,
    isLocal,
    pids: () => new Map(),
    stop: async () => undefined,
  }
}

async function startTarget({ holdMs, say, stopping }: Omit<TargetOptions, 'url' | 'ownHost'>): Promise<Target> {
  say('No system is running: starting one for this on-sale.')
  const system = await startBenchSystem({
    counts: { gateway: gateways },
    environment: {
      RATE_LIMITS: 'on',
      GATEWAYS: String(gateways),
      HOLD_TTL_MS: String(holdMs),
    },
    say,
    stopping,
  })
  return {
    gateways: system.processes('gateway').map(({ url }) => url),
    organiserKey,
    databaseUrl: system.servers.database.urls.auditor,
    redisUrl: system.servers.redisUrl('gateway'),
    paymentUrl: system.paymentUrl,
    name: 'a system of its own',
    isLocal: true,
    pids: () => system.pids(),
    stop: () => system.stop(),
  }
}

/** By its port: `localhost` and an address of this machine are the same gateway. */
function hasGatewayAt(gateways: readonly string[], url: string): boolean {
  return gateways.some((gateway) => new URL(gateway).port === new URL(url).port)
}

function isOfThisMachine(hostname: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address))
  return hostname === 'localhost' || hostname.startsWith('127.') || own.includes(hostname.replace(/^\[|\]$/g, ''))
}
