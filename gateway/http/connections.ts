import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { CutReason, GatewayMetrics } from '../metrics.ts'
import type { ClientAddresses } from './client-address.ts'

/** Requests that may wait on one connection while an earlier one is answered. */
const maxWaiting = 32
/** Requests of cut connections that may be in memory at once; the last packet, of 64 KB at most, may add another 3,600. */
const maxDiscarded = 2_000
/** Longest time for one answer, from its request to its last byte. */
const answerMs = 30_000
/** That time is measured in rounds: one timer serves all connections, and no request needs its own clock. */
const maxRounds = 6

interface Pending {
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

interface Connection {
  /** Undefined for trusted proxies. */
  readonly owner: string | undefined
  /** The latest request whose answer has begun or ended. */
  latest: Pending | undefined
  /** Whether that answer is still being sent. */
  isAnswering: boolean
  /** The round in which that answer began; undefined for a stream, which has no time limit. */
  beganIn: number | undefined
  readonly waiting: Pending[]
}

/**
 * The open connections of a gateway. Each connection gets one answer at a time: the next request begins when the previous answer has been
 * sent. So a client that does not read costs one answer, however many requests it sends. Cuts a connection that sends too many requests or
 * reads too slowly, and refuses one above the limit of its client.
 */
export class Connections {
  readonly #open = new Map<Duplex, Connection>()
  readonly #byOwner = new Map<string, number>()
  readonly #maxOfOwner: number
  readonly #clientAddresses: ClientAddresses
  readonly #metrics: GatewayMetrics
  readonly #rounds: NodeJS.Timeout
  #round = 0
  #discarded = 0
  #paused: Duplex[] = []

  /** `maxOfOwner`: connections of one address; trusted proxies may have any number. */
  constructor(parts: {
    maxOfOwner: number
    clientAddresses: ClientAddresses
    metrics: GatewayMetrics
    answerMs?: number
  }) {
    this.#maxOfOwner = parts.maxOfOwner
    this.#clientAddresses = parts.clientAddresses
    this.#metrics = parts.metrics
    this.#rounds = setInterval(() => this.#cutSlow(), (parts.answerMs ?? answerMs) / maxRounds).unref()
  }

  /** Ends the timer; connections stay open. */
  stop(): void {
    clearInterval(this.#rounds)
  }

  /** Listener of `connection`. */
  readonly add = (socket: Socket): void => {
    const owner = this.#clientAddresses.ownerOf(socket)
    if (owner !== undefined) {
      const count = this.#byOwner.get(owner) ?? 0
      if (count >= this.#maxOfOwner) {
        this.#metrics.connectionCut('too_many_of_address')
        socket.destroy()
        return
      }
      this.#byOwner.set(owner, count + 1)
    }
    const connection = { owner, latest: undefined, isAnswering: false, beganIn: 0, waiting: [] }
    this.#open.set(socket, connection)
    socket.once('close', () => this.#remove(socket, connection))
  }

  /** A listener of `request` that calls `answer` for one request of a connection at a time. */
  inTurn(answer: RequestListener): RequestListener {
    const begin = (connection: Connection, pending: Pending): void => {
      connection.latest = pending
      connection.isAnswering = true
      connection.beganIn = this.#round
      pending.res.on('close', onAnswered)
      answer(pending.req, pending.res)
    }
    const findOpen = (socket: Duplex): Connection | undefined => this.#open.get(socket)
    // One function for all responses: a closure for each would cost memory.
    function onAnswered(this: ServerResponse): void {
      const connection = findOpen(this.req.socket)
      if (connection === undefined) return
      connection.isAnswering = false
      const next = connection.waiting.shift()
      if (next !== undefined && !this.req.socket.destroyed) begin(connection, next)
    }
    return (req, res) => {
      const connection = this.#open.get(req.socket)
      // This request was parsed from the same bytes as the one for which the connection was cut.
      if (connection === undefined || req.socket.destroyed) return this.#discard()
      const pending = { req, res }
      if (!connection.isAnswering) begin(connection, pending)
      else if (connection.waiting.length < maxWaiting) connection.waiting.push(pending)
      else this.#cut(req.socket, 'pipelining')
    }
  }

  /**
   * Where to answer a request that could not be read. `'next'`: as the next answer of the connection. A response: the fault is in the body
   * of its request, so this response carries the answer. Undefined: send nothing, because the client would take it for the answer to
   * another request.
   */
  answerTarget(socket: Duplex): 'next' | ServerResponse | undefined {
    const connection = this.#open.get(socket)
    if (connection === undefined) return undefined
    const { latest, isAnswering, waiting } = connection
    if (latest === undefined) return 'next'
    const { req, res } = latest
    // The fault may be in the rest of a body whose request is already answered.
    if (!isAnswering) return req.complete ? 'next' : undefined
    return waiting.length === 0 && !req.complete && !res.headersSent ? res : undefined
  }

  /** Marks the current answer as a stream, which has no time limit here: its writer cuts slow readers and ends it in time. */
  allowStream(socket: Duplex): void {
    const connection = this.#open.get(socket)
    if (connection !== undefined) connection.beganIn = undefined
  }

  /**
   * Node parses all requests of a packet, and frees those of a cut connection when its socket is closed, at the end of this turn of the event
   * loop. The packets of many such connections in one turn could fill the memory; so beyond a limit no connection is read before the next turn.
   */
  #discard(): void {
    if (this.#discarded === 0) setImmediate(() => this.#endTurn())
    this.#discarded += 1
    if (this.#discarded !== maxDiscarded) return
    this.#paused = [...this.#open.keys()].filter((socket) => !socket.isPaused())
    for (const socket of this.#paused) socket.pause()
  }

  #endTurn(): void {
    this.#discarded = 0
    for (const socket of this.#paused) socket.resume()
    this.#paused = []
  }

  #cutSlow(): void {
    this.#round += 1
    for (const [socket, { isAnswering, beganIn = this.#round }] of this.#open) {
      if (isAnswering && this.#round - beganIn > maxRounds) this.#cut(socket, 'slow_reader')
    }
  }

  #cut(socket: Duplex, reason: CutReason): void {
    this.#metrics.connectionCut(reason)
    socket.destroy()
  }

  #remove(socket: Duplex, { owner }: Connection): void {
    this.#open.delete(socket)
    if (owner === undefined) return
    const left = (this.#byOwner.get(owner) ?? 1) - 1
    if (left === 0) this.#byOwner.delete(owner)
    else this.#byOwner.set(owner, left)
  }
}
