import type { ErasureBlock } from '#shared/contracts/privacy.ts'
import type { Database } from '#shared/database/postgres.ts'
import { endedUnsold, isLive } from './conditions.ts'

/* SQL that replaces the id of a user. Locks are taken in the order of `holds.ts`: holds, then bookings, then their tickets. */

export interface Erasure {
  readonly userId: string
  /** The id that replaces the user's. */
  readonly erasedId: string
}

/**
 * Replaces the buyer of holds and bookings. One statement, so that a hold and its booking are replaced together: a hold that is taken in
 * the meantime, and its booking, keep their buyer.
 */
export async function replaceBuyer(db: Database, { userId, erasedId }: Erasure): Promise<void> {
  await db.query(
    `WITH own AS (
       SELECT event_id, id FROM booking.holds AS hold WHERE user_id = $1 AND ${isLive}
       UNION SELECT event_id, id FROM booking.holds AS hold WHERE user_id = $1 AND ${endedUnsold}
       UNION SELECT event_id, hold_id FROM booking.bookings WHERE user_id = $1),
     held AS (
       UPDATE booking.holds AS hold SET user_id = $2 FROM own
       WHERE hold.event_id = own.event_id AND hold.id = own.id RETURNING hold.id)
     UPDATE booking.bookings SET user_id = $2
     -- Counted first: so holds are locked before bookings.
     WHERE user_id = $1 AND (SELECT count(*) FROM held) IS NOT NULL`,
    [userId, erasedId],
  )
}

/** Replaces the holder of tickets that others passed on. */
export async function replaceHolder(db: Database, { userId, erasedId }: Erasure): Promise<void> {
  await db.query('UPDATE booking.tickets SET holder_id = $2 WHERE holder_id = $1', [userId, erasedId])
}

/** Replaces the buyer of entries on waiting lists, except those that wait, or have an offer, since their holds were replaced. */
export async function replaceWaiting(db: Database, { userId, erasedId }: Erasure): Promise<void> {
  await db.query(
    `UPDATE booking.waiting_list AS entry SET user_id = $2
     WHERE user_id = $1 AND (ended_at IS NOT NULL OR EXISTS (
       SELECT FROM booking.holds AS hold
       WHERE hold.event_id = entry.event_id AND hold.id = entry.hold_id AND hold.user_id = $2))`,
    [userId, erasedId],
  )
}

/** Replaces the user in stored replies to those who passed a ticket on to this user. */
export async function forgetRecipient(db: Database, { userId, erasedId }: Erasure): Promise<void> {
  await db.query(
    `UPDATE booking.commands SET reply = (reply::jsonb || jsonb_build_object(
       'to_user_id', $2::text, 'message', 'Passed on. Your code is no longer valid.'))::text
     WHERE scope LIKE 'transfer-ticket %' AND reply::jsonb ->> 'to_user_id' = $1`,
    [userId, erasedId],
  )
}

const isBeingPaid = `payment_status IN ('processing', 'authorised')`

/**
 * An unused ticket is needed for so long after the end of its sale: no worker knows when an event ends, and an organiser may end its sale
 * weeks before. The law gives a month to answer a request to erase (GDPR, article 12).
 */
const neededUntil = `sale.off_sale_at + interval '30 days'`

/** A ticket, aliased `ticket`, that somebody may enter with, or get money for. `sale`: of its event. */
const isNeeded = `(ticket.status = 'valid' OR (ticket.status = 'used' AND sale.status = 'cancelled'))
  AND (sale.status = 'postponed' OR (${neededUntil} > now()) IS NOT FALSE)`

const whyNeeded = `CASE sale.status WHEN 'cancelled' THEN 'refund' ELSE 'ticket' END AS reason,
  CASE WHEN sale.status NOT IN ('cancelled', 'postponed') THEN ${neededUntil} END AS until`

/** What of a user's has not ended: the one that lasts longest. */
export async function findErasureBlock(db: Database, userId: string): Promise<ErasureBlock | undefined> {
  const [block] = await db.query<ErasureBlock>(
    `SELECT CASE hold.status WHEN 'paying' THEN 'payment' ELSE 'hold' END AS reason, expires_at AS until
     FROM booking.holds AS hold WHERE user_id = $1 AND ${isLive} AND (hold.status = 'paying' OR expires_at > now())
     UNION ALL
     SELECT CASE WHEN ${isBeingPaid} THEN 'payment' ELSE 'refund' END, NULL FROM booking.bookings
     WHERE user_id = $1 AND (${isBeingPaid} OR refunded_minor < refund_due_minor)
     UNION ALL
     SELECT ${whyNeeded} FROM booking.bookings AS booking
     JOIN booking.sales AS sale USING (event_id)
     JOIN booking.tickets AS ticket ON ticket.event_id = booking.event_id AND ticket.booking_id = booking.id
     WHERE booking.user_id = $1 AND ${isNeeded}
     UNION ALL
     SELECT ${whyNeeded} FROM booking.tickets AS ticket JOIN booking.sales AS sale USING (event_id)
     WHERE ticket.holder_id = $1 AND ${isNeeded}
     ORDER BY until DESC NULLS LAST LIMIT 1`,
    [userId],
  )
  return block
}
