import { setTimeout as pause } from 'node:timers/promises'
import { SpanKind } from '@opentelemetry/api'
import type Logger from 'bunyan'
import { Counter, Gauge } from 'prom-client'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { createdAtMs } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import { injectTraceContext, messagingAttributes, withRemoteSpan } from '#shared/observability/tracing.ts'
import { factKind, parseFactSubject } from './fact.ts'
import type { OutboxSchema } from './outbox.ts'
import { ensureFactStream, publishFact } from './stream.ts'

/*
 * Publishes facts from an outbox table to the stream. A relay runs in every instance of a worker; a transaction lock lets one at a time
 * publish. A fact is marked as published in the transaction that read it, after the stream has acknowledged it. If a relay dies in between,
 * the fact is published again under the same id.
 */

interface OutboxRelay {
  readonly postgres: Postgres
  readonly bus: Bus
  readonly schema: OutboxSchema
  readonly metrics: Metrics
  readonly log: Logger
}

interface OutboxRow {
  readonly id: string
  readonly subject: string
  readonly payload: string
  readonly trace: string | null
}

/** From one look for facts to the next. */
const everyMs = 50
/** Added while no fact waits and this process commits nothing: only the facts of a process that died come that late. */
const idleMs = 500
const batchSize = 500
const firstBackoffMs = 100
const maxBackoffMs = 2_000

/** The first half of the lock's key, arbitrary; the second names the schema. */
const lockClass = 730_194_412
const lockOfSchema: Record<OutboxSchema, number> = { event: 1, booking: 2, purchase: 3 }

/** A new stream has lost all facts: those published in the five minutes before its creation are published again. */
const republishFor = '5 minutes'

/** Publishes the facts of one schema until the returned function is called, which waits for the current batch. */
export function startOutboxRelay(relay: OutboxRelay): () => Promise<void> {
  const stop = new AbortController()
  const ended = relayUntil(stop.signal, relay)
  return () => {
    stop.abort()
    return ended
  }
}

async function relayUntil(stopped: AbortSignal, relay: OutboxRelay): Promise<void> {
  const { postgres, bus, schema, log } = relay
  const metrics = startOutboxMetrics(relay.metrics, schema)
  let streamIsKnown = false
  let failures = 0
  const stopListening = bus.onDisconnect(() => {
    streamIsKnown = false
  })
  let committed = new AbortController()
  const stopWaking = postgres.onCommit(() => committed.abort())
  while (!stopped.aborted) {
    let waitMs = everyMs
    let isIdle = false
    committed = new AbortController()
    try {
      // Before the stream is looked up: the age is right even while NATS is unavailable.
      let oldestId = await findOldest(postgres, schema)
      metrics.setOldest(oldestId)
      if (!streamIsKnown) {
        streamIsKnown = true
        await withdrawLost(postgres, schema, await ensureFactStream(bus))
        oldestId = await findOldest(postgres, schema)
      }
      const published = oldestId === null ? 0 : await relayBatch(relay, metrics.addPublished)
      if (published === batchSize) waitMs = 0
      isIdle = oldestId === null
      if (failures > 0) log.info({ schema }, 'publishing facts resumed')
      failures = 0
    } catch (error) {
      streamIsKnown = false
      failures += 1
      if (failures === 1) log.warn({ err: error, schema }, 'publishing facts was interrupted')
      waitMs = Math.min(firstBackoffMs * 2 ** (failures - 1), maxBackoffMs)
    }
    if (waitMs > 0) await pause(waitMs, undefined, { signal: stopped }).catch(() => undefined)
    if (isIdle) {
      const signal = AbortSignal.any([stopped, committed.signal])
      await pause(idleMs, undefined, { signal }).catch(() => undefined)
    }
  }
  stopListening()
  stopWaking()
}

function startOutboxMetrics({ registry }: Metrics, schema: OutboxSchema) {
  const common = { labelNames: ['schema'] as const, registers: [registry] }
  let oldestId: string | null = null
  new Gauge({
    ...common,
    name: 'outbox_oldest_age_seconds',
    help: 'Age of the oldest fact that waits to be published; 0 if none waits.',
    collect() {
      this.set({ schema }, oldestId === null ? 0 : Math.max(0, (Date.now() - createdAtMs(oldestId)) / 1_000))
    },
  })
  const published = new Counter({ ...common, name: 'outbox_published_total', help: 'Facts published.' })
  published.inc({ schema }, 0)
  const setOldest = (id: string | null): void => {
    oldestId = id
  }
  return { setOldest, addPublished: (facts: number): void => published.inc({ schema }, facts) }
}

/**
 * Publishes the oldest unpublished facts and returns how many; none while another relay holds the lock. Throws if the stream did not store
 * all of them; those that it stored are marked.
 */
async function relayBatch(
  { postgres, bus, schema }: OutboxRelay,
  addPublished: (facts: number) => void,
): Promise<number> {
  const results = await postgres.transaction(async (db) => {
    if (!(await lock(db, schema))) return []
    const rows = await db.query<OutboxRow>(
      `SELECT id, subject, payload::text AS payload, trace FROM ${schema}.outbox
       WHERE published_at IS NULL ORDER BY id LIMIT ${batchSize}`,
    )
    const results = await Promise.allSettled(rows.map((row) => publish(bus, row)))
    const published = rows.filter((_row, index) => results[index]?.status === 'fulfilled').map(({ id }) => id)
    // now() is the start of this transaction. A later time could be after the creation of a new stream that does not have these facts, and
    // they would not be withdrawn.
    await db.query(`UPDATE ${schema}.outbox SET published_at = now() WHERE id = ANY($1::uuid[])`, [published])
    return results
  })
  addPublished(results.filter(({ status }) => status === 'fulfilled').length)
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return results.length
}

/** Not in a transaction, because there is usually no such fact. */
async function findOldest(db: Database, schema: OutboxSchema): Promise<string | null> {
  const [oldest] = await db.query<{ id: string }>(
    `SELECT id FROM ${schema}.outbox WHERE published_at IS NULL ORDER BY id LIMIT 1`,
  )
  return oldest?.id ?? null
}

async function lock(db: Database, schema: OutboxSchema): Promise<boolean> {
  const keys = [lockClass, lockOfSchema[schema]]
  const [lock] = await db.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1, $2) AS taken', keys)
  return lock?.taken === true
}

async function publish(bus: Bus, { id, subject, payload, trace }: OutboxRow): Promise<void> {
  if (trace === null) return publishFact(bus, { id, subject, payload, headers: {} })
  const attributes = { ...messagingAttributes('publish', subject), 'messaging.message.id': id }
  const name = `publish ${factKind(parseFactSubject(subject))}`
  await withRemoteSpan({ traceparent: trace }, name, { kind: SpanKind.PRODUCER, attributes }, async () => {
    const headers: Record<string, string> = {}
    injectTraceContext(headers)
    await publishFact(bus, { id, subject, payload, headers })
  })
}

/** Marks facts that only the previous stream has as unpublished. Finds none while the stream is the same. */
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
