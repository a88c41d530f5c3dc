import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Kind } from './application.ts'

/** Which way replies travel on a link: a worker replies towards NATS, a database towards the worker. */
export type ReplyDirection = 'to client' | 'to server'

/** A proxied connection between two parts of the system; all instances of a kind share it. */
export interface LinkPlan {
  readonly client: Kind
  readonly server: 'nats' | 'redis' | 'postgres' | 'sandbox' | 'gateway'
  readonly replies: ReplyDirection
}

/** `purchase → sandbox`. */
export function nameOf({ client, server }: Pick<LinkPlan, 'client' | 'server'>): string {
  return `${client} → ${server}`
}

/** One request of a client, and what happens when it is seen. */
export interface Interception {
  /**
   * Matches the request in what the client sends, read as Latin-1. Its group `reply` is found in the reply; without one the next bytes
   * on the same connection are the reply.
   */
  readonly request: RegExp
  /** `before`: the server never gets the request. `after`: the client never gets the reply. */
  readonly when: 'before' | 'after'
  /** Called once. Its connection carries nothing more. */
  act(): void
}

export interface LinkCounts {
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
  /** It carries nothing more. */
  isDead: boolean
  /** Its replies wait. */
  isWithheld: boolean
}

type Mode = 'pass' | 'freeze' | 'black hole'

/** A freeze keeps at most this many bytes of one connection; beyond it the connection is reset. */
const maxWaitingBytes = 8 * 1024 * 1024
/** A younger connection may still be shaking hands: no request waits for that reply. */
export const settledAfterMs = 250

/** A TCP proxy in front of a server, which can inject faults. */
export class Link {
  readonly port: number
  readonly counts: LinkCounts = { connections: 0, bytes: 0, repliesLost: 0, cut: 0, withheld: 0, swallowed: 0 }
  readonly #server: Server
  readonly #replies: ReplyDirection
  readonly #targetPort: () => number
  readonly #open = new Set<Connection>()
  #mode: Mode = 'pass'
  #repliesToLose = 0
  #interception: Interception | undefined
  #withheld: ((request: string) => boolean) | undefined
  /** The intercepted request has passed; its reply has not. */
  #awaited: { readonly connection: Connection; readonly mark: string } | undefined

  private constructor(server: Server, { targetPort, replies }: { targetPort: () => number; replies: ReplyDirection }) {
    this.#server = server
    this.#targetPort = targetPort
    this.#replies = replies
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (socket) => this.#accept(socket))
  }

  /** `targetPort` is asked for each connection: a restarted server may be found on another port. `port`: any by default. */
  static async start(options: { targetPort: () => number; replies: ReplyDirection; port?: number }): Promise<Link> {
    const server = createServer({ noDelay: true })
    server.listen(options.port ?? 0, '127.0.0.1')
    await once(server, 'listening')
    return new Link(server, options)
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

  /** Accepts connections and reads, but never answers. */
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

  /** Each of the next `count` replies vanishes together with its connection: what it replies to has happened. */
  loseReplies(count: number): void {
    this.#repliesToLose = count
  }

  /** Acts on the next such request; only one may be awaited at a time. */
  intercept(interception: Interception): void {
    this.#interception = interception
    this.#awaited = undefined
  }

  /** Replies to such requests wait until the function that this answers is called. Other connections go on. */
  withholdReplies(isWithheld: (request: string) => boolean): () => void {
    this.#withheld = isWithheld
    return () => {
      this.#withheld = undefined
      for (const connection of this.#open) {
        if (!connection.isWithheld) continue
        connection.isWithheld = false
        this.#deliverWaiting(connection)
      }
    }
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
    const connection: Connection = {
      openedAt,
      client,
      server,
      waiting: [],
      spoiled: server === undefined,
      isDead: false,
      isWithheld: false,
    }
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
    if (connection.isDead || this.#intercepts(connection, way, bytes)) return
    if (way === 'to server' && this.#withheld !== undefined) {
      connection.isWithheld = this.#withheld(bytes.toString('latin1')) || connection.isWithheld
    }
    if (this.#mode === 'black hole' || to === undefined) {
      this.counts.swallowed += bytes.length
      connection.spoiled = true
    } else if (way === this.#replies && this.#repliesToLose > 0 && isSettled(connection)) {
      this.#repliesToLose -= 1
      this.counts.repliesLost += 1
      reset(connection)
    } else if (this.#mode === 'freeze' || (way === 'to client' && connection.isWithheld)) {
      this.counts.withheld += bytes.length
      connection.waiting.push({ to, bytes })
      if (connection.waiting.reduce((sum, { bytes }) => sum + bytes.length, 0) > maxWaitingBytes) reset(connection)
    } else if (!to.write(bytes)) {
      from.pause()
      to.once('drain', () => from.resume())
    }
  }

  /** Whether these bytes are the moment that was awaited: then they go nowhere. */
  #intercepts(connection: Connection, way: ReplyDirection, bytes: Buffer): boolean {
    const interception = this.#interception
    if (interception === undefined) return false
    const text = bytes.toString('latin1')
    if (this.#awaited === undefined) {
      const match = way === 'to server' ? interception.request.exec(text) : null
      if (match === null) return false
      if (interception.when === 'after') {
        this.#awaited = { connection, mark: match.groups?.reply ?? '' }
        return false
      }
    } else if (connection !== this.#awaited.connection || way === 'to server' || !text.includes(this.#awaited.mark)) {
      return false
    }
    connection.isDead = true
    this.#interception = undefined
    this.#awaited = undefined
    interception.act()
    return true
  }

  /** One side left. While it is frozen, what it sent before it left still arrives later, as in a real network. */
  #ended(connection: Connection): void {
    if ((this.#mode === 'freeze' || connection.isWithheld) && connection.waiting.some(({ to }) => !to.destroyed)) return
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
