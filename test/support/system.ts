import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { readTestConfig } from './config.ts'
import { createTestDatabase } from './database.ts'
import { startTestNats, startTestRedis } from './servers.ts'

const project = join(import.meta.dirname, '..', '..')

export const organiserKey = 'org_test-0123456789abcdef'

type Kind = 'gateway' | 'event' | 'booking' | 'purchase' | 'sandbox'

const scripts: Record<Kind, string> = {
  gateway: 'gateway/main.ts',
  event: 'workers/event/main.ts',
  booking: 'workers/booking/main.ts',
  purchase: 'workers/purchase/main.ts',
  sandbox: 'infra/payment-sandbox/main.ts',
}

/** One real process of the system under test. */
export interface RunningProcess {
  readonly kind: Kind
  readonly instance: string
  readonly pid: number
  /** Where it listens; '' for workers. */
  readonly url: string
  /** Everything it wrote, for failures. */
  output(): string
  /** SIGTERM and wait for the end; the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL and wait for the end. */
  kill(): Promise<void>
}

export interface SystemOptions {
  /** How many of each; 0 leaves a kind out. Default: one of each. */
  readonly counts?: Partial<Record<Kind, number>>
  readonly env?: Record<string, string>
}

export interface System {
  readonly natsUrl: string
  readonly redis: { readonly url: string; kill(): Promise<void> }
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
  const [nats, redis, database] = await Promise.all([startTestNats(), startTestRedis(), createTestDatabase()])
  const running: RunningProcess[] = []
  let paymentUrl = ''

  const stop = async (): Promise<void> => {
    await Promise.all(running.map((process) => process.stop()))
    await Promise.all([nats.stop(), redis.stop(), database.drop()])
  }

  const start = async (kind: Kind, env: Record<string, string> = {}): Promise<RunningProcess> => {
    const number = running.filter((process) => process.kind === kind).length + 1
    const started = await startProcess(kind, `${kind}-${number}`, {
      NATS_URL: nats.url,
      REDIS_URL: redis.url,
      DATABASE_URL: database.url,
      PAYMENT_URL: paymentUrl,
      AUTH: 'demo',
      SESSION_SECRET: 'a secret for tests that is long enough',
      ORGANISER_KEY: organiserKey,
      OTEL_SDK_DISABLED: 'true',
      ...options.env,
      ...env,
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
    await Promise.all([startMany('event'), startMany('booking'), startMany('purchase'), startMany('gateway')])
  } catch (error) {
    await stop()
    throw error
  }

  const processes = (kind: Kind): RunningProcess[] => running.filter((process) => process.kind === kind)
  return {
    natsUrl: nats.url,
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

async function startProcess(kind: Kind, instance: string, env: Record<string, string>): Promise<RunningProcess> {
  const needsPort = kind === 'gateway' || kind === 'sandbox'
  const args = needsPort ? ['--port', '0'] : []
  const child = spawn(
    process.execPath,
    [scripts[kind], ...args, ...(kind === 'sandbox' ? [] : ['--instance', instance])],
    {
      cwd: project,
      // A folder that does not exist: no running system of a developer may leak into a test.
      env: {
        PATH: process.env.PATH,
        DATA_DIR: join(project, '.data', 'absent'),
        NODE_COMPILE_CACHE: readTestConfig().compileCache,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-50_000)
    })
  }
  const ready = await readiness(child, () => output)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    kind,
    instance,
    pid: child.pid ?? 0,
    url: ready.url ?? '',
    output: () => output,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        const hardEnd = setTimeout(() => child.kill('SIGKILL'), 15_000)
        await ended
        clearTimeout(hardEnd)
      }
      return child.exitCode
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function readiness(child: ChildProcess, output: () => string): Promise<{ url?: string }> {
  return new Promise((resolve, reject) => {
    const tooLate = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`not ready after 20 s:\n${output()}`))
    }, 20_000)
    child.once('message', (message) => {
      clearTimeout(tooLate)
      resolve(message as { url?: string })
    })
    child.once('exit', () => {
      clearTimeout(tooLate)
      reject(new Error(`ended before it was ready:\n${output()}`))
    })
  })
}
