import {
  AckPolicy,
  type Consumer,
  ConsumerDebugEvents,
  ConsumerEvents,
  type ConsumerMessages,
  DeliverPolicy,
  DiscardPolicy,
  type JsMsg,
  NatsError,
  nanos,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type StreamAPI,
  type StreamConfig,
  type StreamInfo,
} from 'nats'
import type { Bus } from '#shared/messaging/bus.ts'
import { type Headers, natsHeaders } from '#shared/messaging/headers.ts'
import { natsUnavailable } from '#shared/messaging/message.ts'
import { allFacts } from './fact.ts'

/* The stream of facts and its consumers, by the JetStream API of the `nats` client. */

export const factStream = 'TICKETING_FACTS'

const streamConfig = {
  name: factStream,
  subjects: [allFacts],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  max_age: nanos(7 * 24 * 3_600_000),
  max_bytes: 1024 ** 3,
  /** A fact published again within this time is stored once. */
  duplicate_window: nanos(120_000),
}

/** In a cluster a fact is acknowledged when two of three nodes have it. Durable consumers have the stream's number of copies. */
const clusterReplicas = 3

/** After this many failed deliveries a fact becomes a dead letter. */
export const maxDeliveries = 5

const durableConfig = {
  ack_policy: AckPolicy.Explicit,
  deliver_policy: DeliverPolicy.All,
  replay_policy: ReplayPolicy.Instant,
  ack_wait: nanos(10_000),
  max_deliver: maxDeliveries,
  max_ack_pending: 1_000,
}

/** Without a name and in memory: the server deletes it 5 s after its process has ended. */
const followerConfig = {
  ack_policy: AckPolicy.None,
  deliver_policy: DeliverPolicy.New,
  replay_policy: ReplayPolicy.Instant,
  num_replicas: 1,
  mem_storage: true,
  inactive_threshold: nanos(5_000),
}

/** The client reports two missing heartbeats, so an interruption shows within 3 s. */
export const heartbeatMs = 1_000

/** Error codes of the JetStream API. */
const streamNotFound = 10_059
const consumerExists = 10_148

export interface FactPosition {
  /** When the stream was created. Sequence numbers of different streams cannot be compared. */
  readonly stream: string
  /** Number of the fact before this position. */
  readonly sequence: number
}

interface StoredFact {
  /** The stream stores one fact for each id. */
  readonly id: string
  readonly subject: string
  /** JSON. */
  readonly payload: string
  readonly headers: Readonly<Headers>
}

/** No worker has created the stream of facts yet. */
export class StreamMissing extends Error {}

/** The connection is lost, or the server does not answer. The consumer may still exist. */
export class ServerUnreachable extends Error {}

/**
 * Creates the stream if it is missing, and updates its limits; many processes may do this at once. Returns when the stream was created: a
 * newer time than before means that the server has lost its data. Throws after 2 s without an answer of JetStream, and at once when the
 * connection is lost.
 */
export function ensureFactStream(bus: Bus): Promise<Date> {
  return whileConnected(bus, async () => {
    const { streams } = await bus.jetstream.jetstreamManager()
    const wanted = { ...streamConfig, num_replicas: bus.isClustered ? clusterReplicas : 1 }
    const found = await findStream(streams)
    if (found === null) return new Date((await streams.add(wanted)).created)
    // An operator's changes stay: more replicas, and settings not named in this file.
    wanted.num_replicas = Math.max(wanted.num_replicas, found.config.num_replicas)
    const differs = Object.entries(wanted).some(
      ([name, value]) => String(found.config[name as keyof StreamConfig]) !== String(value),
    )
    const { created } = differs ? await streams.update(factStream, wanted) : found
    return new Date(created)
  })
}

/**
 * Creates or updates the durable consumer, and the stream too if `makesStream`. A new consumer starts with the oldest fact. Throws
 * `StreamMissing`, and the errors of `ensureFactStream`.
 */
export async function openFactConsumer(
  bus: Bus,
  { durable, subjects, makesStream }: { durable: string; subjects: readonly string[]; makesStream: boolean },
): Promise<Consumer> {
  if (makesStream) await ensureFactStream(bus)
  const config = { ...durableConfig, filter_subjects: [...subjects] }
  const { streams, consumers } = await bus.jetstream.jetstreamManager()
  const info = await whileConnected(bus, async () => {
    if (!makesStream) await identifyStream(streams)
    try {
      return await consumers.add(factStream, { ...config, durable_name: durable })
    } catch (error) {
      // It has other settings: of an older version, or of an operator.
      if (!isApiError(error, consumerExists)) throw error
      return await consumers.update(factStream, durable, config)
    }
  })
  // `consumers.get` would request the same information once more.
  return bus.jetstream.consumers.getPullConsumerFor(info)
}

