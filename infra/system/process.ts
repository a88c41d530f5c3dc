import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { closeSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { openLog, sizeOf } from '#shared/observability/log-file.ts'
import { LogWriter } from '#shared/observability/log-writer.ts'
import { ExplainedError } from '../explained-error.ts'
import { lastLines, readEnd } from '../lines-with.ts'
import type { Say } from '../say.ts'
import { until } from '../until.ts'
import { Echo } from './echo.ts'
import { endProcess, trySignal } from './process-control.ts'
import { backoffMs, launcherLog, type Supervisor } from './supervisor.ts'

const run = promisify(execFile)

/** Exit code or signal. */
interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ProcessPlan {
  /** In logs and messages: `gateway-1`, `postgres`. */
  readonly name: string
  /** With its version, where it has one. */
  readonly title?: string
  /** Path of the program. */
  readonly program: string
  /** Called for each start; makes what must be there before. */
  arguments(): readonly string[] | Promise<readonly string[]>
  readonly directory: string
  readonly environment: NodeJS.ProcessEnv
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  readonly logFile: string
  /** Where its warnings and errors are repeated. Its output then passes through this process. */
  readonly echo?: Say | undefined
  /** Asked until it says yes; a throw counts as not yet. Without it the process reports by `process.send({ready: true, …})`. */
  isReady?(pid: number): Promise<boolean>
  /** Of the first start; later ones may take 30 s at least. */
  readonly readyWithinMs: number
  readonly stopSignal: NodeJS.Signals
  readonly stopGraceMs: number
  /** Called with the process id as soon as there is one. */
  onSpawn?(pid: number): void
  /** Starts it again when it ends by itself after it was ready. */
  readonly supervisor?: Supervisor | undefined
}

/** What a process reports when it is ready. */
export interface Readiness {
  readonly url?: string
  readonly metrics_url?: string
}

/** A process that dies sooner than this again and again is given longer and longer pauses. */
const stableAfterMs = 10_000
const shownLines = 15
const outputBytes = 50_000
const lookEveryMs = 20
const readyAgainWithinMs = 30_000

/** One process of the system, of ours or a server: it can be stopped, killed, frozen and started again. */
export class Process {
  readonly name: string
  readonly logFile: string
  /** How often it ended although nobody had stopped or killed it. */
  crashes = 0
  readonly #plan: ProcessPlan
  readonly #stopping = new AbortController()
  #child: ChildProcess | undefined
  /** Resolves when it has ended, for whatever reason, and its last output is in the log. */
  #exited: Promise<Ending> = Promise.resolve({ code: null, signal: null })
  #readiness: Readiness | undefined
  #starts = 0
  #quickDeaths = 0
  #isFrozen = false
  /** Set by `kill`: when the supervisor starts it again, if at all. */
  #killed: { readonly restartAfterMs?: number } | undefined
  #restarting: Promise<void> = Promise.resolve()

  constructor(plan: ProcessPlan) {
    this.#plan = plan
    this.name = plan.name
    this.logFile = plan.logFile
  }

  /** Of the last start; 0 before the first. */
  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** What it reported; `undefined` while it is not ready. */
  get readiness(): Readiness | undefined {
    return this.#readiness
  }

  /** Starts it, or starts it again, and waits until it is ready. Throws `ExplainedError` with its last lines. */
  async start(): Promise<void> {
    const { arguments: makeArguments, logFile, title = this.name } = this.#plan
    this.#throwIfStopping()
    const args = await makeArguments()
    this.#throwIfStopping()
    mkdirSync(dirname(logFile), { recursive: true })
    const logStart = sizeOf(logFile)
    const failure = await this.#failureBeforeReady(this.#spawn(args))
    if (failure === null) return
    await this.#end()
    this.#throwIfStopping()
    const lines = lastLines(logFile, { count: shownLines, since: logStart })
    throw new ExplainedError(`${title} ${failure}. Its last lines (${logFile}):\n${lines}`)
  }

  /** Waits until it is ready, as after a kill; answers its process id. Throws after 30 s. */
  async ready(): Promise<number> {
    const patience = { timeoutMs: readyAgainWithinMs, everyMs: lookEveryMs, stopping: this.#stopping.signal }
    await until(`${this.name} is ready`, () => this.#readiness !== undefined, patience)
    return this.pid
  }

  /** SIGKILL, sent before this returns. Resolves when it is gone. A supervisor starts it again only after `restartAfterMs`, if given. */
  async kill(how: { readonly restartAfterMs?: number } = {}): Promise<void> {
    this.#killed = how
    this.signal('SIGKILL')
    await this.#exited
  }

  /** It keeps its connections and says nothing until `resume`. */
  async freeze(): Promise<void> {
    this.#isFrozen = true
    this.signal('SIGSTOP')
  }

  async resume(): Promise<void> {
    this.#isFrozen = false
    this.signal('SIGCONT')
  }

  /** Whether the operating system says that it stands still. */
  async isStopped(): Promise<boolean> {
    const { stdout } = await run('ps', ['-o', 'state=', '-p', String(this.pid)], { timeout: 5_000 })
    return stdout.trim().startsWith('T')
  }

  /** Asks it to finish, and kills it when that takes too long or `hurry` is aborted. It stays down. Answers its exit code. */
  async stop(hurry?: AbortSignal): Promise<number | null> {
    this.#stopping.abort()
    if (this.#isFrozen) await this.resume()
    await this.#end(hurry)
    await this.#restarting
    return this.#child?.exitCode ?? null
  }

  /** What it wrote last, for failures. */
  readonly output = (): string => readEnd(this.logFile, outputBytes).toString('utf8')

  protected signal(signal: NodeJS.Signals): void {
    if (!this.#hasEnded()) trySignal(this.pid, signal)
  }

  #throwIfStopping(): void {
    if (this.#stopping.signal.aborted) throw new ExplainedError(`${this.name} was stopped.`)
  }

  #spawn(args: readonly string[]): ChildProcess {
    const { program, directory, environment, user, logFile, echo, isReady, onSpawn } = this.#plan
    const log = echo === undefined ? openLog(logFile) : undefined
    const output = log ?? 'pipe'
    const child = spawn(program, args, {
      cwd: directory,
      env: environment,
      // Its own session: Ctrl-C in the terminal reaches us alone, and we stop everything in order.
      detached: true,
      stdio: ['ignore', output, output, ...(isReady === undefined ? (['ipc'] as const) : [])],
      ...user,
    })
    if (log !== undefined) closeSync(log)
    else this.#pipe(child)
    this.#starts += 1
    this.#killed = undefined
    this.#child = child
    const ended = Promise.withResolvers<Ending>()
    this.#exited = ended.promise
    let spawnedAt = performance.now()
    child.once('spawn', () => {
      spawnedAt = performance.now()
    })
    child.once('error', () => ended.resolve({ code: null, signal: null }))
    // It comes after `exit`, once the last output has arrived.
    child.once('close', (code, signal) => {
      const wasReady = this.#readiness !== undefined
      this.#readiness = undefined
      ended.resolve({ code, signal })
      if (wasReady) this.#afterEnd({ code, signal }, performance.now() - spawnedAt)
    })
    if (child.pid !== undefined) onSpawn?.(child.pid)
    return child
  }

  #pipe(child: ChildProcess): void {
    const { logFile, echo } = this.#plan
    const writer = new LogWriter(logFile)
    const repeat = new Echo({ instance: this.name, say: echo ?? (() => undefined) })
    child.stdout?.on('data', (chunk: Buffer) => {
      writer.write(chunk)
      repeat.write(chunk)
    })
    child.stderr?.on('data', (chunk: Buffer) => writer.write(chunk))
    child.once('close', () => writer.close())
  }

  /** Waits until it is ready (`null`) or cannot be any more (why). */
  async #failureBeforeReady(child: ChildProcess): Promise<string | null> {
    const { readyWithinMs: first } = this.#plan
    const withinMs = this.#starts === 1 ? first : Math.max(first, readyAgainWithinMs)
    const { promise, resolve } = Promise.withResolvers<string | null>()
    const over = new AbortController()
    const tooLate = setTimeout(() => resolve(`was not ready within ${withinMs / 1000} s`), withinMs)
    this.#stopping.signal.addEventListener('abort', () => resolve('was stopped'), { signal: over.signal })
    child.once('close', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`} before it was ready`))
    child.once('error', (error) => resolve(`could not be started: ${error.message}`))
    this.#whenReady(child, (readiness) => {
      if (this.#hasEnded()) return
      this.#readiness = readiness
      resolve(null)
    })
    const failure = await promise
    clearTimeout(tooLate)
    over.abort()
    return failure
  }

  #whenReady(child: ChildProcess, onReady: (readiness: Readiness) => void): void {
    const { isReady } = this.#plan
    if (isReady === undefined) {
      child.on('message', (message) => {
        if ((message as { ready?: boolean }).ready) onReady(message as Readiness)
      })
      return
    }
    const look = async (): Promise<void> => {
      while (child === this.#child && !this.#hasEnded() && !this.#stopping.signal.aborted) {
        if (await isReady(this.pid).catch(() => false)) return onReady({})
        await wait(lookEveryMs)
      }
    }
    void look()
  }

  #afterEnd(ending: Ending, livedMs: number): void {
    const { supervisor } = this.#plan
    const killed = this.#killed
    if (this.#stopping.signal.aborted) return
    if (killed === undefined) this.crashes += 1
    if (livedMs > stableAfterMs) this.#quickDeaths = 0
    const staysDown = killed !== undefined && killed.restartAfterMs === undefined
    if (supervisor !== undefined && !staysDown) {
      this.#restarting = this.#restart(supervisor, ending, killed?.restartAfterMs)
    }
  }

  async #restart({ say, onRestart }: Supervisor, ending: Ending, plannedPauseMs?: number): Promise<void> {
    const { signal } = this.#stopping
    const log = launcherLog(this.logFile, this.name)
    let reason: string = ending.signal ?? `exit code ${ending.code}`
    const { code, signal: endedBy } = ending
    let fields: object = { ended_pid: this.pid, ...(endedBy === null ? { exit_code: code } : { signal: endedBy }) }
    let planned = plannedPauseMs
    while (!signal.aborted) {
      if (planned === undefined) this.#quickDeaths += 1
      const pauseMs = planned ?? backoffMs(this.#quickDeaths)
      planned = undefined
      say(`[${this.name}] ended (${reason}); starting it again in ${pauseMs / 1000} s`)
      log.warn({ ...fields, restart_in_ms: pauseMs }, 'ended and will be started again')
      try {
        await wait(pauseMs, undefined, { signal })
        await this.start()
      } catch (error) {
        reason = (error as Error).message
        fields = { err: error }
        continue
      }
      // First `running.json`, then the message: a reader of the message finds it there.
      onRestart()
      log.info({ started_pid: this.pid }, 'was started again')
      return say(`[${this.name}] is back (process ${this.pid})`)
    }
  }

  async #end(hurry?: AbortSignal): Promise<void> {
    const { stopSignal, stopGraceMs } = this.#plan
    if (!this.#hasEnded()) {
      await endProcess({ pid: this.pid, signal: stopSignal, graceMs: stopGraceMs, ...(hurry && { hurry }) })
    }
    await this.#exited
  }

  #hasEnded(): boolean {
    const { pid, exitCode = null, signalCode = null } = this.#child ?? {}
    return pid === undefined || exitCode !== null || signalCode !== null
  }
}
