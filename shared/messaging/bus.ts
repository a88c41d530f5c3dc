import type Logger from 'bunyan'
import { connect, createInbox, type MsgHdrs, type NatsConnection, type Service } from 'nats'
import { TicketingError } from '#shared/errors.ts'
import type { MessagingMetrics } from './messaging-metrics.ts'
import { asTicketingError, away, fromNats, toNats } from './nats-messages.ts'
import { type NatsAddress, parseNatsUrl } from './nats-url.ts'

/* This file and `nats-messages.ts` beside it are the only ones that know the `nats` package. */

export type Headers = Record<string, string>

export interface Message {
  readonly payload: Uint8Array
  readonly headers: Headers
}

export interface Endpoint {
  /** Letters, digits, `-`: shown by `$SRV.STATS`. */
  readonly name: string
  readonly subject: string
  /** Answers one request. */
  handle(request: Message): Promise<Message>
}

export interface ServiceDescription {
  /** Also the queue group: start more instances and they share the work. */
  readonly name: string
  readonly instance: string
  readonly endpoints: readonly Endpoint[]
  /** The answer when an endpoint threw, its request could not be read or its reply is too large. Must not throw. */
  onFailure(endpoint: Endpoint, error: unknown): Message
}

export interface RunningService {
  /** Takes no further requests, waits until those in flight are answered (at most `timeoutMs`). */
  stop(timeoutMs: number): Promise<void>
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
  /** Is told when NATS refuses something: either its permissions or our code are wrong. */
  readonly log?: Logger
}

const serviceVersion = '1.0.0'
const drainMs = 1_000

/** A connection to NATS that reconnects for ever; while it is away, requests fail at once instead of waiting. */
export class Bus {
  readonly metrics: MessagingMetrics | undefined
  readonly #connection: NatsConnection
  readonly #inboxPrefix: string
  readonly #onDisconnect = new Set<() => void>()
  #connected = true

  private constructor(connection: NatsConnection, inboxPrefix: string, { metrics, log }: BusOptions) {
    this.#connection = connection
    this.#inboxPrefix = inboxPrefix
    this.metrics = metrics
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
      // Without it the client builds an Error for every request: a third of the CPU of a call.
      noAsyncTraces: true,
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
  async request(subject: string, message: Message, timeoutMs: number): Promise<Message> {
    if (!this.connected) throw away()
    if (this.#isTooLarge(message)) {
      throw new TicketingError('body_too_large', `A message may have at most ${this.#maxPayload} bytes.`)
    }
    const { promise: lost, reject } = Promise.withResolvers<never>()
    const stopListening = this.onDisconnect(() => reject(away()))
    try {
      const options = { timeout: timeoutMs, headers: toNats(message.headers) }
      const reply = await Promise.race([this.#connection.request(subject, message.payload, options), lost])
      return { payload: reply.data, headers: fromNats(reply.headers) }
    } catch (error) {
      throw asTicketingError(error, subject)
    } finally {
      stopListening()
    }
  }

  /** Receives every message on `subject` (wildcards allowed) while NATS is there. `receive` must not throw. */
  subscribe(subject: string, receive: (delivery: Delivery) => void): Subscription {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) return
        const status = message.headers?.code
        receive({
          subject: message.subject,
          payload: message.data,
          headers: fromNats(message.headers),
          ...(status ? { status } : {}),
          replyTo: message.reply ?? '',
          answer: (text) => message.respond(new TextEncoder().encode(text)),
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
  async serve(description: ServiceDescription): Promise<RunningService> {
    const service = await this.#connection.services.add({
      name: description.name,
      version: serviceVersion,
      queue: description.name,
      metadata: { instance: description.instance },
    })
    let inFlight = 0
    for (const endpoint of description.endpoints) {
      service.addEndpoint(endpoint.name, {
        subject: endpoint.subject,
        handler: async (error, request) => {
          if (error) return
          inFlight += 1
          try {
            const reply = await endpoint.handle({ payload: request.data, headers: fromNats(request.headers) })
            this.#respond(request, reply)
          } catch (error) {
            // The client library drops the promise of a handler: what is thrown here would end the process.
            this.#respond(request, description.onFailure(endpoint, error))
          } finally {
            inFlight -= 1
          }
        },
      })
    }
    // Until the server has the subscriptions, a request would find no responders.
    await this.#connection.flush()
    if (service.isStopped) throw new Error(`may not serve ${description.name}`, { cause: await service.stopped })
    return {
      stop: (timeoutMs) => stopService(service, () => inFlight, timeoutMs),
    }
  }

  /** Every running instance of every service that answers within `timeoutMs`. */
  async discover(timeoutMs: number): Promise<ServiceInstance[]> {
    if (!this.connected) return []
    const found: ServiceInstance[] = []
    const replies = this.#connection.subscribe(this.newInbox())
    this.#connection.publish('$SRV.PING', undefined, { reply: replies.getSubject() })
    const timer = setTimeout(() => replies.unsubscribe(), timeoutMs)
    for await (const reply of replies) {
      // Where no service runs at all, the server itself answers, with an empty message.
      if (reply.data.length === 0) break
      const { name, metadata } = reply.json<{ name: string; metadata?: Record<string, string> }>()
      found.push({ name, instance: metadata?.instance ?? '' })
    }
    clearTimeout(timer)
    replies.unsubscribe()
    return found
  }

  /** Sends what is still buffered, then closes. Services must be stopped before: draining does not wait for handlers. */
  async close(): Promise<void> {
    if (!this.#connection.isClosed()) await this.#connection.drain()
  }

  #respond(request: { respond(data: Uint8Array, options: { headers: MsgHdrs }): boolean }, reply: Message): void {
    if (this.#isTooLarge(reply)) throw new RangeError(`a reply of ${reply.payload.byteLength} bytes is too large`)
    request.respond(reply.payload, { headers: toNats(reply.headers) })
  }

  get #maxPayload(): number {
    return this.#connection.info?.max_payload ?? 1_048_576
  }

  /** The server cuts the connection of a client that publishes more, headers included; callers would see a time-out. */
  #isTooLarge({ payload, headers }: Message): boolean {
    const headerBytes = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 16)
    return payload.byteLength + headerBytes > this.#maxPayload
  }

  async #followStatus(log: Logger | undefined): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect') {
        this.#connected = false
        this.metrics?.setConnected(false)
        for (const listener of this.#onDisconnect) listener()
      }
      if (status.type === 'reconnect') {
        this.#connected = true
        this.metrics?.setConnected(true)
      }
      if (status.permissionContext) log?.error({ ...status.permissionContext }, 'NATS does not permit this')
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

async function stopService(service: Service, inFlight: () => number, timeoutMs: number): Promise<void> {
  // `stop` drains the subscriptions, but does not wait for handlers that are still at work.
  await service.stop()
  const giveUpAt = performance.now() + timeoutMs
  while (inFlight() > 0 && performance.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 5))
}
