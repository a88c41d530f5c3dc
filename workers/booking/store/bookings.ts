import type { BookedPaymentStatus, Booking } from '#shared/contracts/bookings.ts'
import type { Database } from '#shared/database/postgres.ts'
import { type Key, newId, publicId } from '#shared/ids.ts'
import { type PaymentNote, shownStatus } from '../payment-status.ts'
import { noSuchBooking } from '../refusals.ts'
import { isDue, isLive, joinPlace, position } from './conditions.ts'
import { placesOfHold } from './holds.ts'
import { oneRow } from './one-row.ts'

/* SQL about bookings. If a hold and its booking change together, the hold's row is locked first. */

/** A pending booking, aliased `booking`, that ends with its hold because no payment for it can still succeed. */
const isUnpaid = `(booking.status = 'pending' AND booking.payment_status IN ('failed', 'voided'))`

const selectBookings = `
  SELECT booking.event_id, booking.id, booking.user_id, booking.hold_id,
    CASE WHEN ${isUnpaid} AND (${isDue} OR NOT ${isLive}) THEN 'expired' ELSE booking.status END AS status,
    ${placesOfHold} AS places, total_minor, refunded_minor,
    refund_due_minor - refunded_minor AS refund_due_minor, cancelled_for, currency, booking.created_at, confirmed_at,
    (SELECT coalesce(json_agg(json_strip_nulls(CASE WHEN item.seat_no IS NULL
         THEN json_build_object('id', ticket.id, 'area', area.name, 'status', ticket.status, 'passed_on', passed_on)
         ELSE json_build_object('id', ticket.id, 'seat_no', item.seat_no, 'section', seat_row.section, 'row', seat_row.label,
           'label', seat.label, 'status', ticket.status, 'passed_on', passed_on) END)
         ORDER BY item.seat_no, item.area_no, ticket.id), '[]')
     FROM booking.tickets AS ticket
     JOIN booking.booking_items AS item ON item.event_id = ticket.event_id AND item.id = ticket.item_id ${joinPlace}
     CROSS JOIN LATERAL (SELECT CASE WHEN ticket.holder_id IS NOT NULL THEN true END) AS holder (passed_on)
     WHERE ticket.event_id = booking.event_id AND ticket.booking_id = booking.id) AS tickets,
    payment_status, captured_minor, ${position} AS seq
  FROM booking.bookings AS booking
  JOIN booking.holds AS hold ON hold.event_id = booking.event_id AND hold.id = booking.hold_id`

interface BookingRow extends Omit<Booking, 'created_at' | 'confirmed_at' | 'payment'> {
  readonly created_at: Date
  readonly confirmed_at: Date | null
  readonly payment_status: BookedPaymentStatus
  readonly captured_minor: number
}

/** A booking as its buyer sees it. */
export async function readBooking(db: Database, key: Key): Promise<Booking | undefined> {
  const [row] = await db.query<BookingRow>(`${selectBookings} WHERE booking.event_id = $1 AND booking.id = $2`, [
    key.eventId,
    key.ownId,
  ])
  return row && toBooking(row)
}

/** As `readBooking`, but throws `not_found` if there is no booking. */
export async function requireBooking(db: Database, key: Key): Promise<Booking> {
  const booking = await readBooking(db, key)
  if (booking === undefined) throw noSuchBooking()
  return booking
}

/** Up to `limit` bookings of a user, newest first, after the one whose own id is `beforeId`. */
export async function listBookingsOf(
  db: Database,
  { userId, beforeId, limit }: { userId: string; beforeId: string | null; limit: number },
): Promise<Booking[]> {
  const rows = await db.query<BookingRow>(
    `${selectBookings} WHERE booking.user_id = $1 AND ($2::uuid IS NULL OR booking.id < $2)
     ORDER BY booking.id DESC LIMIT $3`,
    [userId, beforeId, limit],
  )
  return rows.map(toBooking)
}

/** How many bookings a user has. */
export async function countBookingsOf(db: Database, userId: string): Promise<number> {
  const text = 'SELECT count(*)::int AS bookings FROM booking.bookings WHERE user_id = $1'
  return (await oneRow<{ bookings: number }>(db, text, [userId])).bookings
}

export interface OpenedBooking {
  readonly ownId: string
  readonly attempt: number
}

/**
 * Opens the pending booking of a locked hold with its first payment, or records another payment. The amount is the hold's current total,
 * because its places may have been exchanged since the last payment.
 */
export async function openBooking(
  db: Database,
  booking: { hold: Key; userId: string; totalMinor: number; currency: string },
): Promise<OpenedBooking> {
  const { hold, userId, totalMinor, currency } = booking
  const [opened] = await db.query<OpenedBooking>(
    `INSERT INTO booking.bookings AS booking (event_id, id, user_id, hold_id, total_minor, currency)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT ON CONSTRAINT one_booking_per_hold DO UPDATE
       SET payment_attempt = booking.payment_attempt + 1, payment_status = 'processing',
         total_minor = excluded.total_minor, currency = excluded.currency
       WHERE booking.status = 'pending'
     RETURNING id AS "ownId", payment_attempt AS attempt`,
    [hold.eventId, newId(), userId, hold.ownId, totalMinor, currency],
  )
  if (opened === undefined) throw new Error(`hold ${hold.ownId} is active, but its booking has ended`)
  return opened
}

