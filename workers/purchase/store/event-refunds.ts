import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewEventRefunds } from '#shared/contracts/purchase.ts'
import type { Database } from '#shared/database/postgres.ts'
import { newId } from '#shared/ids.ts'
import { isStuck } from './leases.ts'

/* SQL about refunding whole events. One row per event says that all of its payments are to be refunded, and whether that is finished. */

export type EventRefunds = ReplyOf<typeof viewEventRefunds>

/** Starts refunding an event. Idempotent. */
export async function startEventRefunds(db: Database, eventId: string): Promise<void> {
  await db.query(
    'INSERT INTO purchase.event_refunds (event_id, next_check_at) VALUES ($1, now()) ON CONFLICT DO NOTHING',
    [eventId],
  )
}

/**
 * Called when money is captured for an event: if the event is or was being refunded, this payment is refunded too. Runs before the commit
 * of the capture, so that either the refunds see the payment or the payment sees their end.
 */
export async function reopenEventRefunds(db: Database, eventId: string): Promise<void> {
  await db.query('UPDATE purchase.event_refunds SET finished_at = NULL, next_check_at = now() WHERE event_id = $1', [
    eventId,
  ])
}

/** The progress of an event's refunds; `undefined` if none were started. */
export async function readEventRefunds(db: Database, eventId: string): Promise<EventRefunds | undefined> {
  const [row] = await db.query<{
    started_at: Date
    finished_at: Date | null
    bookings: number
    refunded: number
    refunded_minor: number
  }>(
    `SELECT started_at, finished_at, paid.* FROM purchase.event_refunds,
       LATERAL (SELECT count(*) AS bookings, count(*) FILTER (WHERE status = 'refunded') AS refunded,
                  coalesce(sum(refunded_minor), 0)::bigint AS refunded_minor
                FROM purchase.payments WHERE payments.event_id = $1 AND status IN ('captured', 'refunded')) AS paid
     WHERE event_refunds.event_id = $1`,
    [eventId],
  )
  if (row === undefined) return undefined
  return {
    event_id: eventId,
    status: row.finished_at === null ? 'running' : 'done',
    bookings: row.bookings,
    refunded: row.refunded,
    refunded_minor: row.refunded_minor,
    started_at: row.started_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null,
  }
}

/** An event whose refunds are due, locked until the transaction ends. Each event has one caller. */
export async function lockDueEvent(db: Database): Promise<string | undefined> {
  const [due] = await db.query<{ event_id: string }>(
    `SELECT event_id FROM purchase.event_refunds WHERE next_check_at <= now()
     ORDER BY next_check_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
  )
  return due?.event_id
}

/** Open refunds of the event that make progress, whether started by organiser or buyers. */
export async function countMovingRefunds(db: Database, eventId: string): Promise<number> {
  const [moving] = await db.query<{ count: number }>(
    `SELECT count(*) FROM purchase.refunds WHERE next_check_at IS NOT NULL AND event_id = $1 AND NOT ${isStuck}`,
    [eventId],
  )
  return moving?.count ?? 0
}

/**
 * Begins one refund each for at most `limit` captured payments of the event. Returns how many. A payment with a refund in progress waits
 * for its end; the rest is refunded afterwards. Includes payments that are already refunded, because their bookings may have tickets left
 * that cost nothing.
 */
export async function beginRefundsOfEvent(
  db: Database,
  { eventId, limit }: { eventId: string; limit: number },
): Promise<number> {
  const ids = Array.from({ length: limit }, newId)
  const begun = await db.query(
    `WITH next AS (
       SELECT payment.id, payment.booking_id, row_number() OVER (ORDER BY payment.id) AS number
       FROM purchase.payments AS payment
       WHERE payment.event_id = $1 AND payment.status IN ('captured', 'refunded') AND payment.next_check_at IS NULL
         AND NOT EXISTS (SELECT FROM purchase.refunds AS refund WHERE refund.payment_id = payment.id
                         AND (refund.reason = 'event_cancelled' OR refund.next_check_at IS NOT NULL))
       ORDER BY payment.id LIMIT ${limit})
     INSERT INTO purchase.refunds (id, payment_id, event_id, booking_id, reason, requested_by, provider_key, next_check_at)
     SELECT own.id, next.id, $1, next.booking_id, 'event_cancelled', 'refund-event', 'refund-' || own.id, now()
     FROM next JOIN unnest($2::uuid[]) WITH ORDINALITY AS own (id, number) USING (number)
     ON CONFLICT DO NOTHING RETURNING id`,
    [eventId, ids],
  )
  return begun.length
}

/** What prevents the refunds of an event from being finished. */
export interface RemainingRefunds {
  /** Payments that may still take money, or whose end the booking does not know. */
  readonly openPayments: number
  /** Captured payments whose money is not refunded, or whose refund has not begun. */
  readonly unrefunded: number
  /** Refunds that have not ended. */
  readonly openRefunds: number
}

/** Counts what prevents the refunds of an event from being finished. */
export async function countRemaining(db: Database, eventId: string): Promise<RemainingRefunds> {
  const [remaining] = await db.query<RemainingRefunds>(
    `SELECT count(*) FILTER (WHERE next_check_at IS NOT NULL) AS "openPayments",
       count(*) FILTER (WHERE status = 'captured' AND next_check_at IS NULL AND (refunded_minor < captured_minor
         OR NOT EXISTS (SELECT FROM purchase.refunds AS refund
                        WHERE refund.payment_id = payment.id AND refund.reason = 'event_cancelled'))) AS unrefunded,
       (SELECT count(*) FROM purchase.refunds WHERE next_check_at IS NOT NULL AND event_id = $1) AS "openRefunds"
     FROM purchase.payments AS payment WHERE event_id = $1`,
    [eventId],
  )
  if (remaining === undefined) throw new Error('a count without a row')
  return remaining
}

/** Records that all payments of an event are refunded. */
export async function finishEventRefunds(db: Database, eventId: string): Promise<void> {
  await db.query('UPDATE purchase.event_refunds SET finished_at = now(), next_check_at = NULL WHERE event_id = $1', [
    eventId,
  ])
}

/** Makes an event's refunds due again in `inMs`. */
export async function scheduleEventRefunds(db: Database, eventId: string, inMs: number): Promise<void> {
  await db.query(`UPDATE purchase.event_refunds SET next_check_at = now() + $2 * interval '1 ms' WHERE event_id = $1`, [
    eventId,
    inMs,
  ])
}
