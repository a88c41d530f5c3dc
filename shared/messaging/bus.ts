import type Logger from 'bunyan'
import { connect, createInbox, type Msg, type NatsConnection } from 'nats'
import { TicketingError } from '#shared/errors.ts'
import { decodeJson } from './json-bytes.ts'
import type { MessagingMetrics } from './messaging-metrics.ts'
import { asNatsHeaders, asTicketingError, away, encodeHeaders, readHeaders } from './nats-messages.ts'
import { type RunningService, type ServiceDescription, startService } from './nats-service.ts'
import { type NatsAddress, parseNatsUrl } from './nats-url.ts'
import { PendingCalls } from './pending-calls.ts'
import type { Retries } from './retries.ts'

/* This file, `nats-messages.ts` and `nats-service.ts` beside it are the only ones that know the `nats` package. */

export type Headers = Record<string, string>

export interface Message {
  readonly payload: Uint8Array
  readonly headers: Headers
}

/** A message that came by subscription. */
export interface Delivery extends Message {
  readonly subject: string
  /** Set on messages by which the server itself says something, such as 408 for a request that ran out. */
  readonly status?: number
  /** Where an answer would go; '' when none is wanted. */
  readonly replyTo: string
  answer(text: string): void
}

export interface Subscription {
  /** Nothing is received any more, from this moment. */
  cancel(): void
  /** As `cancel`, after what the server had sent already was received. Takes a second at most. */
  drain(): Promise<void>
}

export interface ServiceInstance {
  readonly name: string
  readonly instance: string
}

export interface BusOptions {
  /** As `parseNatsUrl` takes it. */
  readonly url: string
  /** What the server's monitoring shows. */
  readonly name: string
  readonly timeoutMs: number
  /** The certificate of who signed the server's, when no public authority did. */
  readonly caFile?: string | undefined
  /** What is sent and answered over this connection is counted there. */
  readonly metrics?: MessagingMetrics
  /** Asks again what is sent over this connection; for the process at the edge alone. */
  readonly retries?: Retries
  /** Is told when NATS refuses something: either its permissions or our code are wrong. */
  readonly log?: Logger
}

const drainMs = 1_000
const noResponders = 503

/** A connection to NATS that reconnects for ever; while it is away, requests fail at once instead of waiting. */
export class Bus {
  readonly metrics: MessagingMetrics | undefined
  readonly retries: Retries | undefined
  readonly #connection: NatsConnection
  readonly #inboxPrefix: string
  readonly #onDisconnect = new Set<() => void>()
  readonly #calls = new PendingCalls<Message>()
  /** Replies arrive below it, each under the token of its call. */
  readonly #replyPrefix: string
  #hearsReplies = false
  #connected = true

  private constructor(connection: NatsConnection, inboxPrefix: string, { metrics, retries, log }: BusOptions) {
    this.#connection = connection
    this.#inboxPrefix = inboxPrefix
    this.#replyPrefix = `${this.newInbox()}.`
    this.metrics = metrics
    this.retries = retries
    metrics?.setConnected(true)
    void this.#followStatus(log)
  }

  /** Connects within `timeoutMs` or throws. */
  static async connect(options: BusOptions): Promise<Bus> {
    const { url, name, timeoutMs, caFile } = options
    const address = parseNatsUrl(url)
    const inboxPrefix = inboxPrefixOf(address)
    const connection = await connect({
      servers: [...address.servers],
      ...(address.user !== '' && { user: address.user, pass: address.password }),
      ...((address.encrypted || caFile !== undefined) && { tls: caFile === undefined ? {} : { caFile } }),
      inboxPrefix,
      name,
      timeout: timeoutMs,
      // Otherwise the client would give up for ever when it is refused twice, as by a server whose passwords are being changed.
      ignoreAuthErrorAbort: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      pingInterval: 5_000,
      maxPingOut: 2,
    })
    return new Bus(connection, inboxPrefix, options)
  }

  get connected(): boolean {
    return this.#connected && !this.#connection.isClosed()
  }

  /** Whether the server is one of several. */
  get isClustered(): boolean {
    return this.#connection.info?.cluster !== undefined
  }

  /** Calls `listener` whenever the connection is lost, until the answer is called. */
  onDisconnect(listener: () => void): () => void {
    this.#onDisconnect.add(listener)
    return () => this.#onDisconnect.delete(listener)
  }

  /**
   * Sends a request and waits for its reply. Throws `no_worker` when nobody listens, `worker_timeout` after `timeoutMs`,
   * `unavailable` while NATS is away, or at once when the connection is lost meanwhile: a reply that comes before there is
   * another one goes nowhere. `body_too_large` above the server's `max_payload`, and at once a plain error when we may not
   * publish there.
   */
  async request(subject: string, { payload, headers }: Message, timeoutMs: number): Promise<Message> {
    if (!this.connected) throw away()
    const encoded = encodeHeaders(headers)
    if (this.#isTooLarge(payload, encoded)) {
      throw new TicketingError('body_too_large', `A message may have at most ${this.#maxPayload} bytes.`)
    }
    this.#hearReplies()
    const { token, reply } = this.#calls.begin(subject, timeoutMs)
    try {
      this.#connection.publish(subject, payload, { reply: this.#replyPrefix + token, ...asNatsHeaders(encoded) })
    } catch (error) {
      this.#calls.reject(token, asTicketingError(error, subject))
    }
    return reply
  }

