import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const project = join(import.meta.dirname, '..', '..')

export type Kind = 'gateway' | 'event' | 'booking' | 'purchase' | 'sandbox' | 'audit'

const scripts: Record<Kind, string> = {
  gateway: 'gateway/main.ts',
  event: 'workers/event/main.ts',
  booking: 'workers/booking/main.ts',
  purchase: 'workers/purchase/main.ts',
  sandbox: 'infra/payment-sandbox/main.ts',
  audit: 'infra/audit/main.ts',
}

/** One real process of the system under test. */
export interface RunningProcess {
  readonly kind: Kind
  readonly instance: string
  readonly pid: number
  /** Where it listens; '' for workers and the auditor. */
  readonly url: string
  /** Where it tells what it counts; '' for the payment sandbox. */
  readonly metricsUrl: string
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<void>
  /** What it wrote last, for failures. */
  output(): string
  /** SIGTERM and wait for the end; the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL and wait for the end. */
  kill(): Promise<void>
}

export interface ProcessPlan {
  readonly kind: Kind
  readonly instance: string
  readonly env: NodeJS.ProcessEnv
  /** For those that listen; by default a free one. */
  readonly port?: number
  /** A session of its own: Ctrl-C in a terminal does not reach it. */
  readonly detached?: boolean
  /** Ends it at once, also while it is starting. */
  readonly signal?: AbortSignal
  onOutput?(text: string): void
}

/** Starts one process and waits until it says that it is ready, at most 45 s, which a busy machine needs. Throws with what it wrote. */
export async function startProcess(plan: ProcessPlan): Promise<RunningProcess> {
  const { kind, instance, env, port = 0, detached = false, signal, onOutput } = plan
  const portArgs = ['gateway', 'sandbox'].includes(kind) ? ['--port', String(port)] : []
  const child = spawn(process.execPath, [scripts[kind], ...portArgs, '--instance', instance], {
    cwd: project,
    // A folder that does not exist: no running system of a developer may leak into a test.
    env: { PATH: process.env.PATH, DATA_DIR: join(project, '.data', 'absent'), ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached,
    ...(signal && { signal, killSignal: 'SIGKILL' }),
  })
  // An abort is reported here; its exit is what counts.
  child.on('error', () => undefined)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-50_000)
      onOutput?.(text)
    })
  }
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const ready = await readiness(child, () => output)
  return {
    kind,
    instance,
    pid: child.pid ?? 0,
    url: ready.url ?? '',
    metricsUrl: ready.metrics_url ?? '',
    exited,
    output: () => output,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        const hardEnd = setTimeout(() => child.kill('SIGKILL'), 15_000)
        await exited
        clearTimeout(hardEnd)
      }
      return child.exitCode
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** What a process tells of itself once it is ready. */
interface Readiness {
  readonly url?: string
  readonly metrics_url?: string
}

function readiness(child: ChildProcess, output: () => string): Promise<Readiness> {
  return new Promise((resolve, reject) => {
    const tooLate = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`not ready after 45 s:\n${output()}`))
    }, 45_000)
    child.once('message', (message) => {
      clearTimeout(tooLate)
      resolve(message as Readiness)
    })
    child.once('exit', () => {
      clearTimeout(tooLate)
      reject(new Error(`ended before it was ready:\n${output()}`))
    })
  })
}
