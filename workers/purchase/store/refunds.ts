import type { RefundReason } from '#shared/contracts/bookings.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { keyOf, newId, publicId } from '#shared/ids.ts'
import { amountOf, type Refund, type RefundMove } from '../refund.ts'
import { claimDue, isStuck } from './leases.ts'
import { addPaymentFact } from './payment-facts.ts'

/*
 * SQL about refunds. Every write names the expected state, so that of two drivers of one refund the slower one changes nothing. A payment's
 * promised and refunded amounts are written in the commit of the refund's move. Locks: first the refund, then its payment.
 */

type RefundRow = Omit<Refund, 'bookingId' | 'ticketIds'> & {
  readonly booking_id: string
  readonly ticket_ids: string[] | null
}

const selectRefunds = `SELECT refund.id, refund.status, refund.payment_id AS "paymentId", refund.event_id AS "eventId",
    payment.user_id AS "userId", refund.reason, refund.provider_key AS "providerKey", payment.provider_key AS "chargeKey",
    payment.currency, refund.amount_minor AS "amountMinor", refund.refusal, refund.next_check_at IS NULL AS settled,
    refund.is_stuck AS "isStuck", refund.booking_id, refund.ticket_ids
  FROM (SELECT *, ${isStuck} AS is_stuck FROM purchase.refunds) AS refund
  JOIN purchase.payments AS payment ON payment.id = refund.payment_id`

export interface NewRefund {
  readonly paymentId: string
  /** Null: all valid tickets. */
  readonly ticketIds: readonly string[] | null
  readonly reason: RefundReason
  /** Operation and caller. */
  readonly requestedBy: string
  readonly providerKey: string
}

/** Stores a new refund before any call is made. Returns the refund of the key: this one or the existing one. */
export async function createRefund(db: Database, wanted: NewRefund, leaseMs: number): Promise<Refund> {
  await db.query(
    `INSERT INTO purchase.refunds (id, payment_id, event_id, booking_id, ticket_ids, reason, requested_by, provider_key,
       next_check_at)
     SELECT $1, id, event_id, booking_id, $3, $4, $5, $6, now() + $7 * interval '1 ms'
     FROM purchase.payments WHERE id = $2
     ON CONFLICT (provider_key) WHERE status <> 'refused' DO NOTHING`,
    [
      newId(),
      wanted.paymentId,
      wanted.ticketIds?.map((id) => keyOf(id).ownId) ?? null,
      wanted.reason,
      wanted.requestedBy,
      wanted.providerKey,
      leaseMs,
    ],
  )
  const refund = await findRefundByKey(db, wanted.providerKey)
  if (refund === null) throw new Error(`refund of payment ${wanted.paymentId} was refused before it was read`)
  return refund
}

/** The refund that an earlier request with this key began, unless it was refused. */
export async function findRefundByKey(db: Database, providerKey: string): Promise<Refund | null> {
  const rows = await db.query<RefundRow>(
    `${selectRefunds} WHERE refund.provider_key = $1 AND refund.status <> 'refused'`,
    [providerKey],
  )
  return rows[0] === undefined ? null : toRefund(rows[0])
}

/** The current state of a refund. */
export async function readRefund(db: Database, id: string): Promise<Refund> {
  const [row] = await db.query<RefundRow>(`${selectRefunds} WHERE refund.id = $1`, [id])
  if (row === undefined) throw new Error(`refund ${id} has vanished`)
  return toRefund(row)
}

/**
 * Moves a refund from the state in which it was read, and extends this driver's lease by `leaseMs`, in a transaction of the caller. `null`
 * if another driver was faster: nothing is changed then. Writes a fact when the buyer has the money.
 */
export async function moveRefund(
  db: Database,
  refund: Refund,
  move: RefundMove,
  leaseMs: number,
): Promise<Refund | null> {
  const amountMinor = move.to === 'returning' ? move.amountMinor : null
  const refusal = move.to === 'refused' ? move.refusal : null
  const moved = await db.query(
    `UPDATE purchase.refunds SET status = $3, amount_minor = coalesce($4, amount_minor),
       refusal = $5, updated_at = now(),
       next_check_at = CASE WHEN $3 = 'refused' THEN NULL ELSE now() + $6 * interval '1 ms' END
     WHERE id = $1 AND status = $2 RETURNING id`,
    [refund.id, refund.status, move.to, amountMinor, refusal === null ? null : JSON.stringify(refusal), leaseMs],
  )
  if (moved.length === 0) return null
  if (move.to === 'returning') {
    await db.query(
      'UPDATE purchase.payments SET promised_minor = promised_minor + $2, updated_at = now() WHERE id = $1',
      [refund.paymentId, move.amountMinor],
    )
  }
  if (move.to === 'done' && amountOf(refund) > 0) await addToRefunded(db, refund)
  return readRefund(db, refund.id)
}

/**
 * Records that nothing is left to do for an ended refund. A payment of nothing becomes `refunded` when no ticket is left of it
 * (`wholeBooking`), because there is no amount to compare.
 */
export async function settleRefund(
  postgres: Postgres,
  refund: Refund,
  { wholeBooking }: { wholeBooking: boolean },
): Promise<void> {
  await postgres.transaction(async (db) => {
    await db.query(
      `UPDATE purchase.refunds SET next_check_at = NULL, updated_at = now() WHERE id = $1 AND status = 'done'`,
      [refund.id],
    )
    if (!wholeBooking) return
    const ended = await db.query(
      `UPDATE purchase.payments SET status = 'refunded', version = version + 1, updated_at = now()
       WHERE id = $1 AND status = 'captured' AND captured_minor = 0 RETURNING id`,
      [refund.paymentId],
    )
    if (ended.length > 0) await addPaymentFact(db, refund.paymentId)
  })
}

/** Claims refunds whose lease has ended; see `claimDue`. */
export async function claimDueRefunds(
  db: Database,
  due: { readonly limit: number; readonly leaseMs: number },
): Promise<Refund[]> {
  const ids = await claimDue(db, 'refunds', due)
  const rows = await db.query<RefundRow>(`${selectRefunds} WHERE refund.id = ANY($1::uuid[])`, [ids])
  return rows.map(toRefund)
}

async function addToRefunded(db: Database, refund: Refund): Promise<void> {
  await db.query(
    `UPDATE purchase.payments SET refunded_minor = refunded_minor + $2, version = version + 1, updated_at = now(),
       status = CASE WHEN refunded_minor + $2 = captured_minor THEN 'refunded' ELSE status END
     WHERE id = $1`,
    [refund.paymentId, amountOf(refund)],
  )
  await addPaymentFact(db, refund.paymentId)
}

function toRefund({ booking_id, ticket_ids, ...row }: RefundRow): Refund {
  const idOf = (ownId: string): string => publicId({ eventId: row.eventId, ownId })
  return { ...row, bookingId: idOf(booking_id), ticketIds: ticket_ids?.map(idOf) ?? null }
}
