import { setTimeout as pause } from 'node:timers/promises'
import { SpanKind } from '@opentelemetry/api'
import type Logger from 'bunyan'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import { injectTraceContext, withRemoteSpan } from '#shared/observability/tracing.ts'
import type { Close } from '#shared/process/lifecycle.ts'
import { factKind, parseFactSubject } from './fact.ts'
import type { OutboxSchema } from './outbox.ts'
import { OutboxMetrics } from './outbox-metrics.ts'
import { ensureFactStream, publishFact } from './stream.ts'

/*
 * Carries facts from an outbox table to the stream. A relay runs in every instance of a worker, and a transaction lock lets
 * one of them at a time publish. A fact is marked as published in the transaction that read it, after the stream has
 * acknowledged it: whoever dies in between leaves it unmarked, and it is published again under the same id.
 */

export interface OutboxRelay {
  readonly postgres: Postgres
  readonly bus: Bus
  readonly schema: OutboxSchema
  readonly metrics: Metrics
  readonly log: Logger
}

/** The relay at work. */
interface RunningRelay extends Omit<OutboxRelay, 'metrics'> {
  readonly metrics: OutboxMetrics
}

interface OutboxRow {
  readonly id: string
  readonly subject: string
  readonly payload: string
  readonly trace: string | null
}

const everyMs = 50
const batchSize = 500
const firstBackoffMs = 100
const maxBackoffMs = 2_000

/** The first half of the lock's key, arbitrary; the second names the schema. */
const lockClass = 730_194_412
const lockOfSchema: Record<OutboxSchema, number> = { event: 1, booking: 2, purchase: 3 }

const cleanUpEveryMs = 10_000
const cleanUpBatch = 1_000

/**
 * A stream that is new has lost what the one before it held. Consumers are seconds behind at most, unless they fail;
 * what was published in this time before is published again.
 */
const republishFor = '5 minutes'

/** Publishes the facts of one schema until the answer is called, which lets the batch under way end. */
export function startOutboxRelay(relay: OutboxRelay): Close {
  const stop = new AbortController()
  const ended = relayUntil(stop.signal, { ...relay, metrics: new OutboxMetrics(relay.metrics, relay.schema) })
  return () => {
    stop.abort()
    return ended
  }
}

async function relayUntil(stopped: AbortSignal, relay: RunningRelay): Promise<void> {
  const { postgres, bus, schema, metrics, log } = relay
  let streamIsKnown = false
  let failures = 0
  let cleanUpAt = performance.now()
  const stopListening = bus.onDisconnect(() => {
    streamIsKnown = false
  })
  while (!stopped.aborted) {
    let waitMs = everyMs
    try {
      // Before the stream is asked: while that is away, they grow old.
      let oldestId = await findOldest(postgres, schema)
      metrics.waits(oldestId)
      if (!streamIsKnown) {
        streamIsKnown = true
        await withdrawLost(postgres, schema, await ensureFactStream(bus))
        oldestId = await findOldest(postgres, schema)
      }
      const published = oldestId === null ? 0 : await relayBatch(relay)
      if (published === batchSize) waitMs = 0
      if (performance.now() >= cleanUpAt) {
        const deleted = await deleteOld(postgres, schema)
        if (deleted < cleanUpBatch) cleanUpAt = performance.now() + cleanUpEveryMs
      }
      if (failures > 0) log.info({ schema }, 'facts are published again')
      failures = 0
    } catch (error) {
      streamIsKnown = false
      failures += 1
      if (failures === 1) log.warn({ err: error, schema }, 'facts wait in the outbox')
      waitMs = Math.min(firstBackoffMs * 2 ** (failures - 1), maxBackoffMs)
    }
    if (waitMs > 0) await pause(waitMs, undefined, { signal: stopped }).catch(() => undefined)
  }
  stopListening()
}

/**
 * Publishes the oldest facts that wait and answers how many; none while another relay is at it. Throws when the stream did
 * not take all of them; those it took are marked all the same.
 */
async function relayBatch({ postgres, bus, schema, metrics }: RunningRelay): Promise<number> {
  const results = await postgres.transaction(async (db) => {
    if (!(await lock(db, schema))) return []
    const rows = await db.query<OutboxRow>(
      `SELECT id, subject, payload::text AS payload, trace FROM ${schema}.outbox
       WHERE published_at IS NULL ORDER BY id LIMIT ${batchSize}`,
    )
    const results = await Promise.allSettled(rows.map((row) => publish(bus, row)))
    const published = rows.filter((_row, index) => results[index]?.status === 'fulfilled').map(({ id }) => id)
    // now() is the begin of this transaction. A later moment could lie behind the making of a new stream that does not
    // have these facts, and they would not be withdrawn.
    await db.query(`UPDATE ${schema}.outbox SET published_at = now() WHERE id = ANY($1::uuid[])`, [published])
    return results
  })
  metrics.published(results.filter(({ status }) => status === 'fulfilled').length)
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return results.length
}

/** Most of the time nothing waits: one statement without a transaction finds that out. */
async function findOldest(db: Database, schema: OutboxSchema): Promise<string | null> {
  const [oldest] = await db.query<{ id: string }>(
    `SELECT id FROM ${schema}.outbox WHERE published_at IS NULL ORDER BY id LIMIT 1`,
  )
  return oldest?.id ?? null
}

async function lock(db: Database, schema: OutboxSchema): Promise<boolean> {
  const [lock] = await db.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1, $2) AS taken', [
    lockClass,
    lockOfSchema[schema],
  ])
  return lock?.taken === true
}

async function publish(bus: Bus, { id, subject, payload, trace }: OutboxRow): Promise<void> {
  if (trace === null) return publishFact(bus, { id, subject, payload, headers: {} })
  const attributes = {
    'messaging.system': 'nats',
    'messaging.operation.name': 'publish',
    'messaging.operation.type': 'send',
    'messaging.destination.name': subject,
    'messaging.message.id': id,
  }
  const name = `publish ${factKind(parseFactSubject(subject))}`
  await withRemoteSpan({ traceparent: trace }, name, { kind: SpanKind.PRODUCER, attributes }, async () => {
    const headers: Record<string, string> = {}
    injectTraceContext(headers)
    await publishFact(bus, { id, subject, payload, headers })
  })
}

/** Marks facts as not published that the stream before this one took. Nothing matches as long as a stream lives. */
async function withdrawLost(db: Database, schema: OutboxSchema, streamMadeAt: Date): Promise<void> {
  let withdrawn: unknown[]
  do {
    withdrawn = await db.query(
      `UPDATE ${schema}.outbox SET published_at = NULL WHERE id IN (
         SELECT id FROM ${schema}.outbox
         WHERE published_at >= $1::timestamptz - interval '${republishFor}' AND published_at < $1
         LIMIT ${batchSize} FOR UPDATE SKIP LOCKED)
       RETURNING id`,
      [streamMadeAt],
    )
  } while (withdrawn.length === batchSize)
}

/** Deletes some of the facts that were published more than a day ago and answers how many. */
async function deleteOld(db: Database, schema: OutboxSchema): Promise<number> {
  const deleted = await db.query(
    `DELETE FROM ${schema}.outbox WHERE id IN (
       SELECT id FROM ${schema}.outbox WHERE published_at < now() - interval '1 day'
       LIMIT ${cleanUpBatch} FOR UPDATE SKIP LOCKED)
     RETURNING id`,
  )
  return deleted.length
}
