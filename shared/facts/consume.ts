import { setTimeout as pause } from 'node:timers/promises'
import { SpanKind } from '@opentelemetry/api'
import type Logger from 'bunyan'
import type { Consumer, JsMsg } from 'nats'
import type { Bus } from '#shared/messaging/bus.ts'
import { readHeaders } from '#shared/messaging/headers.ts'
import { decodeJson } from '#shared/messaging/message.ts'
import { messagingAttributes, withRemoteSpan } from '#shared/observability/tracing.ts'
import { type FactName, factKind, parseFactSubject } from './fact.ts'
import {
  factStream,
  heartbeatMs,
  maxDeliveries,
  openFactConsumer,
  receiveFacts,
  ServerUnreachable,
  StreamMissing,
} from './stream.ts'

export interface ReceivedFact extends FactName {
  /** Id of the fact, the same at every delivery. */
  readonly id: string
  readonly subject: string
  readonly payload: unknown
  /** Number of this delivery, from 1. */
  readonly deliveries: number
}

export interface FactConsumer {
  /** Name of the consumer at the server, which remembers its position. All processes with this name share the facts. */
  readonly durable: string
  /** A subject such as `ticketing.fact.hold.*.released`. */
  readonly subjects: readonly string[]
  /**
   * Must be idempotent and end within 10 s; otherwise the fact is delivered again, possibly to another process. If it throws, the fact is
   * delivered again later. After five deliveries the fact becomes a dead letter.
   */
  handle(fact: ReceivedFact): Promise<void>
  readonly log: Logger
  /** False: waits until a worker has created the stream of facts, because this process may not. */
  readonly makesStream?: boolean
  /** Delay after the first, second, … failure; the last one counts for all further failures. */
  readonly retryDelaysMs?: readonly number[]
}

/** Together longer than a restart of the database. */
const defaultRetryDelaysMs = [1_000, 4_000, 15_000, 60_000]
const maxConcurrent = 16
const fetchMs = 5_000
const backoffMs = 250
const finishMs = 10_000

/**
 * Handles facts, at most 16 at once, until the returned function is called, which lets current ones finish (10 s at most). Creates stream
 * and consumer whenever they are missing, and retries until it succeeds.
 */
export async function consumeFacts(bus: Bus, consumer: FactConsumer): Promise<() => Promise<void>> {
  if (!/^[\w-]+$/.test(consumer.durable)) throw new RangeError(`not the name of a consumer: ${consumer.durable}`)
  const stop = new AbortController()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const ended = consumeUntil(stop.signal, bus, consumer, begin)
  await begun
  return async () => {
    stop.abort()
    await Promise.race([ended, pause(finishMs, undefined, { ref: false })])
  }
}

/** Resolves when all current facts are handled. Calls `begin` after the first attempt to create the consumer, even a failed one. */
async function consumeUntil(stopped: AbortSignal, bus: Bus, consumer: FactConsumer, begin: () => void): Promise<void> {
  const { durable, subjects, makesStream = true, log } = consumer
  const underWay = new Set<Promise<void>>()
  const receive = (message: JsMsg): void => {
    const handled = handleFact(bus, consumer, message)
      // The connection was closed before the acknowledgement: the fact is delivered again.
      .catch(() => undefined)
      .finally(() => underWay.delete(handled))
    underWay.add(handled)
  }
  let source: Consumer | null = null
  let failing = false
  while (!stopped.aborted) {
    try {
      source ??= await openFactConsumer(bus, { durable, subjects, makesStream })
      begin()
      if (underWay.size >= maxConcurrent) {
        await Promise.race(underWay)
        continue
      }
      if (!bus.connected) throw new ServerUnreachable('the connection was lost')
      const messages = await source.fetch({
        max_messages: maxConcurrent - underWay.size,
        expires: fetchMs,
        idle_heartbeat: heartbeatMs,
        bind: true,
      })
      await receiveFacts(bus, messages, stopped, receive)
      // Only now: a consumer in a cluster may exist without a leader.
      if (failing) log.info({ durable }, 'consuming facts resumed')
      failing = false
    } catch (error) {
      // Otherwise it still exists, but a cluster that has just lost a node cannot confirm that for some seconds.
      if (!(error instanceof ServerUnreachable)) source = null
      // Before the first worker has run there is no stream: nothing is wrong.
      if (!failing && error instanceof StreamMissing) log.info({ durable }, 'no stream of facts to consume yet')
      else if (!failing && !stopped.aborted) log.warn({ err: error, durable }, 'consuming facts was interrupted')
      failing = true
      begin()
      await pause(backoffMs, undefined, { signal: stopped }).catch(() => undefined)
    }
  }
  await Promise.all(underWay)
}

/** Acknowledges the fact, or requests another delivery if `handle` throws. Throws if the connection is closed. */
async function handleFact(bus: Bus, consumer: FactConsumer, message: JsMsg): Promise<void> {
  const { durable, log, retryDelaysMs = defaultRetryDelaysMs } = consumer
  const { subject } = message
  const deliveries = message.info.deliveryCount
  try {
    await processFact(bus, consumer, message)
    message.ack()
  } catch (error) {
    const fields = { err: error, durable, subject, deliveries }
    if (deliveries >= maxDeliveries) {
      log.error(fields, 'a fact became a dead letter')
      // Without a delay the server informs `watchDeadLetters` at once.
      message.nak()
    } else {
      log.warn(fields, 'handling a fact failed, it will be delivered again')
      message.nak(retryDelaysMs[deliveries - 1] ?? retryDelaysMs.at(-1))
    }
  }
}

async function processFact(bus: Bus, consumer: FactConsumer, message: JsMsg): Promise<void> {
  const { subject } = message
  const { durable } = consumer
  const name = parseFactSubject(subject)
  const headers = readHeaders(message.headers)
  const attributes = { ...messagingAttributes('process', subject), 'messaging.consumer.group.name': durable }
  await withRemoteSpan(headers, `process ${factKind(name)}`, { kind: SpanKind.CONSUMER, attributes }, async () => {
    const done = bus.metrics?.processing(factKind(name), durable)
    try {
      const id = headers['Nats-Msg-Id'] ?? ''
      const deliveries = message.info.deliveryCount
      await consumer.handle({ ...name, id, subject, payload: decodeJson(message.data), deliveries })
      done?.()
    } catch (error) {
      done?.(error)
      throw error
    }
  })
}

/** The server's advisory about a fact that became a dead letter. */
export interface DeadLetter {
  readonly stream: string
  /** Name of the durable consumer that failed. */
  readonly consumer: string
  /** The fact's sequence number. The stream keeps the fact until it is too old. */
  readonly stream_seq: number
  readonly deliveries: number
}

/** Reports facts that become dead letters, until the returned function is called. Misses those while NATS is disconnected. */
export function watchDeadLetters(bus: Bus, onDeadLetter: (letter: DeadLetter) => void): () => void {
  const subject = `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${factStream}.*`
  return bus.subscribe(subject, ({ payload }) => onDeadLetter(decodeJson(payload) as DeadLetter))
}
