import type { Bus, Delivery } from '#shared/messaging/bus.ts'
import { decodeJson, encodeJson } from '#shared/messaging/json-bytes.ts'
import { allFacts } from './fact.ts'

/*
 * The stream of facts and its consumers, in the words of JetStream's own protocol: requests and replies in JSON on
 * `$JS.API…`. Times are in nanoseconds there.
 */

export const factStream = 'TICKETING_FACTS'

const nanos = (seconds: number): number => seconds * 1_000_000_000

const streamConfig = {
  name: factStream,
  subjects: [allFacts],
  storage: 'file',
  retention: 'limits',
  discard: 'old',
  max_age: nanos(7 * 24 * 3_600),
  max_bytes: 1024 ** 3,
  /** A fact that is published again within this time is stored once. */
  duplicate_window: nanos(120),
}

/** In a cluster every fact is acknowledged when two of three nodes have it; consumers have as many copies as the stream. */
const clusterReplicas = 3

const consumerConfig = {
  ack_policy: 'explicit',
  deliver_policy: 'all',
  replay_policy: 'instant',
  ack_wait: nanos(10),
  max_deliver: 5,
  max_ack_pending: 1_000,
}

/** A fact that is tried so often in vain becomes a dead letter. */
export const maxDeliveries = consumerConfig.max_deliver

/** For who wants to know what happens from now on, and begins anew when it missed something: the server keeps nothing for it. */
const pushConsumerConfig = {
  ack_policy: 'none',
  deliver_policy: 'new',
  replay_policy: 'instant',
  num_replicas: 1,
  mem_storage: true,
  idle_heartbeat: nanos(1),
  /** So long after nobody has listened any more, the server forgets the consumer. */
  inactive_threshold: nanos(5),
}

const requestMs = 2_000
const pullMs = 5_000
/** As often the server says that it still has the pull, and after so long without a word the pull is given up. */
const heartbeatMs = 1_000
const silentMs = 3_000

const status = { heartbeat: 100, noMessages: 404, timedOut: 408 }
const errorCodes = { streamNotFound: 10_059 }

interface ApiReply {
  readonly error?: { readonly err_code?: number; readonly description: string }
}

interface StreamInfo extends ApiReply {
  /** RFC 3339. */
  readonly created: string
  readonly config: Record<string, unknown>
}

interface ConsumerInfo extends ApiReply {
  readonly delivered: { readonly stream_seq: number }
}

/** Between two facts of a stream, or before its first or after its last. */
export interface FactPosition {
  /** When the stream was made: numbers of one say nothing about another. */
  readonly stream: string
  /** Number of the fact before it. */
  readonly sequence: number
}

