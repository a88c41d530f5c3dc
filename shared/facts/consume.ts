import { setTimeout as pause } from 'node:timers/promises'
import { SpanKind } from '@opentelemetry/api'
import type Logger from 'bunyan'
import type { Bus, Delivery } from '#shared/messaging/bus.ts'
import { decodeJson } from '#shared/messaging/json-bytes.ts'
import type { MessagingMetrics } from '#shared/messaging/messaging-metrics.ts'
import { withRemoteSpan } from '#shared/observability/tracing.ts'
import type { Close } from '#shared/process/lifecycle.ts'
import { type FactName, factKind, parseFactSubject } from './fact.ts'
import {
  acknowledge,
  askAgain,
  ConsumerGone,
  deliveriesOf,
  ensureFactConsumer,
  ensureFactStream,
  factStream,
  maxDeliveries,
  pullFacts,
} from './stream.ts'

/** A fact as its consumer gets it. */
export interface ReceivedFact extends FactName {
  /** The same whenever this fact comes again. */
  readonly id: string
  readonly subject: string
  readonly payload: unknown
  /** 1 the first time. */
  readonly deliveries: number
}

export interface FactConsumer {
  /** Its name at the server, which remembers how far it got: all processes that give it share the facts. */
  readonly durable: string
  /** Such as `ticketing.fact.hold.*.released`. */
  readonly subjects: readonly string[]
  /**
   * Must be idempotent, and done within 10 s: after that the fact is delivered again, maybe to another process. When it
   * throws, the fact comes again later, five times in all; after that it is a dead letter.
   */
  handle(fact: ReceivedFact): Promise<void>
  readonly log: Logger
  /** How long a fact waits after its first, second, … failure, in milliseconds; the last one counts for all further. */
  readonly retryDelaysMs?: readonly number[]
}

/** Together they outlive the restart of a database. */
const defaultRetryDelaysMs = [1_000, 4_000, 15_000, 60_000]
const maxConcurrent = 16
const reconnectMs = 250
const finishMs = 10_000

/**
 * Handles facts, at most 16 at once, until the answer is called, which lets those under way finish. Stream and consumer are
 * made when they are missing, at the start and whenever the server comes back without them; while it is away this waits.
 */
export async function consumeFacts(bus: Bus, consumer: FactConsumer): Promise<Close> {
  if (!/^[\w-]+$/.test(consumer.durable)) throw new RangeError(`not the name of a consumer: ${consumer.durable}`)
  const stop = new AbortController()
  const underWay = new Set<Promise<void>>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const ended = consumeUntil(stop.signal, bus, consumer, underWay, begin)
  await begun
  return async () => {
    stop.abort()
    await ended
    await Promise.race([Promise.all(underWay), pause(finishMs, undefined, { ref: false })])
  }
}

/** Calls `begin` after the first attempt to make the consumer, successful or not. */
async function consumeUntil(
  stopped: AbortSignal,
  bus: Bus,
  consumer: FactConsumer,
  underWay: Set<Promise<void>>,
  begin: () => void,
): Promise<void> {
  const { durable, subjects, log } = consumer
  let wake = (): void => undefined
  const receive = (delivery: Delivery): void => {
    const handled = handleDelivery(consumer, delivery, bus.metrics).finally(() => {
      underWay.delete(handled)
      wake()
    })
    underWay.add(handled)
  }
  stopped.addEventListener('abort', () => wake())
  let ready = false
  let failing = false
  while (!stopped.aborted) {
    try {
      if (!ready) {
        await ensureFactStream(bus)
        await ensureFactConsumer(bus, durable, subjects)
        ready = true
        begin()
      }
      if (underWay.size >= maxConcurrent) await new Promise<void>((resolve) => (wake = resolve))
      await pullFacts(bus, { durable, limit: maxConcurrent - underWay.size, stopped, receive })
      // Only now: a consumer may be there and have no leader yet.
      if (failing) log.info({ durable }, 'facts arrive again')
      failing = false
    } catch (error) {
      // Otherwise the consumer is still there, and a cluster that has just lost a node could not say so for some seconds.
      if (error instanceof ConsumerGone) ready = false
      if (!failing && !stopped.aborted) log.warn({ err: error, durable }, 'facts do not arrive')
      failing = true
      begin()
      await pause(reconnectMs, undefined, { signal: stopped }).catch(() => undefined)
    }
  }
}

/** Never throws: a failure is told to the server. */
async function handleDelivery(
  consumer: FactConsumer,
  delivery: Delivery,
  metrics: MessagingMetrics | undefined,
): Promise<void> {
  const { durable, log, retryDelaysMs = defaultRetryDelaysMs } = consumer
  const deliveries = deliveriesOf(delivery)
  try {
    const name = parseFactSubject(delivery.subject)
    const attributes = {
      'messaging.system': 'nats',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': delivery.subject,
      'messaging.consumer.group.name': durable,
    }
    await withRemoteSpan(
      delivery.headers,
      `process ${factKind(name)}`,
      { kind: SpanKind.CONSUMER, attributes },
      async () => {
        const done = metrics?.processing(factKind(name), durable)
        try {
          await consumer.handle({
            ...name,
            id: delivery.headers['Nats-Msg-Id'] ?? '',
            subject: delivery.subject,
            payload: decodeJson(delivery.payload),
            deliveries,
          })
          done?.()
        } catch (error) {
          done?.(error)
          throw error
        }
      },
    )
    acknowledge(delivery)
  } catch (error) {
    const facts = { err: error, durable, subject: delivery.subject, deliveries }
    if (deliveries >= maxDeliveries) {
      log.error(facts, 'a fact was given up: it is a dead letter now')
      // Without a delay the server says so at once.
      askAgain(delivery, 0)
    } else {
      log.warn(facts, 'a fact could not be handled; it comes again')
      askAgain(delivery, retryDelaysMs[deliveries - 1] ?? retryDelaysMs.at(-1) ?? 0)
    }
  }
}

export interface DeadLetter {
  readonly stream: string
  /** Name of the durable consumer that gave up. */
  readonly consumer: string
  /** Under this number the fact still lies in the stream, as long as the stream keeps it. */
  readonly streamSequence: number
  readonly deliveries: number
}

/** What the server says of it. */
interface MaxDeliveries {
  readonly stream: string
  readonly consumer: string
  readonly stream_seq: number
  readonly deliveries: number
}

/** Tells of every fact that some consumer gave up while this listens; what happens while NATS is away is not told. */
export async function watchDeadLetters(bus: Bus, onDeadLetter: (letter: DeadLetter) => void): Promise<Close> {
  const subject = `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${factStream}.*`
  const advisories = bus.subscribe(subject, ({ payload }) => {
    const { stream, consumer, stream_seq, deliveries } = decodeJson(payload) as MaxDeliveries
    onDeadLetter({ stream, consumer, streamSequence: stream_seq, deliveries })
  })
  return () => advisories.drain()
}
