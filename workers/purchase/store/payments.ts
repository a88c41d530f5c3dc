import type { LossReason } from '#shared/contracts/payment-steps.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { keyOf, newId, publicId } from '#shared/ids.ts'
import type { Move, Payment, PaymentStatus } from '../payment.ts'
import { reopenEventRefunds } from './event-refunds.ts'
import { tellPaymentEnd } from './payment-facts.ts'

/*
 * All SQL about payments. Tables hold plain UUIDs; outside of this file ids of holds and bookings are public ones.
 * Every write names the state it expects, so that of two drivers of one payment the slower one changes nothing.
 */

interface PaymentRow {
  id: string
  status: PaymentStatus
  user_id: string
  event_id: string
  hold_id: string
  provider_key: string
  expected_total_minor: number | null
  expected_currency: string | null
  booking_id: string | null
  attempt: number
  amount_minor: number
  currency: string
  decline_code: string | null
  loss_reason: LossReason | null
  next_check_at: Date | null
}

const columns = `id, status, user_id, event_id, hold_id, provider_key, expected_total_minor, expected_currency,
  booking_id, attempt, amount_minor, currency, decline_code, loss_reason, next_check_at`

export interface NewPayment {
  readonly userId: string
  readonly holdId: string
  readonly idempotencyKey: string
  readonly providerKey: string
  readonly expectedTotalMinor: number | null
  readonly expectedCurrency: string | null
}

/** Writes down the wish to pay before anybody is asked; `null` when the key has a payment already. */
export async function createPayment(db: Database, wish: NewPayment, leaseMs: number): Promise<Payment | null> {
  const hold = keyOf(wish.holdId)
  const rows = await db.query<PaymentRow>(
    `INSERT INTO purchase.payments (id, user_id, event_id, hold_id, idempotency_key, provider_key,
       expected_total_minor, expected_currency, next_check_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + $9 * interval '1 ms')
     ON CONFLICT (provider_key) WHERE status <> 'failed' DO NOTHING
     RETURNING ${columns}`,
    [
      newId(),
      wish.userId,
      hold.eventId,
      hold.ownId,
      wish.idempotencyKey,
      wish.providerKey,
      wish.expectedTotalMinor,
      wish.expectedCurrency,
      leaseMs,
    ],
  )
  return firstPayment(rows)
}

/**
 * The payment that an earlier request with this key began. One that failed counts where the provider was asked, because then
 * the buyer has an answer to get; else the key is free for another try.
 */
export async function findPaymentByKey(db: Database, providerKey: string): Promise<Payment | null> {
  const rows = await db.query<PaymentRow>(
    `SELECT ${columns} FROM purchase.payments
     WHERE provider_key = $1 AND (status <> 'failed' OR decline_code IS NOT NULL)
     ORDER BY status = 'failed', id DESC LIMIT 1`,
    [providerKey],
  )
  return firstPayment(rows)
}

/** How many payments with this key the booking worker refused to begin: earlier tries of one request. */
export async function countRefusedTries(db: Database, providerKey: string): Promise<number> {
  const [refused] = await db.query<{ count: number }>(
    `SELECT count(*) FROM purchase.payments WHERE provider_key = $1 AND status = 'failed' AND booking_id IS NULL`,
    [providerKey],
  )
  return refused?.count ?? 0
}

/**
 * The latest payment of a booking: there is at most one that took money, and none came after it. `null` when nobody ever
 * paid for it.
 */
export async function findPaymentOfBooking(db: Database, bookingId: string): Promise<Payment | null> {
  const { eventId, ownId } = keyOf(bookingId)
  const rows = await db.query<PaymentRow>(
    `SELECT ${columns} FROM purchase.payments WHERE booking_id = $2 AND event_id = $1 ORDER BY attempt DESC LIMIT 1`,
    [eventId, ownId],
  )
  return firstPayment(rows)
}

/**
 * The payment whose charge has this key, locked until the end of the transaction: the one that did not fail, else the one
 * that failed last.
 */
export async function lockPaymentByKey(db: Database, providerKey: string): Promise<Payment | null> {
  const rows = await db.query<PaymentRow>(
    `SELECT ${columns} FROM purchase.payments WHERE provider_key = $1
     ORDER BY status = 'failed', id DESC LIMIT 1 FOR NO KEY UPDATE`,
    [providerKey],
  )
  return firstPayment(rows)
}

