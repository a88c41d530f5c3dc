import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { lastLines, sizeOf } from '#shared/observability/log-file.ts'
import { LogWriter } from '#shared/observability/log-writer.ts'
import type { DatabaseUser, NatsUser } from '#shared/process/config.ts'
import { projectRoot } from '../../config.ts'
import { ExplainedError } from '../../explained-error.ts'
import type { Say } from '../../say.ts'
import { endProcess } from '../process-control.ts'
import { backoffMs } from '../backoff.ts'
import { Echo } from './echo.ts'
import { endingFields, SupervisorLog } from './supervisor-log.ts'

export interface ChildPlan {
  /** What it is: `gateway`, `event worker`. */
  readonly name: string
  readonly instance: string
  /** Path in the project. */
  readonly script: string
  readonly args: readonly string[]
  /** As whom it connects to NATS, where it does. */
  readonly natsUser?: NatsUser
  /** As whom it connects to PostgreSQL, where it does. */
  readonly databaseUser?: DatabaseUser
  /** Beside what all of them get. */
  readonly environment?: Readonly<Record<string, string>>
  readonly port?: number
  /** Of `/metrics`, where that is not `port`. */
  readonly metricsPort?: number
}

export interface ChildOptions {
  readonly environment: NodeJS.ProcessEnv
  readonly logDirectory: string
  readonly say: Say
  /** Called when it has come back after a death, under another process id. */
  onRestart(): void
}

const readyWithinMs = 30_000
/** An application finishes its requests within 10 s of SIGTERM. */
const stopGraceMs = 12_000
/** One that dies sooner than this again and again is given longer and longer pauses. */
const stableAfterMs = 10_000
const shownLines = 15

/** One process of the application, restarted when it dies until it is told to stop. */
export class Child {
  readonly plan: ChildPlan
  readonly #options: ChildOptions
  readonly #log: LogWriter
  readonly #supervisorLog: SupervisorLog
  readonly #stopping = new AbortController()
  #process: ChildProcess | undefined
  /** Resolves when the process has ended and its last output is in the log. */
  #closed: Promise<unknown> = Promise.resolve()
  #quickDeaths = 0

  constructor(plan: ChildPlan, options: ChildOptions) {
    this.plan = plan
    this.#options = options
    this.#log = new LogWriter(join(options.logDirectory, `${plan.instance}.log`))
    this.#supervisorLog = new SupervisorLog(options.logDirectory)
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  /** Starts it and waits until it says that it is ready. Throws `ExplainedError` with its last lines when it does not. */
  async start(): Promise<void> {
    this.#stopping.signal.throwIfAborted()
    const logStart = sizeOf(this.#log.file)
    const child = this.#spawn()
    const failure = await this.#failureBeforeReady(child)
    if (failure === null) {
      const readyAt = performance.now()
      child.once('close', (code, signal) => {
        if (performance.now() - readyAt > stableAfterMs) this.#quickDeaths = 0
        void this.#restart(signal ?? `exit code ${code}`, { ended_pid: child.pid, ...endingFields({ code, signal }) })
      })
      return
    }
    await this.#end()
    if (this.#stopping.signal.aborted) throw new ExplainedError('Stopped while starting.')
    const lines = lastLines(this.#log.file, { count: shownLines, since: logStart })
    throw new ExplainedError(`${this.plan.instance} ${failure}. Its last lines (${this.#log.file}):\n${lines}`)
  }

  /** Asks it to finish, and kills it when that takes too long or `hurry` is aborted. */
  async stop(hurry: AbortSignal): Promise<void> {
    this.#stopping.abort()
    await this.#end(hurry)
    this.#log.close()
  }

  #spawn(): ChildProcess {
    const { script, args, environment } = this.plan
    const child = spawn(process.execPath, [script, ...args], {
      cwd: projectRoot,
      env: { ...this.#options.environment, ...environment },
      // Its own session: Ctrl-C in the terminal reaches the launcher alone, which stops everything in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const echo = new Echo({ instance: this.plan.instance, say: this.#options.say })
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#log.write(chunk)
      echo.write(chunk)
    })
    child.stderr?.on('data', (chunk: Buffer) => this.#log.write(chunk))
    this.#process = child
    this.#closed = new Promise((resolve) => child.once('close', resolve).once('error', resolve))
    return child
  }

  /** Waits until it is ready (`null`) or cannot be any more (why). */
  #failureBeforeReady(child: ChildProcess): Promise<string | null> {
    return new Promise((resolve) => {
      child.on('message', (message) => {
        if ((message as { ready?: boolean }).ready) resolve(null)
      })
      // `close` comes after `exit`, once the last output has arrived.
      child.once('close', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`} before it was ready`))
      child.once('error', (error) => resolve(`could not be started: ${error.message}`))
      const outOfTime = AbortSignal.timeout(readyWithinMs)
      outOfTime.addEventListener('abort', () => resolve(`was not ready within ${readyWithinMs / 1000} s`))
      this.#stopping.signal.addEventListener('abort', () => resolve('was stopped'))
    })
  }

  /** `fields` of the log line tell how it ended. */
  async #restart(reason: string, fields: object): Promise<void> {
    const { say, onRestart } = this.#options
    const { instance } = this.plan
    while (!this.#stopping.signal.aborted) {
      this.#quickDeaths += 1
      const pauseMs = backoffMs(this.#quickDeaths)
      say(`[${instance}] ended (${reason}); starting it again in ${pauseMs / 1000} s`)
      this.#supervisorLog.warn(instance, 'ended and will be started again', { ...fields, restart_in_ms: pauseMs })
      try {
        await wait(pauseMs, undefined, { signal: this.#stopping.signal })
        await this.start()
      } catch (error) {
        reason = (error as Error).message
        fields = { err: error }
        continue
      }
      // First `running.json`, then the word: whoever reads that it is back finds it there.
      onRestart()
      this.#supervisorLog.info(instance, 'was started again', { started_pid: this.pid })
      return say(`[${instance}] is back (process ${this.pid})`)
    }
  }

  async #end(hurry?: AbortSignal): Promise<void> {
    const pid = this.#process?.pid
    const hasEnded = this.#process?.exitCode !== null || this.#process.signalCode !== null
    if (pid !== undefined && !hasEnded) {
      await endProcess({ pid, signal: 'SIGTERM', graceMs: stopGraceMs, ...(hurry && { hurry }) })
    }
    await this.#closed
  }
}
