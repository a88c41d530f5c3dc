import type { Database } from '#shared/database/postgres.ts'
import { keyOf, newId, publicId } from '#shared/ids.ts'
import type { Move, Payment } from '../payment.ts'
import { reopenEventRefunds } from './event-refunds.ts'
import { claimDue, isStuck } from './leases.ts'
import { addPaymentFact } from './payment-facts.ts'

/*
 * SQL about payments. Tables contain plain UUIDs; outside this file ids of holds and bookings are public ids. Every write names the
 * expected state, so that of two drivers of one payment the slower one changes nothing.
 */

type PaymentRow = Omit<Payment, 'holdId' | 'begun'> & {
  readonly hold_id: string
  readonly booking_id: string | null
  readonly attempt: number
  readonly amount_minor: number
  readonly currency: string
}

const columns = `id, status, user_id AS "userId", event_id AS "eventId", provider_key AS "providerKey",
  expected_total_minor AS "expectedTotalMinor", expected_currency AS "expectedCurrency", failure,
  decline_code AS "declineCode", loss_reason AS "lossReason", next_check_at IS NULL AS settled, ${isStuck} AS "isStuck",
  next_check_at AS "leaseUntil", hold_id, booking_id, attempt, amount_minor, currency`

export interface NewPayment {
  readonly userId: string
  readonly holdId: string
  readonly idempotencyKey: string
  readonly providerKey: string
  /** Digest of the requested places; null if the request named a hold. */
  readonly placesHash: Buffer | null
  readonly expectedTotalMinor: number | null
  readonly expectedCurrency: string | null
}

/** Stores a new payment before any call is made; `null` if the key already has a payment. */
export async function createPayment(db: Database, wanted: NewPayment, leaseMs: number): Promise<Payment | null> {
  const hold = keyOf(wanted.holdId)
  const rows = await db.query<PaymentRow>(
    `INSERT INTO purchase.payments (id, user_id, event_id, hold_id, idempotency_key, provider_key,
       wish, expected_total_minor, expected_currency, next_check_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + $10 * interval '1 ms')
     ON CONFLICT (provider_key) WHERE status <> 'failed' DO NOTHING
     RETURNING ${columns}`,
    [
      newId(),
      wanted.userId,
      hold.eventId,
      hold.ownId,
      wanted.idempotencyKey,
      wanted.providerKey,
      wanted.placesHash,
      wanted.expectedTotalMinor,
      wanted.expectedCurrency,
      leaseMs,
    ],
  )
  return firstPayment(rows)
}

/** Whether a buyer's hold was made for these places and a payment for it was tried. */
export async function isHoldOfPlaces(
  db: Database,
  { holdId, userId, placesHash }: Pick<NewPayment, 'holdId' | 'userId' | 'placesHash'>,
): Promise<boolean> {
  const { eventId, ownId } = keyOf(holdId)
  const rows = await db.query(
    'SELECT FROM purchase.payments WHERE hold_id = $2 AND event_id = $1 AND user_id = $3 AND wish = $4 LIMIT 1',
    [eventId, ownId, userId, placesHash],
  )
  return rows.length > 0
}

/** How many payments with this key the booking worker refused to begin: earlier tries of one request. */
export async function countRefusedTries(db: Database, providerKey: string): Promise<number> {
  const [refused] = await db.query<{ count: number }>(
    `SELECT count(*) FROM purchase.payments WHERE provider_key = $1 AND failure = 'refused'`,
    [providerKey],
  )
  return refused?.count ?? 0
}

/** The latest payment of a booking: at most one took money, and none came after it. `null` if there was never a payment. */
export async function findPaymentOfBooking(db: Database, bookingId: string): Promise<Payment | null> {
  const { eventId, ownId } = keyOf(bookingId)
  const rows = await db.query<PaymentRow>(
    `SELECT ${columns} FROM purchase.payments WHERE booking_id = $2 AND event_id = $1 ORDER BY attempt DESC LIMIT 1`,
    [eventId, ownId],
  )
  return firstPayment(rows)
}

/** The payment whose charge has this key: the one that did not fail, else the last failed one. */
export async function findPaymentByKey(db: Database, providerKey: string): Promise<Payment | null> {
  return firstPayment(await db.query<PaymentRow>(latestByKey, [providerKey]))
}

/** The same, locked until the transaction ends. */
export async function lockPaymentByKey(db: Database, providerKey: string): Promise<Payment | null> {
  return firstPayment(await db.query<PaymentRow>(`${latestByKey} FOR NO KEY UPDATE`, [providerKey]))
}

