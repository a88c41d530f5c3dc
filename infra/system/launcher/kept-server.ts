import { setTimeout as wait } from 'node:timers/promises'
import type { Say } from '../../say.ts'
import type { Ending, Server } from '../server.ts'
import { backoffMs } from '../backoff.ts'
import { endingFields, type SupervisorLog } from './supervisor-log.ts'

export interface KeptServerOptions {
  /** Starts it; with a port, there. */
  start(port?: number): Promise<Server>
  readonly log: SupervisorLog
  readonly say: Say
  onRestart(): void
}

/** A server that is brought back on its port when it dies, so that its clients find it again. */
export class KeptServer {
  readonly #options: KeptServerOptions
  readonly #stopping = new AbortController()
  #server: Server
  #restarting: Promise<void> = Promise.resolve()

  private constructor(server: Server, options: KeptServerOptions) {
    this.#server = server
    this.#options = options
    this.#watch()
  }

  static async start(options: KeptServerOptions): Promise<KeptServer> {
    return new KeptServer(await options.start(), options)
  }

  get server(): Server {
    return this.#server
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#restarting
    await this.#server.stop()
  }

  #watch(): void {
    void this.#server.exited.then((ending) => {
      this.#restarting = this.#restart(ending)
    })
  }

  async #restart(ending: Ending): Promise<void> {
    const { start, log, say, onRestart } = this.#options
    const { name, port, pid } = this.#server
    if (!this.#stopping.signal.aborted) {
      const fields = { ended_pid: pid, ...endingFields(ending), restart_in_ms: backoffMs(1) }
      log.warn(name, 'ended and will be started again', fields)
    }
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt += 1) {
      say(`[${name}] ended (${ending.signal ?? `exit code ${ending.code}`}); starting it again`)
      try {
        await wait(backoffMs(attempt), undefined, { signal: this.#stopping.signal })
        this.#server = await start(port)
      } catch (error) {
        if (this.#stopping.signal.aborted) continue
        log.warn(name, 'could not be started again', { err: error, restart_in_ms: backoffMs(attempt + 1) })
        say(`[${name}] ${(error as Error).message}`)
        continue
      }
      this.#watch()
      // First `running.json`, then the word: whoever reads that it is back finds it there.
      onRestart()
      log.info(name, 'was started again', { started_pid: this.#server.pid })
      return say(`[${name}] is back on port ${port} (process ${this.#server.pid})`)
    }
  }
}
