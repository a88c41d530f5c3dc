import { setTimeout as wait } from 'node:timers/promises'
import { type Kind, type RunningProcess, startProcess } from '../support/process.ts'
import { until } from '../support/until.ts'

export interface InstancePlan {
  readonly kind: Kind
  readonly name: string
  readonly env: NodeJS.ProcessEnv
  onOutput(text: string): void
}

/** As a launcher's: a process that cannot start because others are away tries again. */
const startAgainMs = 300
/** Under load, with its servers away for a while. */
const readyWithinMs = 30_000

/** One process of the system, started again whenever it ends, as a launcher would. */
export class Instance {
  readonly kind: Kind
  readonly name: string
  /** How often it ended although nobody had killed it. */
  crashes = 0
  readonly #plan: InstancePlan
  readonly #ending = new AbortController()
  readonly #kept: Promise<void>
  #running: RunningProcess | undefined
  /** Where it listened first: its successors must be found at the same place. */
  #port = 0
  #restartAfterMs = startAgainMs
  #killed = false

  constructor(plan: InstancePlan) {
    this.#plan = plan
    this.kind = plan.kind
    this.name = plan.name
    this.#kept = this.#keepRunning()
  }

  get port(): number {
    return this.#port
  }

  /** Waits until it runs; its process id. */
  async ready(): Promise<number> {
    await until(`${this.name} is ready`, () => this.#running !== undefined, { timeoutMs: readyWithinMs })
    return this.#running?.pid ?? 0
  }

  /** SIGKILL; its successor starts after that time. */
  async kill({ restartAfterMs }: { restartAfterMs: number }): Promise<void> {
    this.#killed = true
    this.#restartAfterMs = restartAfterMs
    const killed = this.#running
    await killed?.kill()
    await until(`${this.name} is gone`, () => this.#running !== killed)
  }

  /** Ends it for good, wherever it is. */
  async end(): Promise<void> {
    this.#ending.abort()
    await this.#kept
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#ending
    while (!signal.aborted) {
      try {
        this.#running = await startProcess({
          ...this.#plan,
          instance: this.name,
          port: this.#port,
          detached: true,
          signal,
        })
        if (this.#running.url !== '') this.#port = Number(new URL(this.#running.url).port)
        await this.#running.exited
        if (!this.#killed && !signal.aborted) this.crashes += 1
      } catch (error) {
        if (!signal.aborted) this.#plan.onOutput(`chaos: ${this.name} could not start: ${(error as Error).message}\n`)
      }
      this.#running = undefined
      this.#killed = false
      await wait(this.#restartAfterMs, undefined, { signal }).catch(() => undefined)
      this.#restartAfterMs = startAgainMs
    }
  }
}
