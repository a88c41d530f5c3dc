import { type Kind, type RunningProcess, startProcess } from '../../../support/process.ts'

export interface ProcessPlan {
  readonly kind: Kind
  readonly env: NodeJS.ProcessEnv
  onOutput(text: string): void
}

/** A process that can be killed and then starts again, where its clients find it. */
export class MortalProcess {
  readonly #plan: ProcessPlan
  readonly #ending = new AbortController()
  #running: RunningProcess | undefined
  #starting: Promise<RunningProcess>

  constructor(plan: ProcessPlan) {
    this.#plan = plan
    this.#starting = this.#start()
  }

  /** Where it listens; '' before it was ready, and for workers. */
  get url(): string {
    return this.#running?.url ?? ''
  }

  /** Waits until it runs and answers its process id. Rejects when it cannot start, or is ended. */
  async ready(): Promise<number> {
    return (await this.#starting).pid
  }

  /** SIGKILL, sent before this returns; resolves when it is gone. Its successor is on its way then. */
  async kill(): Promise<void> {
    await this.#running?.kill()
    this.#starting = this.#start()
  }

  /** Ends it for good, at once. */
  async end(): Promise<void> {
    this.#ending.abort()
    await this.#starting.then(({ exited }) => exited).catch(() => undefined)
  }

  #start(): Promise<RunningProcess> {
    const { kind, env, onOutput } = this.#plan
    const starting = startProcess({
      kind,
      instance: `${kind}-1`,
      env,
      port: Number(this.url === '' ? 0 : new URL(this.url).port),
      // Ctrl-C in a terminal does not reach it.
      detached: true,
      signal: this.#ending.signal,
      onOutput,
    }).then((running) => {
      this.#running = running
      return running
    })
    // Whoever waits for it hears of a failure.
    starting.catch(() => undefined)
    return starting
  }
}