/**
 * Moves a payment from the state it was read in, and keeps it for this driver for another `leaseMs`. `null` when another
 * driver was faster: nothing is changed then. The end of a payment is told as a fact.
 */
export function movePayment(
  postgres: Postgres,
  payment: Payment,
  move: Move,
  leaseMs: number,
): Promise<Payment | null> {
  // One statement needs no transaction around it; the moves that need several are the ends.
  if (!isEnd(move.to)) return movePaymentWithin(postgres, payment, move, leaseMs)
  return postgres.transaction((db) => movePaymentWithin(db, payment, move, leaseMs))
}

/** As `movePayment`, in a transaction of the caller. */
export async function movePaymentWithin(
  db: Database,
  payment: Payment,
  move: Move,
  leaseMs: number,
): Promise<Payment | null> {
  const { begun } = move
  const moved = await db.query<PaymentRow>(
    `UPDATE purchase.payments SET
       status = $3,
       booking_id = coalesce($4, booking_id),
       attempt = coalesce($5, attempt),
       amount_minor = coalesce($6, amount_minor),
       currency = coalesce($7, currency),
       captured_minor = CASE $3 WHEN 'captured' THEN amount_minor ELSE 0 END,
       decline_code = $8,
       loss_reason = coalesce($10, loss_reason),
       version = version + 1,
       updated_at = now(),
       -- Failed before there was a booking: nobody is to be told.
       next_check_at = CASE WHEN $3 = 'failed' AND coalesce($4, booking_id) IS NULL THEN NULL
                            ELSE now() + $9 * interval '1 ms' END
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
      move.declineCode ?? null,
      leaseMs,
      move.lossReason ?? null,
    ],
  )
  if (moved.length > 0 && isEnd(move.to)) await tellPaymentEnd(db, payment.id)
  // Whoever refunds a whole event waits for open payments, and is called back for one that came too late to be seen.
  if (moved.length > 0 && move.to === 'captured') await reopenEventRefunds(db, payment.eventId)
  return firstPayment(moved)
}

function isEnd(status: PaymentStatus): boolean {
  return status === 'captured' || status === 'voided' || status === 'failed'
}

/** Says that nothing is left to do for a payment at its end. */
export async function settlePayment(db: Database, payment: Payment): Promise<Payment> {
  await db.query(
    'UPDATE purchase.payments SET next_check_at = NULL, updated_at = now() WHERE id = $1 AND status = $2',
    [payment.id, payment.status],
  )
  return { ...payment, settled: true, leaseUntil: null }
}

/** Takes over at most `limit` payments whose drivers went silent, for `leaseMs`; no two callers get the same one. */
export async function claimDuePayments(
  db: Database,
  { limit, leaseMs }: { limit: number; leaseMs: number },
): Promise<Payment[]> {
  const rows = await db.query<PaymentRow>(
    `UPDATE purchase.payments SET next_check_at = now() + $2 * interval '1 ms'
     WHERE id IN (SELECT id FROM purchase.payments WHERE next_check_at <= now()
                  ORDER BY next_check_at LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING ${columns}`,
    [limit, leaseMs],
  )
  return rows.map(toPayment)
}

/** As it stands now. */
export async function readPayment(db: Database, id: string): Promise<Payment> {
  const rows = await db.query<PaymentRow>(`SELECT ${columns} FROM purchase.payments WHERE id = $1`, [id])
  const payment = firstPayment(rows)
  if (payment === null) throw new Error(`payment ${id} has vanished`)
  return payment
}

function firstPayment(rows: readonly PaymentRow[]): Payment | null {
  return rows[0] === undefined ? null : toPayment(rows[0])
}

function toPayment(row: PaymentRow): Payment {
  const { event_id: eventId, booking_id: bookingId } = row
  return {
    id: row.id,
    status: row.status,
    userId: row.user_id,
    eventId,
    holdId: publicId({ eventId, ownId: row.hold_id }),
    providerKey: row.provider_key,
    expectedTotalMinor: row.expected_total_minor,
    expectedCurrency: row.expected_currency,
    begun:
      bookingId === null
        ? null
        : {
            bookingId: publicId({ eventId, ownId: bookingId }),
            attempt: row.attempt,
            amountMinor: row.amount_minor,
            currency: row.currency,
          },
    declineCode: row.decline_code,
    lossReason: row.loss_reason,
    settled: row.next_check_at === null,
    leaseUntil: row.next_check_at,
  }
}
