import { setTimeout as wait } from 'node:timers/promises'
import type { Say } from '../say.ts'
import type { Server } from '../servers/server.ts'
import { backoffMs } from './backoff.ts'

export interface KeptServerOptions {
  /** Starts it; with a port, there. */
  start(port?: number): Promise<Server>
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
    void this.#server.exited.then(() => {
      this.#restarting = this.#restart()
    })
  }

  async #restart(): Promise<void> {
    const { start, say, onRestart } = this.#options
    const { name, port } = this.#server
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt += 1) {
      say(`[${name}] ended; starting it again`)
      try {
        await wait(backoffMs(attempt), undefined, { signal: this.#stopping.signal })
        this.#server = await start(port)
      } catch (error) {
        if (!this.#stopping.signal.aborted) say(`[${name}] ${(error as Error).message}`)
        continue
      }
      this.#watch()
      // First `running.json`, then the word: whoever reads that it is back finds it there.
      onRestart()
      return say(`[${name}] is back on port ${port} (process ${this.#server.pid})`)
    }
  }
}
