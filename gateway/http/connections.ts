import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { CutReason, GatewayMetrics } from '../metrics.ts'
import type { ClientAddresses } from './client-address.ts'

/** Requests of one connection that may wait while the one before them is answered. */
const maxWaiting = 32
/** How long one answer may take, from its request to its last byte. */
const answerMs = 30_000
/** In how many rounds that time is measured: one timer for all connections, and no clock for each request. */
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
  /** Whether that answer is still on its way. */
  isAnswering: boolean
  /** The round in which it began; undefined for a stream, which may take any time. */
  beganIn: number | undefined
  readonly waiting: Pending[]
}

/**
 * The open connections of a gateway. One request of a connection is answered at a time: the next begins when the answer before it has
 * left, so a client that does not read costs one answer, however many requests it sends. Cuts connections that send too many, read too
 * slowly, or are too many of one client.
 */
export class Connections {
  readonly #open = new Map<Duplex, Connection>()
  readonly #byOwner = new Map<string, number>()
  readonly #maxOfOwner: number
  readonly #clientAddresses: ClientAddresses
  readonly #metrics: GatewayMetrics
  readonly #rounds: NodeJS.Timeout
  #round = 0

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

  /** A listener of `request` that has `answer` answer one request of a connection after the other. */
  inTurn(answer: RequestListener): RequestListener {
    const begin = (connection: Connection, pending: Pending): void => {
      connection.latest = pending
      connection.isAnswering = true
      connection.beganIn = this.#round
      pending.res.on('close', onAnswered)
      answer(pending.req, pending.res)
    }
    const findOpen = (socket: Duplex): Connection | undefined => this.#open.get(socket)
    // One function for all responses, so that none needs a closure of its own.
    function onAnswered(this: ServerResponse): void {
      const connection = findOpen(this.req.socket)
      if (connection === undefined) return
      connection.isAnswering = false
      const next = connection.waiting.shift()
      if (next !== undefined && !this.req.socket.destroyed) begin(connection, next)
    }
    return (req, res) => {
      const connection = this.#open.get(req.socket)
      // Parsed from the same bytes as the request for which its connection was cut.
      if (connection === undefined || req.socket.destroyed) return
      const pending = { req, res }
      if (!connection.isAnswering) begin(connection, pending)
      else if (connection.waiting.length < maxWaiting) connection.waiting.push(pending)
      else this.#cut(req.socket, 'pipelining')
    }
  }

  /**
   * Where the client expects the answer to what could not be read: `'next'`, as the next answer of the connection; or as the answer of
   * this response, because the fault is in the body of its request. Undefined: nowhere, for the client would take it for the answer to
   * another request.
   */
  answerTarget(socket: Duplex): 'next' | ServerResponse | undefined {
    const connection = this.#open.get(socket)
    if (connection === undefined) return undefined
    const { latest, isAnswering, waiting } = connection
    if (latest === undefined) return 'next'
    const { req, res } = latest
    // The fault may be in the rest of a body whose request was answered before.
    if (!isAnswering) return req.complete ? 'next' : undefined
    return waiting.length === 0 && !req.complete && !res.headersSent ? res : undefined
  }

  /** The answer under way on this connection is a stream: its writer cuts slow readers, and ends it in time. */
  allowStream(socket: Duplex): void {
    const connection = this.#open.get(socket)
    if (connection !== undefined) connection.beganIn = undefined
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