/** Begins to pull every fact after `position`. Throws `StreamMissing`, and as `ensureFactStream`. */
export async function openFollower(bus: Bus): Promise<{ position: FactPosition; messages: ConsumerMessages }> {
  const { streams, consumers } = await bus.jetstream.jetstreamManager()
  const { stream, info } = await whileConnected(bus, async () => {
    const stream = await identifyStream(streams)
    const info = await consumers.add(factStream, followerConfig)
    // The reply about the consumer does not name its stream.
    if ((await identifyStream(streams)) !== stream) throw new Error('the stream of facts was created again meanwhile')
    return { stream, info }
  })
  const consumer = bus.jetstream.consumers.getPullConsumerFor(info)
  const messages = await consumer.consume({ idle_heartbeat: heartbeatMs, bind: true })
  return { position: { stream, sequence: info.delivered.stream_seq }, messages }
}

/** Resolves when the stream has stored the fact. Throws as `ensureFactStream`; the fact may be stored even then. */
export async function publishFact(bus: Bus, { id, subject, payload, headers }: StoredFact): Promise<void> {
  const options = { msgID: id, expect: { streamName: factStream }, ...natsHeaders(headers) }
  await whileConnected(bus, () => bus.jetstream.publish(subject, payload, options))
}

/**
 * Passes messages to `receive` until they end or `stopped`, including those that have arrived by then. Throws `ServerUnreachable` if the
 * connection is lost or heartbeats are missing, another error if the consumer was deleted, and errors of `receive`.
 */
export async function receiveFacts(
  bus: Bus,
  messages: ConsumerMessages,
  stopped: AbortSignal,
  receive: (message: JsMsg) => void,
): Promise<void> {
  let failure: Error | undefined
  const end = (error?: Error): void => {
    failure ??= error
    void messages.close()
  }
  const endDisconnected = (): void => end(new ServerUnreachable('the connection was lost'))
  const stop = (): void => end()
  const stopListening = bus.onDisconnect(endDisconnected)
  stopped.addEventListener('abort', stop)
  try {
    if (!bus.connected) endDisconnected()
    if (stopped.aborted) stop()
    void watchConsumer(messages, end)
    for await (const message of messages) receive(message)
  } finally {
    stopListening()
    stopped.removeEventListener('abort', stop)
  }
  if (failure) throw failure
}

async function watchConsumer(messages: ConsumerMessages, end: (error: Error) => void): Promise<void> {
  for await (const { type, data } of await messages.status()) {
    if (type === ConsumerEvents.HeartbeatsMissed) end(new ServerUnreachable('the server is silent'))
    // A status that the client leaves to us, such as `409 Leadership Change`: this pull gets nothing more.
    if (type === ConsumerDebugEvents.DebugEvent && String(data).startsWith('409'))
      end(new ServerUnreachable(String(data)))
    if (type === ConsumerEvents.ConsumerDeleted || type === ConsumerEvents.NoResponders) {
      end(new Error(`the consumer of facts is gone: ${type}`))
    }
  }
}

/** Throws at once when the connection is lost. The client would wait for its time-out, although no reply can arrive. */
async function whileConnected<Result>(bus: Bus, work: () => Promise<Result>): Promise<Result> {
  if (!bus.connected) throw natsUnavailable()
  const { promise: lost, reject } = Promise.withResolvers<never>()
  const stopListening = bus.onDisconnect(() => reject(natsUnavailable()))
  try {
    return await Promise.race([work(), lost])
  } finally {
    stopListening()
  }
}

async function findStream(streams: StreamAPI): Promise<StreamInfo | null> {
  try {
    return await streams.info(factStream)
  } catch (error) {
    if (isApiError(error, streamNotFound)) return null
    throw error
  }
}

function isApiError(error: unknown, code: number): boolean {
  return error instanceof NatsError && error.api_error?.err_code === code
}

async function identifyStream(streams: StreamAPI): Promise<string> {
  const info = await findStream(streams)
  if (info === null) throw new StreamMissing('there is no stream of facts')
  return info.created
}