/** Own id and status of a hold's booking. */
export async function findBookingOfHold(
  db: Database,
  hold: Key,
): Promise<{ ownId: string; status: Booking['status'] } | undefined> {
  const [booking] = await db.query<{ ownId: string; status: Booking['status'] }>(
    'SELECT id AS "ownId", status FROM booking.bookings WHERE event_id = $1 AND hold_id = $2',
    [hold.eventId, hold.ownId],
  )
  return booking
}

/** The parts of a booking that never change. */
export interface BookingOrigin {
  readonly userId: string
  readonly hold: Key
}

/** The parts of a booking that never change. */
export async function findBookingOrigin(db: Database, { eventId, ownId }: Key): Promise<BookingOrigin | undefined> {
  const [row] = await db.query<{ user_id: string; hold_id: string }>(
    'SELECT user_id, hold_id FROM booking.bookings WHERE event_id = $1 AND id = $2',
    [eventId, ownId],
  )
  return row && { userId: row.user_id, hold: { eventId, ownId: row.hold_id } }
}

export interface BookingState {
  readonly userId: string
  readonly status: Booking['status']
  readonly totalMinor: number
  readonly payment: PaymentNote
}

interface BookingStateRow extends Omit<BookingState, 'payment'> {
  readonly attempt: number
  readonly paymentStatus: PaymentNote['status']
}

/** The parts of a booking that can change. Locks the booking until the transaction ends. */
export async function lockBooking(db: Database, key: Key): Promise<BookingState | undefined> {
  const [row] = await db.query<BookingStateRow>(
    `SELECT user_id AS "userId", status, total_minor AS "totalMinor", payment_attempt AS attempt,
       payment_status AS "paymentStatus"
     FROM booking.bookings WHERE event_id = $1 AND id = $2 FOR UPDATE`,
    [key.eventId, key.ownId],
  )
  if (row === undefined) return undefined
  const { attempt, paymentStatus, ...booking } = row
  return { ...booking, payment: { attempt, status: paymentStatus } }
}

/** Records the status of a payment. The booking is locked, and the note is newer than its status. */
export function notePayment(
  db: Database,
  key: Key,
  { attempt, status, capturedMinor }: PaymentNote & { capturedMinor: number },
): Promise<void> {
  return change(
    db,
    key,
    'payment_attempt = $3, payment_status = $4, captured_minor = $5',
    attempt,
    status,
    capturedMinor,
  )
}

/** Confirms a locked booking. */
export function confirmBooking(db: Database, key: Key): Promise<void> {
  return change(db, key, `status = 'confirmed', confirmed_at = now()`)
}

/** Ends a confirmed, locked booking whose tickets are all void. */
export function cancelBooking(db: Database, key: Key, reason: NonNullable<Booking['cancelled_for']>): Promise<void> {
  return change(db, key, `status = 'cancelled', cancelled_for = $3`, reason)
}

/** Records money to refund to the buyer of a locked booking. */
export function oweRefund(db: Database, key: Key, amountMinor: number): Promise<void> {
  return change(db, key, 'refund_due_minor = refund_due_minor + $3', amountMinor)
}

/** Records money that was refunded to the buyer of a locked booking. */
export function noteRefund(db: Database, key: Key, amountMinor: number): Promise<void> {
  return change(db, key, 'refunded_minor = refunded_minor + $3', amountMinor)
}

/** Ends a booking whose seats were lost to another buyer. */
export function failBooking(db: Database, key: Key): Promise<void> {
  return change(db, key, `status = 'failed'`)
}

/** The parameters of `changes` begin with `$3`. */
async function change(db: Database, key: Key, changes: string, ...values: readonly unknown[]): Promise<void> {
  const { eventId, ownId } = key
  await db.query(`UPDATE booking.bookings SET ${changes} WHERE event_id = $1 AND id = $2`, [eventId, ownId, ...values])
}

/** Ends at most `limit` bookings whose holds have ended and whose payments took no money. Returns their keys. */
export async function expireUnpaidBookings(db: Database, limit: number): Promise<Key[]> {
  return db.query<Key>(
    `UPDATE booking.bookings SET status = 'expired' WHERE (event_id, id) IN (
       SELECT booking.event_id, booking.id FROM booking.bookings AS booking
       JOIN booking.holds AS hold ON hold.event_id = booking.event_id AND hold.id = booking.hold_id
       WHERE ${isUnpaid} AND NOT ${isLive} LIMIT $1 FOR UPDATE OF booking SKIP LOCKED)
     RETURNING event_id AS "eventId", id AS "ownId"`,
    [limit],
  )
}

function toBooking({ id, payment_status, captured_minor, ...row }: BookingRow): Booking {
  const eventId = row.event_id
  const paid = { status: payment_status, capturedMinor: captured_minor, refundedMinor: row.refunded_minor }
  return {
    id: publicId({ eventId, ownId: id }),
    ...row,
    hold_id: publicId({ eventId, ownId: row.hold_id }),
    created_at: row.created_at.toISOString(),
    confirmed_at: row.confirmed_at?.toISOString() ?? null,
    tickets: row.tickets.map((ticket) => ({ ...ticket, id: publicId({ eventId, ownId: ticket.id }) })),
    payment: { status: shownStatus(paid), captured_minor },
  }
}
