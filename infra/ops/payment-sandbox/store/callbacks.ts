import type { Database } from '#shared/database/postgres.ts'
import { newId } from '#shared/ids.ts'
import { recordedTraceparent } from '#shared/observability/tracing.ts'
import { type CallbackSettings, callbackDelaysMs } from '../callback-times.ts'
import type { ChargeChange } from '../charge.ts'
import { behaviourOf } from '../tokens.ts'

/*
 * Callbacks that the webhook endpoint has not accepted. A claim is a lease: when it ends without a result, the callback is due again.
 * So every callback is sent at least once, and may be sent again although it was accepted.
 */

/** Longer than an attempt takes, which is given 5 s. */
const leaseMs = 7_000

/** A change as it is reported. */
interface ChangeEvent {
  readonly id: string
  readonly body: string
  /** In how many milliseconds each callback is due; empty when there are none. */
  readonly delaysMs: readonly number[]
}

/** `token` is the one that is kept with the charge. */
export type DescribeChange = (token: string | null, change: ChargeChange) => ChangeEvent

/** Where changes of charges are written, each with its callbacks. */
export interface Books {
  readonly db: Database
  readonly describe: DescribeChange
}

/** One callback to be sent once. */
export interface ClaimedCallback {
  readonly eventId: string
  readonly copy: number
  readonly body: string
  /** This one included. */
  readonly attempts: number
  /** `traceparent` of the change that it reports, where that was recorded. */
  readonly trace: string | null
}

export function describeChanges(settings: CallbackSettings): DescribeChange {
  return (token, { type, charge, refund }) => {
    const id = newId()
    const created = Math.floor(Date.now() / 1_000)
    return {
      id,
      body: JSON.stringify({ id, type, created, charge, refund }),
      delaysMs: callbackDelaysMs(behaviourOf(token), settings, Math.random),
    }
  }
}

/**
 * Runs a statement that changes a charge, and when it did, writes the callbacks in the same statement: both or nothing.
 * The statement returns a row for what it changed. Answers whether it changed anything.
 */
export async function changeAndTell(
  db: Database,
  { statement, values, event }: { statement: string; values: readonly unknown[]; event: ChangeEvent },
): Promise<boolean> {
  const [id, body, delays, trace] = [1, 2, 3, 4].map((offset) => `$${values.length + offset}`)
  const changed = await db.query(
    `WITH changed AS (${statement}), told AS (
       INSERT INTO sandbox.callbacks (event_id, copy, body, due_at, trace)
       SELECT ${id}::uuid, copy, ${body}::text, now() + delay_ms * interval '1 ms', ${trace}
       FROM changed, unnest(${delays}::integer[]) WITH ORDINALITY AS delays (delay_ms, copy)
     )
     SELECT FROM changed`,
    [...values, event.id, event.body, event.delaysMs, recordedTraceparent() ?? null],
  )
  return changed.length > 0
}

/** Takes callbacks that are due, for one attempt each, passing over what others are taking. */
export function claimCallbacks(db: Database, limit: number): Promise<ClaimedCallback[]> {
  return db.query<ClaimedCallback>(
    `WITH due AS (
       SELECT event_id, copy FROM sandbox.callbacks WHERE delivered_at IS NULL AND due_at <= now()
       ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
     )
     UPDATE sandbox.callbacks AS claimed SET attempts = attempts + 1, due_at = now() + $2 * interval '1 ms'
     FROM due WHERE claimed.event_id = due.event_id AND claimed.copy = due.copy
     RETURNING claimed.event_id AS "eventId", claimed.copy, claimed.body, claimed.attempts, claimed.trace`,
    [limit, leaseMs],
  )
}

/** In how many milliseconds the next callback is due; null when none waits. */
export async function nextCallbackDueMs(db: Database): Promise<number | null> {
  const [next] = await db.query<{ due_ms: number | null }>(
    `SELECT (extract(epoch FROM min(due_at) - now()) * 1000)::float8 AS due_ms
     FROM sandbox.callbacks WHERE delivered_at IS NULL`,
  )
  return next?.due_ms ?? null
}

/**
 * What became of an attempt. `status` is null when there was no answer, `pauseMs` null when the callback was accepted; otherwise it is
 * due again after the pause.
 */
export async function recordAttempt(
  db: Database,
  { eventId, copy }: ClaimedCallback,
  { status, pauseMs }: { status: number | null; pauseMs: number | null },
): Promise<void> {
  await db.query(
    `UPDATE sandbox.callbacks SET last_status = coalesce($3, last_status),
       due_at = coalesce(now() + $4 * interval '1 ms', due_at),
       delivered_at = CASE WHEN $4 IS NULL THEN now() ELSE delivered_at END
     WHERE event_id = $1 AND copy = $2`,
    [eventId, copy, status, pauseMs],
  )
}

/** Whether the endpoint has answered a callback about this event, whatever it said. */
export async function wasAnswered(db: Database, eventId: string): Promise<boolean> {
  const answered = await db.query(
    'SELECT FROM sandbox.callbacks WHERE event_id = $1 AND last_status IS NOT NULL LIMIT 1',
    [eventId],
  )
  return answered.length > 0
}

/** From now on callbacks go there, the waiting ones too. */
export async function setEndpoint(db: Database, url: string): Promise<void> {
  await db.query(
    'INSERT INTO sandbox.webhook_endpoint (url) VALUES ($1) ON CONFLICT (is_only) DO UPDATE SET url = excluded.url',
    [url],
  )
}

/** The endpoint that was set at run time. */
export async function findEndpoint(db: Database): Promise<string | null> {
  const [endpoint] = await db.query<{ url: string }>('SELECT url FROM sandbox.webhook_endpoint')
  return endpoint?.url ?? null
}
