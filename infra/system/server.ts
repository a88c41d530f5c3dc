import { rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive } from '#shared/process/config.ts'
import { ExplainedError } from '../explained-error.ts'
import { readJson } from '../kept-file.ts'
import { until } from '../until.ts'
import { freePort } from './free-port.ts'
import { Process, type ProcessPlan } from './process.ts'
import { endProcess, isProcess, type KnownProcess, trySignal, withChildren } from './process-control.ts'
import type { Program } from './programs/program.ts'
import type { Supervisor } from './supervisor.ts'

export interface ServerOptions {
  /** Holds the server's folder and `logs/`. Two servers of a kind need two. */
  readonly dataDirectory: string
  /** Where its clients look for it; else a free one. */
  readonly port?: number | undefined
  readonly supervisor?: Supervisor | undefined
}

/** A server on one port. */
export interface ServerPlan extends Pick<ProcessPlan, 'name' | 'arguments' | 'readyWithinMs' | 'stopSignal' | 'user'> {
  readonly program: Program
  readonly url: string
  /** Shows up in the command line of this very server and no other. */
  readonly commandLinePart: string
  /** Whether it answers, and not another server that got hold of the port before it; a throw counts as not yet. */
  isReady(pid: number): Promise<boolean>
  /** What it reads from its environment, such as secrets, which a command line would show to everybody. */
  readonly environment?: Readonly<Record<string, string>>
  /** What it knows lies here, where it may be forgotten. */
  readonly ownDirectory?: string
}

const stopGraceMs = 10_000
const portAttempts = 5
const goneWithinMs = 5_000

/** A private server on 127.0.0.1. */
export class Server extends Process {
  readonly port: number
  readonly url: string
  readonly version: string
  readonly #pidFile: string
  readonly #ownDirectory: string | undefined

  constructor(plan: ServerPlan, { dataDirectory, supervisor }: ServerOptions, port: number) {
    const { program, url, commandLinePart, ownDirectory, ...process } = plan
    const pidFile = pidFileOf(dataDirectory, plan.name)
    super({
      ...process,
      title: `${plan.name} ${program.version}`,
      program: program.path,
      directory: '/',
      environment: { ...program.environment, ...plan.environment },
      logFile: join(dataDirectory, 'logs', `${plan.name}.log`),
      isReady: (pid) => plan.isReady(pid),
      stopGraceMs,
      onSpawn: (pid) => writeFileSync(pidFile, JSON.stringify({ pid, commandLinePart } satisfies KnownProcess)),
      supervisor,
    })
    this.port = port
    this.url = url
    this.version = program.version
    this.#pidFile = pidFile
    this.#ownDirectory = ownDirectory
  }

  /** As when its machine stops: it is gone from one moment to the next, with all it started. */
  override async kill(how?: { readonly restartAfterMs?: number }): Promise<void> {
    const pids = await withChildren(this.pid)
    const killed = super.kill(how)
    for (const pid of pids) trySignal(pid, 'SIGKILL')
    await killed
    await until('they are gone', () => !pids.some(isAlive), { timeoutMs: goneWithinMs, everyMs: 10 }).catch(
      () => undefined,
    )
  }

  /** With all it started, which would go on without it. */
  override async freeze(): Promise<void> {
    await super.freeze()
    await this.#signalChildren('SIGSTOP')
  }

  override async resume(): Promise<void> {
    await super.resume()
    await this.#signalChildren('SIGCONT')
  }

  /** Starts it again after `kill`, on the same port, with what its disk holds or with nothing. */
  async restart({ withData = true } = {}): Promise<void> {
    if (!withData) {
      if (this.#ownDirectory === undefined) throw new Error(`${this.name} does not forget`)
      await rm(this.#ownDirectory, { recursive: true, force: true })
    }
    await this.start()
  }

  override async stop(hurry?: AbortSignal): Promise<number | null> {
    const code = await super.stop(hurry)
    rmSync(this.#pidFile, { force: true })
    return code
  }

  async #signalChildren(signal: NodeJS.Signals): Promise<void> {
    const [, ...children] = await withChildren(this.pid)
    for (const pid of children) trySignal(pid, signal)
  }
}

/** Starts a server, ending one that a killed launcher left on the same data. Throws `ExplainedError` with its last lines. */
export async function startServer(planOn: (port: number) => ServerPlan, options: ServerOptions): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort())
    const plan = planOn(port)
    if (attempt === 1) await endLeftover(pidFileOf(options.dataDirectory, plan.name))
    const server = new Server(plan, options, port)
    try {
      await server.start()
      return server
    } catch (error) {
      await server.stop()
      const mayTryAnother = options.port === undefined && attempt < portAttempts
      if (!(mayTryAnother && /address already in use/i.test(String(error)))) throw error
    }
  }
}

interface Stoppable {
  stop(): Promise<unknown>
}

/** Starts all of them at once. When one cannot be started, none is left, and it throws what each had to say. */
export async function startAll<Starts extends readonly (Promise<Stoppable> | undefined)[] | []>(
  starts: Starts,
): Promise<{ -readonly [Index in keyof Starts]: Awaited<Starts[Index]> }> {
  const outcomes = await Promise.allSettled(starts)
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : []))
  if (failures.length === 0) return Promise.all(starts)
  await stopAll(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined)))
  if (failures.length === 1) throw failures[0]
  throw new ExplainedError(failures.map(({ message }) => message).join('\n\n'), { cause: failures[0] })
}

export async function stopAll(parts: readonly (Stoppable | undefined)[]): Promise<void> {
  await Promise.all(parts.map((part) => part?.stop()))
}

/** Ends the server that a pid file names, when it still runs. */
export async function endLeftover(pidFile: string): Promise<void> {
  const left = readJson<KnownProcess>(pidFile)
  if (left && (await isProcess(left))) {
    // SIGINT is the fast but clean shutdown of PostgreSQL and a plain one of all others.
    await endProcess({ pid: left.pid, signal: 'SIGINT', graceMs: stopGraceMs })
  }
  rmSync(pidFile, { force: true })
}

/** Names the process that uses the data, while one does. */
export function pidFileOf(dataDirectory: string, name: string): string {
  return join(dataDirectory, `${name}.pid.json`)
}
