import type { RefundReason } from '#shared/contracts/bookings.ts'
import type { Database } from '#shared/database/postgres.ts'
import type { Key } from '#shared/ids.ts'

/*
 * SQL about cancellations: tickets cancelled for one refund. Their booking is locked. Only operators read `reason`. A booking has the
 * reason of the cancellation that ended it, and none while some of its tickets are valid.
 */

export interface Cancellation {
  /** Own id of the booking. */
  readonly bookingId: string
  readonly amountMinor: number
}

/** The cancellation of a refund, if there is one. */
export async function findCancellation(db: Database, refund: Key): Promise<Cancellation | undefined> {
  const [known] = await db.query<Cancellation>(
    `SELECT booking_id AS "bookingId", amount_minor AS "amountMinor" FROM booking.cancellations
     WHERE event_id = $1 AND id = $2`,
    [refund.eventId, refund.ownId],
  )
  return known
}

/** Records a cancellation of tickets. */
export async function insertCancellation(
  db: Database,
  refund: Key,
  { bookingId, reason, amountMinor }: Cancellation & { reason: RefundReason },
): Promise<void> {
  await db.query(
    `INSERT INTO booking.cancellations (event_id, id, booking_id, reason, amount_minor) VALUES ($1, $2, $3, $4, $5)`,
    [refund.eventId, refund.ownId, bookingId, reason, amountMinor],
  )
}

/** Records that the money of a refund has arrived. Returns false if that was already recorded. */
export async function settleCancellation(db: Database, refund: Key): Promise<boolean> {
  const settled = await db.query(
    `UPDATE booking.cancellations SET refunded_at = now() WHERE event_id = $1 AND id = $2 AND refunded_at IS NULL
     RETURNING id`,
    [refund.eventId, refund.ownId],
  )
  return settled.length > 0
}
