import { setTimeout as pause } from 'node:timers/promises'
import type Logger from 'bunyan'
import {
  connect,
  createInbox,
  ErrorCode,
  type JetStreamClient,
  type Msg,
  type NatsConnection,
  NatsError,
  RequestStrategy,
  type ServiceClient,
} from 'nats'
import type { Contract } from '#shared/contracts/contract.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Headers, type MessageContext, natsHeaders, readHeaders } from './headers.ts'
import { type Message, natsUnavailable } from './message.ts'
import type { MessagingMetrics } from './messaging-metrics.ts'
import { parseNatsUrl } from './nats-url.ts'
import { PendingCalls } from './pending-calls.ts'
import { type RunningService, type ServiceDescription, startService } from './service.ts'

/** Sends a request to any instance of its worker, or to the one with this id. */
export type Send<Reply> = (instance?: string) => Promise<Reply>

/** Decides when a request is sent again, and to which instance. */
export interface RetryPolicy {
  call<Reply>(bus: Bus, contract: Contract, context: MessageContext, send: Send<Reply>): Promise<Reply>
}

interface BusOptions {
  readonly url: string
  /** Shown by the server's monitoring. */
  readonly name: string
  readonly timeoutMs: number
  /** Certificate of the private authority that signed the server's certificate. */
  readonly caFile?: string | undefined
  readonly metrics?: MessagingMetrics
  /** Only in the outermost process; by default calls are sent once. */
  readonly retries?: RetryPolicy
  /** Logs permission errors of NATS: then its permissions or our code are wrong. */
  readonly log?: Logger
}

const jetstreamTimeoutMs = 2_000
/** Longest time to send buffered data before a connection is closed. */
const drainMs = 2_000

const lostCodes = new Set<string>([ErrorCode.ConnectionClosed, ErrorCode.ConnectionDraining, ErrorCode.Disconnect])

/** A connection to NATS that reconnects until it is closed. While it is lost, requests fail at once. */
export class Bus {
  readonly metrics: MessagingMetrics | undefined
  readonly retries: RetryPolicy | undefined
  /** For `shared/facts`. Requests time out after 2 s, and the manager needs no permission to read the account. */
  readonly jetstream: JetStreamClient
  readonly #connection: NatsConnection
  readonly #onDisconnect = new Set<() => void>()
  readonly #calls = new PendingCalls<Message>()
  /** Requests of the current turn of the event loop: sent in one write, which costs as much for one request as for many. */
  #unsent: (() => void)[] = []
  /** The prefix of reply subjects; the token of the call follows. */
  readonly #replyPrefix: string
  #receivesReplies = false
  #connected = true

  private constructor(connection: NatsConnection, inboxPrefix: string, { metrics, retries, log }: BusOptions) {
    this.#connection = connection
    this.jetstream = connection.jetstream({ timeout: jetstreamTimeoutMs, checkAPI: false })
    this.#replyPrefix = `${createInbox(inboxPrefix)}.`
    this.metrics = metrics
    this.retries = retries
    metrics?.setConnected(true)
    void this.#followStatus(log)
  }

  /** Connects within `timeoutMs` or throws. */
  static async connect(options: BusOptions): Promise<Bus> {
    const { servers, user, password, encrypted } = parseNatsUrl(options.url)
    const { name, timeoutMs, caFile } = options
    // Only the user itself may read its inboxes. A user name that does not fit into a subject gets the default prefix.
    const inboxPrefix = /^[\w-]+$/.test(user) ? `_INBOX_${user}` : '_INBOX'
    const connection = await connect({
      servers,
      ...(user !== '' && { user, pass: password }),
      ...((encrypted || caFile !== undefined) && { tls: caFile === undefined ? {} : { caFile } }),
      inboxPrefix,
      name,
      timeout: timeoutMs,
      // By default two refusals in a row end the client, for example during a change of the server's passwords.
      ignoreAuthErrorAbort: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      pingInterval: 5_000,
      maxPingOut: 2,
      // By default the client would create two stack traces for every published fact, in case that it fails.
      noAsyncTraces: true,
    })
    return new Bus(connection, inboxPrefix, options)
  }

  get connected(): boolean {
    return this.#connected && !this.#connection.isDraining() && !this.#connection.isClosed()
  }

  /** Whether the server is one of several. */
  get isClustered(): boolean {
    return this.#connection.info?.cluster !== undefined
  }

  /** Calls `listener` whenever the connection is lost, until the returned function is called. */
  onDisconnect(listener: () => void): () => void {
    this.#onDisconnect.add(listener)
    return () => this.#onDisconnect.delete(listener)
  }