/** The latest payment that took money for a user's purchase with this Idempotency-Key; `null` if there is none. */
export async function findPaidPayment(db: Database, userId: string, idempotencyKey: string): Promise<Payment | null> {
  const rows = await db.query<PaymentRow>(
    `SELECT ${columns} FROM purchase.payments WHERE user_id = $1 AND idempotency_key = $2
       AND status IN ('captured', 'refunded') ORDER BY id DESC LIMIT 1`,
    [userId, idempotencyKey],
  )
  return firstPayment(rows)
}

const latestByKey = `SELECT ${columns} FROM purchase.payments WHERE provider_key = $1
  ORDER BY status = 'failed', id DESC LIMIT 1`

/**
 * Moves a payment from the state in which it was read, and extends this driver's lease by `leaseMs`, in a transaction of the caller. `null`
 * if another driver was faster: nothing is changed then. Writes a fact when the payment ends.
 */
export async function movePayment(
  db: Database,
  payment: Payment,
  move: Move,
  leaseMs: number,
): Promise<Payment | null> {
  const { begun } = move
  const failed = move.to === 'failed' ? move : null
  const lossReason = move.to === 'failed' ? null : (move.lossReason ?? null)
  const moved = await db.query<PaymentRow>(
    `UPDATE purchase.payments SET
       status = $3,
       booking_id = coalesce($4, booking_id),
       attempt = coalesce($5, attempt),
       amount_minor = coalesce($6, amount_minor),
       currency = coalesce($7, currency),
       captured_minor = CASE $3 WHEN 'captured' THEN amount_minor ELSE 0 END,
       failure = $8,
       decline_code = $9,
       loss_reason = coalesce($10, loss_reason),
       version = version + 1,
       updated_at = now(),
       -- There is no booking to tell of a payment that was refused.
       next_check_at = CASE WHEN $8 = 'refused' THEN NULL ELSE now() + $11 * interval '1 ms' END
     WHERE id = $1 AND status = $2
     RETURNING ${columns}`,
    [
      payment.id,
      payment.status,
      move.to,
      begun ? keyOf(begun.bookingId).ownId : null,
      begun?.attempt ?? null,
      begun?.amountMinor ?? null,
      begun?.currency ?? null,
      failed?.failure ?? null,
      failed?.declineCode ?? null,
      lossReason,
      leaseMs,
    ],
  )
  if (moved.length > 0 && isEnd(move.to)) await addPaymentFact(db, payment.id)
  // The refund of a whole event waits for open payments. It is reopened for a payment that it could not see.
  if (moved.length > 0 && move.to === 'captured') await reopenEventRefunds(db, payment.eventId)
  return firstPayment(moved)
}

function isEnd(status: Payment['status']): boolean {
  return status === 'captured' || status === 'voided' || status === 'failed'
}

/** Records that nothing is left to do for an ended payment. */
export async function settlePayment(db: Database, { id, status }: Payment): Promise<void> {
  const sql = 'UPDATE purchase.payments SET next_check_at = NULL, updated_at = now() WHERE id = $1 AND status = $2'
  await db.query(sql, [id, status])
}

/** Claims payments whose lease has ended; see `claimDue`. */
export async function claimDuePayments(
  db: Database,
  due: { readonly limit: number; readonly leaseMs: number },
): Promise<Payment[]> {
  const ids = await claimDue(db, 'payments', due)
  const rows = await db.query<PaymentRow>(`SELECT ${columns} FROM purchase.payments WHERE id = ANY($1::uuid[])`, [ids])
  return rows.map(toPayment)
}

/** The current state of a payment. */
export async function readPayment(db: Database, id: string): Promise<Payment> {
  const rows = await db.query<PaymentRow>(`SELECT ${columns} FROM purchase.payments WHERE id = $1`, [id])
  const payment = firstPayment(rows)
  if (payment === null) throw new Error(`payment ${id} has vanished`)
  return payment
}

function firstPayment(rows: readonly PaymentRow[]): Payment | null {
  return rows[0] === undefined ? null : toPayment(rows[0])
}

function toPayment({ hold_id, booking_id, attempt, amount_minor, currency, ...row }: PaymentRow): Payment {
  const { eventId } = row
  const bookingId = booking_id && publicId({ eventId, ownId: booking_id })
  return {
    ...row,
    holdId: publicId({ eventId, ownId: hold_id }),
    begun: bookingId === null ? null : { bookingId, attempt, amountMinor: amount_minor, currency },
  }
}