export interface StoredFact {
  /** Travels as `Nats-Msg-Id`. */
  readonly id: string
  readonly subject: string
  /** JSON. */
  readonly payload: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Makes the stream when it is missing and brings its limits up to date; may be called by many processes at once. Answers
 * when the stream was made: later than one remembers means that the server had lost its data.
 * Throws `unavailable`, `no_worker` or `worker_timeout` while JetStream is away.
 */
export async function ensureFactStream(bus: Bus): Promise<Date> {
  const wanted = { ...streamConfig, num_replicas: bus.isClustered ? clusterReplicas : 1 }
  const found = await ask<StreamInfo>(bus, `$JS.API.STREAM.INFO.${factStream}`)
  if (found.error?.err_code === errorCodes.streamNotFound) {
    return createdAt(await ask<StreamInfo>(bus, `$JS.API.STREAM.CREATE.${factStream}`, wanted))
  }
  throwIfRefused('the stream of facts', found)
  wanted.num_replicas = Math.max(wanted.num_replicas, Number(found.config.num_replicas))
  const differs = Object.entries(wanted).some(([name, value]) => String(found.config[name]) !== String(value))
  if (!differs) return createdAt(found)
  // What an operator has set beside, such as more replicas, stays.
  const config = { ...found.config, ...wanted }
  return createdAt(await ask<StreamInfo>(bus, `$JS.API.STREAM.UPDATE.${factStream}`, config))
}

/** Makes or updates a durable consumer, which starts with the oldest fact there is. Throws as `ensureFactStream`. */
export async function ensureFactConsumer(bus: Bus, durable: string, subjects: readonly string[]): Promise<void> {
  const config = { ...consumerConfig, durable_name: durable, filter_subjects: subjects }
  const made = await ask(bus, `$JS.API.CONSUMER.DURABLE.CREATE.${factStream}.${durable}`, {
    stream_name: factStream,
    config,
  })
  throwIfRefused(`the consumer ${durable}`, made)
}

/** Stores one fact; when it resolves, the stream has it. Throws as `ensureFactStream`, `no_worker` without a stream. */
export async function publishFact(bus: Bus, { id, subject, payload, headers }: StoredFact): Promise<void> {
  const message = {
    payload: Buffer.from(payload),
    headers: { ...headers, 'Nats-Msg-Id': id, 'Nats-Expected-Stream': factStream },
  }
  const reply = await bus.request(subject, message, requestMs)
  throwIfRefused('a fact', decodeJson(reply.payload) as ApiReply)
}

export interface Pull {
  readonly durable: string
  /** Resolves once so many facts came. */
  readonly limit: number
  /** Ends the pull early; what is on its way already is still received. */
  readonly stopped: AbortSignal
  receive(fact: Delivery): void
}

/** The server does not have the consumer, or has it no more. */
export class ConsumerGone extends Error {}

/**
 * Asks for facts and waits for at most `limit` of them, or 5 s. Throws `ConsumerGone`, and other errors when the connection is
 * lost or the server is silent; a fact that was sent all the same comes again when its time to be acknowledged is over.
 */
export async function pullFacts(bus: Bus, { durable, limit, stopped, receive }: Pull): Promise<void> {
  if (stopped.aborted) return
  if (!bus.connected) throw new Error('the connection was lost')
  const { promise: end, resolve, reject } = Promise.withResolvers<void>()
  const silence = setTimeout(() => reject(new Error('the server is silent')), silentMs)
  let received = 0
  const request = encodeJson({
    batch: limit,
    expires: pullMs * 1_000_000,
    idle_heartbeat: heartbeatMs * 1_000_000,
  })
  const answers = bus.requestMany(`$JS.API.CONSUMER.MSG.NEXT.${factStream}.${durable}`, request, (answer) => {
    silence.refresh()
    if (answer.status === status.heartbeat) return
    if (answer.status === status.timedOut || answer.status === status.noMessages) return resolve()
    if (answer.status !== undefined) {
      return reject(new ConsumerGone(`the server ended a pull with status ${answer.status}`))
    }
    receive(answer)
    received += 1
    if (received === limit) resolve()
  })
  const stopListening = bus.onDisconnect(() => reject(new Error('the connection was lost')))
  const stop = (): void => resolve(answers.drain())
  stopped.addEventListener('abort', stop)
  try {
    await end
  } finally {
    stopped.removeEventListener('abort', stop)
    clearTimeout(silence)
    stopListening()
    answers.cancel()
  }
}

/** There is no stream yet, or no more. */
export class StreamMissing extends Error {}

/**
 * Has every fact from now on sent to `inbox`, and a heartbeat whenever a second passes without one, until nobody listens there.
 * Answers the position after which they come. Throws `StreamMissing`, and as `ensureFactStream`.
 */
export async function createPushConsumer(bus: Bus, inbox: string): Promise<FactPosition> {
  const stream = await identifyStream(bus)
  const config = { ...pushConsumerConfig, deliver_subject: inbox }
  const made = await ask<ConsumerInfo>(bus, `$JS.API.CONSUMER.CREATE.${factStream}`, {
    stream_name: factStream,
    config,
  })
  throwIfRefused('a consumer', made)
  // The consumer does not say of which stream it is.
  if ((await identifyStream(bus)) !== stream) throw new Error('the stream of facts was made anew meanwhile')
  return { stream, sequence: made.delivered.stream_seq }
}

async function identifyStream(bus: Bus): Promise<string> {
  const found = await ask<StreamInfo>(bus, `$JS.API.STREAM.INFO.${factStream}`)
  if (found.error?.err_code === errorCodes.streamNotFound) throw new StreamMissing('there is no stream of facts')
  throwIfRefused('the stream of facts', found)
  return found.created
}

/** What the server sends to an inbox of `createPushConsumer`: the fact of that number, or that it has sent all up to that number. */
export interface Pushed {
  readonly kind: 'fact' | 'heartbeat'
  readonly sequence: number
}

/** Throws when it is neither. */
export function readPushed(delivery: Delivery): Pushed {
  if (delivery.status === undefined) return { kind: 'fact', sequence: ackWord(delivery, 3) }
  if (delivery.status !== status.heartbeat) throw new Error(`the server said ${delivery.status}`)
  return { kind: 'heartbeat', sequence: Number(delivery.headers['Nats-Last-Stream']) }
}

/** How often this delivery's fact was delivered, this time included. */
export function deliveriesOf(delivery: Delivery): number {
  return ackWord(delivery, 2)
}

/** A number in a delivery's reply subject, counted from the name of the stream. */
function ackWord({ replyTo }: Delivery, index: number): number {
  // `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.…`; newer servers have an account's domain and hash before the stream.
  const words = replyTo.split('.')
  return Number(words[(words.length > 9 ? 4 : 2) + index])
}

export const acknowledge = (fact: Delivery): void => fact.answer('+ACK')

/** Asks for the fact again, `delayMs` from now. */
export const askAgain = (fact: Delivery, delayMs: number): void =>
  fact.answer(`-NAK ${JSON.stringify({ delay: delayMs * 1_000_000 })}`)

async function ask<Reply extends ApiReply>(bus: Bus, subject: string, request?: object): Promise<Reply> {
  const payload = request === undefined ? new Uint8Array() : encodeJson(request)
  const reply = await bus.request(subject, { payload, headers: {} }, requestMs)
  return decodeJson(reply.payload) as Reply
}

function createdAt(info: StreamInfo): Date {
  throwIfRefused('the stream of facts', info)
  return new Date(info.created)
}

function throwIfRefused(what: string, { error }: ApiReply): void {
  if (error) throw new Error(`JetStream refused ${what}: ${error.description} (${error.err_code})`)
}