  /**
   * Sends a request and waits for its reply. Throws `no_worker` without a subscriber, `worker_timeout` after `timeoutMs`, and
   * `unavailable` as soon as the connection is lost, because a reply sent before the reconnection never arrives.
   * Throws `body_too_large` above the server's `max_payload`, and a plain error when NATS does not permit the subject.
   */
  async request(subject: string, { payload, headers }: Message, timeoutMs: number): Promise<Message> {
    if (!this.connected) throw natsUnavailable()
    const encodedHeaders = natsHeaders(headers)
    this.#receiveReplies()
    const { token, reply } = this.#calls.begin(subject, timeoutMs)
    if (this.#unsent.length === 0) setImmediate(() => this.#sendAll())
    this.#unsent.push(() => {
      try {
        if (!this.connected) throw natsUnavailable()
        this.#connection.publish(subject, payload, { reply: this.#replyPrefix + token, ...encodedHeaders })
      } catch (error) {
        this.#calls.reject(token, this.#asTicketingError(error, subject))
      }
    })
    return reply
  }

  /** Receives messages on `subject` (wildcards allowed) until the returned function is called. `receive` must not throw. */
  subscribe(subject: string, receive: (message: Message & { readonly subject: string }) => void): () => void {
    const subscription = this.#connection.subscribe(subject, {
      callback(error, message) {
        if (error) return
        const headers = readableHeaders(message)
        if (headers !== null) receive({ subject: message.subject, payload: message.data, headers })
      },
    })
    return () => subscription.unsubscribe()
  }

  /** Registers a NATS service: found by `$SRV.PING`, counted by `$SRV.STATS`. Throws when NATS does not permit a subject. */
  serve(description: ServiceDescription): Promise<RunningService> {
    return startService(this.#connection, description)
  }

  /** Discovers running services. Answers arrive for `timeoutMs`; waiting for them throws when no service runs. */
  services(timeoutMs: number): ServiceClient {
    return this.#connection.services.client({ strategy: RequestStrategy.Timer, maxWait: timeoutMs })
  }

  /** Every running instance of every service that answers within `timeoutMs`. */
  async discover(timeoutMs: number): Promise<{ name: string; instance: string }[]> {
    const found: { name: string; instance: string }[] = []
    if (!this.connected) return found
    try {
      for await (const { name, metadata } of await this.services(timeoutMs).ping()) {
        found.push({ name, instance: metadata?.instance ?? '' })
      }
    } catch {
      // No service runs, or NATS does not permit the request: the instances found so far are the answer.
    }
    return found
  }

  /** Sends buffered messages, then closes. Stop services first: draining does not wait for their handlers. */
  async close(): Promise<void> {
    this.#sendAll()
    if (!this.#connection.isClosed()) {
      // While the connection is lost, draining waits for a server, and the client would reconnect for ever.
      const drained = this.#connection.drain().catch(() => undefined)
      await Promise.race([drained, pause(drainMs, undefined, { ref: false })])
      await this.#connection.close()
    }
    this.#calls.rejectAll(natsUnavailable)
  }

  #sendAll(): void {
    const unsent = this.#unsent
    this.#unsent = []
    for (const send of unsent) send()
  }

  /** Subscribes to replies at the first request. */
  #receiveReplies(): void {
    if (this.#receivesReplies) return
    this.#receivesReplies = true
    this.#connection.subscribe(`${this.#replyPrefix}*`, {
      callback: (error, message) => {
        if (error) {
          // The client reports an error only when it ends the subscription.
          this.#receivesReplies = false
          this.#calls.rejectAll(() => new Error('NATS does not permit us to receive replies', { cause: error }))
        } else this.#receiveReply(message)
      },
    })
  }

  #receiveReply(message: Msg): void {
    const token = message.subject.slice(this.#replyPrefix.length)
    const payload = message.data
    const headers = readableHeaders(message)
    if (headers === null) {
      this.#calls.reject(token, new Error(`the headers of a reply cannot be read: ${message.subject}`))
    } else if (message.headers?.code === Number(ErrorCode.NoResponders) && payload.length === 0) {
      const reason = 'The part of the system that answers this is not running; try again shortly.'
      this.#calls.reject(token, new TicketingError('no_worker', reason))
    } else this.#calls.resolve(token, { payload, headers })
  }

  #asTicketingError(error: unknown, subject: string): unknown {
    if (!(error instanceof NatsError)) return error
    if (lostCodes.has(error.code)) return natsUnavailable(error)
    if (error.code !== ErrorCode.MaxPayloadExceeded) return new Error(`request to ${subject} failed`, { cause: error })
    const limit = this.#connection.info?.max_payload
    return new TicketingError('body_too_large', `A message can have at most ${limit} bytes.`)
  }

  async #followStatus(log: Logger | undefined): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect') {
        this.#connected = false
        this.metrics?.setConnected(false)
        this.#calls.rejectAll(natsUnavailable)
        for (const listener of this.#onDisconnect) listener()
      }
      if (status.type === 'reconnect') {
        this.#connected = true
        this.metrics?.setConnected(true)
      }
      if (status.permissionContext) {
        const { operation, subject } = status.permissionContext
        log?.error({ ...status.permissionContext }, 'NATS does not permit this')
        if (operation === 'publish') {
          this.#calls.rejectAll(() => new Error(`NATS does not permit us to publish ${subject}`), subject)
        }
      }
    }
  }
}

/** Null if the client cannot read them. The client would throw, and an error in a callback ends the reader of the whole connection. */
function readableHeaders(message: Msg): Headers | null {
  try {
    return readHeaders(message.headers)
  } catch {
    return null
  }
}
