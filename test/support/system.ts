import type { NatsUrls } from '../../infra/servers/nats-users.ts'
import { newTicketKey } from '../../infra/ticket-key.ts'
import { readTestConfig } from './config.ts'
import { createTestDatabase } from './database.ts'
import { databaseEnvironment } from './database-environment.ts'
import { natsEnvironment } from './nats-environment.ts'
import { type Kind, type RunningProcess, startProcess } from './process.ts'
import { startTestNats } from './servers.ts'
import { type SystemRedis, startSystemRedis } from './system-redis.ts'

export const organiserKey = 'org_test-0123456789abcdef'

/** Signs the callbacks of the payment sandbox. */
export const webhookSecret = 'a secret for the webhooks of tests'

/** Signs the codes of tickets. */
const ticketKey = newTicketKey()

export interface SystemOptions {
  /** How many of each; 0 leaves a kind out. Default: one of each. */
  readonly counts?: Partial<Record<Kind, number>>
  readonly env?: Record<string, string>
}

export interface System {
  readonly natsUrls: NatsUrls
  readonly redis: Pick<SystemRedis, 'url' | 'kill'>
  /** Of the superuser. */
  readonly databaseUrl: string
  /** Base URL of the first gateway. */
  readonly url: string
  readonly gateways: RunningProcess[]
  readonly paymentUrl: string
  processes(kind: Kind): RunningProcess[]
  start(kind: Kind, env?: Record<string, string>): Promise<RunningProcess>
  /** Stops all processes, then the servers. */
  stop(): Promise<void>
}

/** Starts real servers and processes for one test file, which stops them at its end. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const [nats, redis, database] = await Promise.all([startTestNats(), startSystemRedis(), createTestDatabase()])
  const running: RunningProcess[] = []
  const begun = new Map<Kind, number>()
  let paymentUrl = ''

  const stop = async (): Promise<void> => {
    await Promise.all(running.map((process) => process.stop()))
    await Promise.all([nats.stop(), redis.stop(), database.drop()])
  }

  const start = async (kind: Kind, env: Record<string, string> = {}): Promise<RunningProcess> => {
    // Counted before they run: those of a kind start side by side, and each needs a name of its own.
    const number = (begun.get(kind) ?? 0) + 1
    begun.set(kind, number)
    const started = await startProcess({
      kind,
      instance: `${kind}-${number}`,
      env: {
        NODE_COMPILE_CACHE: readTestConfig().compileCache,
        ...natsEnvironment(kind, nats.urls),
        REDIS_URL: redis.urlFor(kind),
        ...databaseEnvironment(kind, database.urls),
        PAYMENT_URL: paymentUrl,
        PAYMENT_WEBHOOK_SECRET: webhookSecret,
        AUTH: 'demo',
        SESSION_SECRET: 'a secret for tests that is long enough',
        ORGANISER_KEY: organiserKey,
        TICKET_KEYS: ticketKey,
        OTEL_SDK_DISABLED: 'true',
        // Test files share the processors: a hold may take long, and none is to be refused for it.
        SLOW_HOLD_MS: '60000',
        ...options.env,
        ...env,
      },
    })
    running.push(started)
    return started
  }
  const startMany = (kind: Kind): Promise<RunningProcess[]> =>
    Promise.all(Array.from({ length: options.counts?.[kind] ?? 1 }, () => start(kind)))

  try {
    const [sandbox] = await startMany('sandbox')
    // Port 9 discards: nobody answers there.
    paymentUrl = sandbox?.url ?? 'http://127.0.0.1:9'
    const [gateways] = await Promise.all([
      startMany('gateway'),
      startMany('event'),
      startMany('booking'),
      startMany('purchase'),
    ])
    if (sandbox && gateways[0]) await directWebhooks(sandbox.url, gateways[0].url)
  } catch (error) {
    await stop()
    throw error
  }

  // By their names: those of a kind start side by side, and any of them may be ready first.
  const processes = (kind: Kind): RunningProcess[] =>
    running.filter((process) => process.kind === kind).toSorted(byNumber)
  return {
    natsUrls: nats.urls,
    redis,
    databaseUrl: database.url,
    url: processes('gateway')[0]?.url ?? '',
    gateways: processes('gateway'),
    paymentUrl,
    processes,
    start,
    stop,
  }
}

function byNumber(one: RunningProcess, other: RunningProcess): number {
  return one.instance.localeCompare(other.instance, 'en', { numeric: true })
}

/** Tells the payment sandbox, which is started before any gateway, where to send its callbacks. */
async function directWebhooks(sandboxUrl: string, gatewayUrl: string): Promise<void> {
  const answer = await fetch(`${sandboxUrl}/webhook-endpoint`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: `${gatewayUrl}/webhooks/sandbox` }),
    signal: AbortSignal.timeout(5_000),
  })
  if (!answer.ok) throw new Error(`the sandbox does not take the endpoint: ${await answer.text()}`)
}
