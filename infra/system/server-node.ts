import { endAtOnce } from './process-control.ts'
import type { Server, ServerOptions } from './server.ts'

/** Starts a server: without a port on any free one, with it where it was before. */
export type StartServer = (where: Pick<ServerOptions, 'port'>) => Promise<Server>

/** One of several servers that work together: it can die and come back where it was. */
export class ServerNode {
  readonly #start: StartServer
  #server: Server

  private constructor(start: StartServer, server: Server) {
    this.#start = start
    this.#server = server
  }

  /** `start` is called again for each restart. */
  static async start(start: StartServer): Promise<ServerNode> {
    return new ServerNode(start, await start({}))
  }

  get name(): string {
    return this.#server.name
  }

  get url(): string {
    return this.#server.url
  }

  get port(): number {
    return this.#server.port
  }

  get pid(): number {
    return this.#server.pid
  }

  get version(): string {
    return this.#server.version
  }

  /** As when its machine stops: it is gone from one moment to the next, with all it started. */
  async kill(): Promise<void> {
    await endAtOnce(this.pid)
    await this.#server.exited
  }

  /** Starts it again, after `kill`, on the same port and with what its disk holds. */
  async restart(): Promise<void> {
    this.#server = await this.#start({ port: this.port })
  }

  async stop(): Promise<void> {
    await this.#server.stop()
  }
}

/** Starts all of them at once. When one does not start, none is left. */
export async function startNodes(starts: readonly StartServer[]): Promise<ServerNode[]> {
  const outcomes = await Promise.allSettled(starts.map((start) => ServerNode.start(start)))
  const nodes = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const failure = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failure === undefined) return nodes
  await stopNodes(nodes)
  throw failure.reason
}

export async function stopNodes(nodes: readonly ServerNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop()))
}