  /** Receives every message on `subject` (wildcards allowed) while NATS is there. `receive` must not throw. */
  subscribe(subject: string, receive: (delivery: Delivery) => void): Subscription {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) return
        receive({
          subject: message.subject,
          payload: message.data,
          ...readHeaders(message),
          replyTo: message.reply ?? '',
          answer: (text) => message.respond(Buffer.from(text)),
        })
      },
    })
    return {
      cancel: () => subscription.unsubscribe(),
      async drain() {
        // Without a server it would wait for one.
        const patience = new Promise<void>((resolve) => setTimeout(resolve, drainMs).unref())
        await Promise.race([subscription.drain().catch(() => undefined), patience])
      },
    }
  }

  /** A new subject of our own, to which others may be asked to send something. */
  newInbox(): string {
    return createInbox(this.#inboxPrefix)
  }

  /** Sends a request that has any number of answers: each goes to `receive`, until the subscription is cancelled. */
  requestMany(subject: string, payload: Uint8Array, receive: (answer: Delivery) => void): Subscription {
    const inbox = this.newInbox()
    const answers = this.subscribe(inbox, receive)
    this.#connection.publish(subject, payload, { reply: inbox })
    return answers
  }

  /** Registers a NATS service: found by `$SRV.PING`, counted by `$SRV.STATS`. Throws when we may not answer a subject. */
  serve(description: ServiceDescription): Promise<RunningService> {
    return startService(this.#connection, description, (request, reply) => this.#respond(request, reply))
  }

  /** Every running instance of every service that answers within `timeoutMs`. */
  async discover(timeoutMs: number): Promise<ServiceInstance[]> {
    if (!this.connected) return []
    const found: ServiceInstance[] = []
    const { promise: end, resolve } = Promise.withResolvers<void>()
    const answers = this.requestMany('$SRV.PING', new Uint8Array(), ({ payload }) => {
      // Where no service runs at all, the server itself answers, with an empty message.
      if (payload.length === 0) return resolve()
      const { name, metadata } = decodeJson(payload) as { name: string; metadata?: Record<string, string> }
      found.push({ name, instance: metadata?.instance ?? '' })
    })
    const timer = setTimeout(resolve, timeoutMs)
    await end
    clearTimeout(timer)
    answers.cancel()
    return found
  }

  /** Sends what is still buffered, then closes. Services must be stopped before: draining does not wait for handlers. */
  async close(): Promise<void> {
    if (!this.#connection.isClosed()) await this.#connection.drain()
    this.#calls.rejectAll(() => away())
  }

  #respond(request: Msg, { payload, headers }: Message): void {
    const encoded = encodeHeaders(headers)
    if (this.#isTooLarge(payload, encoded)) throw new RangeError(`a reply of ${payload.byteLength} bytes is too large`)
    request.respond(payload, asNatsHeaders(encoded))
  }

  get #maxPayload(): number {
    return this.#connection.info?.max_payload ?? 1_048_576
  }

  /** The server cuts the connection of a client that publishes more, headers included; callers would see a time-out. */
  #isTooLarge(payload: Uint8Array, encodedHeaders: Uint8Array | undefined): boolean {
    return payload.byteLength + (encodedHeaders?.byteLength ?? 0) > this.#maxPayload
  }

  /** Subscribes to replies, unless it stands. */
  #hearReplies(): void {
    if (this.#hearsReplies) return
    this.#hearsReplies = true
    this.#connection.subscribe(`${this.#replyPrefix}*`, {
      callback: (error, message) => {
        if (error) {
          // Which is only said when it ends the subscription.
          this.#hearsReplies = false
          this.#calls.rejectAll(() => new Error('NATS does not permit us to hear replies', { cause: error }))
        } else this.#receiveReply(message)
      },
    })
  }

  #receiveReply(message: Msg): void {
    const token = message.subject.slice(this.#replyPrefix.length)
    const { status, headers } = readHeaders(message)
    const payload = message.data
    if (status === noResponders && payload.length === 0) {
      this.#calls.reject(
        token,
        new TicketingError('no_worker', 'The part of the system that answers this is not running.'),
      )
    } else this.#calls.resolve(token, { payload, headers })
  }

  async #followStatus(log: Logger | undefined): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect') {
        this.#connected = false
        this.metrics?.setConnected(false)
        this.#calls.rejectAll(() => away())
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

/**
 * Each user has inboxes of its own, so that nobody else can be allowed to read them. A name that cannot stand in a subject has the
 * client's usual ones.
 */
function inboxPrefixOf({ user }: NatsAddress): string {
  return /^[\w-]+$/.test(user) ? `_INBOX_${user}` : '_INBOX'
}
