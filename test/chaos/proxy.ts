import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Which way answers travel on an edge: a worker answers towards NATS, a database towards the worker. */
export type ReplyDirection = 'to client' | 'to server'

export interface ProxyCounts {
  /** Opened since the start. */
  connections: number
  bytes: number
  repliesLost: number
  /** Connections reset by `cut`. */
  cut: number
  /** Bytes that had to wait while it was frozen. */
  withheld: number
  /** Bytes that came in while it was a black hole. */
  swallowed: number
}

interface Connection {
  readonly openedAt: number
  readonly client: Socket
  /** Absent when it was accepted by a black hole. */
  readonly server: Socket | undefined
  /** What waits for the end of a freeze, in order. */
  readonly waiting: { readonly to: Socket; readonly bytes: Buffer }[]
  /** Some of its bytes are gone: it can never make sense again. */
  spoiled: boolean
}

type Mode = 'pass' | 'freeze' | 'black hole'

/** A freeze keeps at most this many bytes of one connection; beyond it the connection is reset. */
const maxWaitingBytes = 8 * 1024 * 1024
/** A younger connection may still be shaking hands, which nobody waits for an answer to. */
export const settledAfterMs = 250

/** One edge of the system: a TCP port that leads to a server, and can be told to do it badly. */
export class FaultProxy {
  readonly port: number
  readonly counts: ProxyCounts = { connections: 0, bytes: 0, repliesLost: 0, cut: 0, withheld: 0, swallowed: 0 }
  readonly #server: Server
  readonly #replies: ReplyDirection
  readonly #targetPort: () => number
  readonly #open = new Set<Connection>()
  #mode: Mode = 'pass'
  #repliesToLose = 0

  private constructor(server: Server, { targetPort, replies }: { targetPort: () => number; replies: ReplyDirection }) {
    this.#server = server
    this.#targetPort = targetPort
    this.#replies = replies
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (socket) => this.#accept(socket))
  }

  /** `targetPort` is asked for each connection: a restarted server may be found on another port. */
  static async start(options: { targetPort: () => number; replies: ReplyDirection }): Promise<FaultProxy> {
    const server = createServer({ noDelay: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new FaultProxy(server, options)
  }

  /** Everything goes through again. What a freeze kept is delivered now, even of callers who have left since. */
  pass(): void {
    this.#mode = 'pass'
    this.#repliesToLose = 0
    for (const connection of this.#open) {
      if (connection.spoiled) reset(connection)
      else this.#deliverWaiting(connection)
    }
  }

  /** Bytes stop, connections stay. */
  freeze(): void {
    this.#mode = 'freeze'
  }

  /** Accepts connections and reads what they say, but nobody is there. */
  blackHole(): void {
    this.#mode = 'black hole'
  }

  /** Resets every connection. */
  cut(): void {
    for (const connection of this.#open) {
      this.counts.cut += 1
      reset(connection)
    }
  }

  /** Each of the next `count` answers vanishes together with its connection: what it answers has happened. */
  loseReplies(count: number): void {
    this.#repliesToLose = count
  }

  async close(): Promise<void> {
    for (const connection of this.#open) reset(connection)
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }

  #accept(client: Socket): void {
    this.counts.connections += 1
    const server =
      this.#mode === 'black hole'
        ? undefined
        : connect({ host: '127.0.0.1', port: this.#targetPort(), noDelay: true, autoSelectFamily: false })
    const openedAt = performance.now()
    const connection: Connection = { openedAt, client, server, waiting: [], spoiled: server === undefined }
    this.#open.add(connection)
    client.on('data', (bytes) => this.#carry(connection, { from: client, to: server, bytes, way: 'to server' }))
    server?.on('data', (bytes) => this.#carry(connection, { from: server, to: client, bytes, way: 'to client' }))
    for (const socket of [client, server]) {
      socket?.on('error', () => undefined)
      socket?.once('close', () => this.#ended(connection))
    }
  }

  #carry(
    connection: Connection,
    { from, to, bytes, way }: { from: Socket; to: Socket | undefined; bytes: Buffer; way: ReplyDirection },
  ): void {
    this.counts.bytes += bytes.length
    if (this.#mode === 'black hole' || to === undefined) {
      this.counts.swallowed += bytes.length
      connection.spoiled = true
    } else if (way === this.#replies && this.#repliesToLose > 0 && isSettled(connection)) {
      this.#repliesToLose -= 1
      this.counts.repliesLost += 1
      reset(connection)
    } else if (this.#mode === 'freeze') {
      this.counts.withheld += bytes.length
      connection.waiting.push({ to, bytes })
      if (connection.waiting.reduce((sum, { bytes }) => sum + bytes.length, 0) > maxWaitingBytes) reset(connection)
    } else if (!to.write(bytes)) {
      from.pause()
      to.once('drain', () => from.resume())
    }
  }

  /** One side left. While it is frozen, what it sent before it left still arrives later, as in a real network. */
  #ended(connection: Connection): void {
    if (this.#mode === 'freeze' && connection.waiting.some(({ to }) => !to.destroyed)) return
    this.#open.delete(connection)
    connection.client.destroy()
    connection.server?.destroy()
  }

  #deliverWaiting(connection: Connection): void {
    const { client, server, waiting } = connection
    for (const { to, bytes } of waiting.splice(0)) if (!to.destroyed) to.write(bytes)
    if (client.destroyed || server?.destroyed) {
      this.#open.delete(connection)
      client.destroySoon()
      server?.destroySoon()
    }
  }
}

function isSettled({ openedAt }: Connection): boolean {
  return performance.now() - openedAt > settledAfterMs
}

function reset({ client, server }: Connection): void {
  for (const socket of [client, server]) {
    // Node 24 never closes a socket that is reset while it says goodbye, and then cannot end itself.
    if (socket?.writableEnded) socket.destroy()
    else socket?.resetAndDestroy()
  }
}
