import { rm } from 'node:fs/promises'
import { isAlive } from '#shared/process/config.ts'
import { withChildren } from '../../infra/system/process-control.ts'
import type { Server, ServerOptions } from '../../infra/system/server.ts'
import { until } from '../support/until.ts'

interface Plan {
  readonly dataDirectory: string
  /** What it knows lies here. */
  readonly ownDirectory: string
  start(options: ServerOptions): Promise<Server>
}

/** A server that can be killed and found again at the same port, with its data or without. */
export class RestartableServer {
  readonly #plan: Plan
  #server: Server

  private constructor(plan: Plan, server: Server) {
    this.#plan = plan
    this.#server = server
  }

  static async start(plan: Plan): Promise<RestartableServer> {
    return new RestartableServer(plan, await plan.start({ dataDirectory: plan.dataDirectory }))
  }

  get pid(): number {
    return this.#server.pid
  }

  get port(): number {
    return this.#server.port
  }

  get url(): string {
    return this.#server.url
  }

  async start(): Promise<void> {
    this.#server = await this.#plan.start({ dataDirectory: this.#plan.dataDirectory, port: this.port })
  }

  /** To the server and all its children: a postmaster alone could not stand still. */
  async signal(signal: NodeJS.Signals): Promise<number[]> {
    const pids = await withChildren(this.pid)
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, signal)
    return pids
  }

  /** SIGKILL to all of it, as when the machine stops. */
  async kill(): Promise<void> {
    const pids = await this.signal('SIGKILL')
    await this.#server.exited
    await until('its children are gone', () => !pids.some(isAlive))
  }

  /** Removes its data; for a server that does not run. */
  async forget(): Promise<void> {
    await rm(this.#plan.ownDirectory, { recursive: true, force: true })
  }

  async stop(): Promise<void> {
    if (isAlive(this.pid)) await this.signal('SIGCONT')
    await this.#server.stop()
  }
}
