import type { Database } from '#shared/database/postgres.ts'
import type { TicketsInUse } from '../ticket-limit.ts'
import { isDue, isLive } from './conditions.ts'

/* SQL about what one buyer has of one event. */

export interface Buyer {
  readonly eventId: string
  readonly userId: string
}

/**
 * One decision at a time about what a buyer may have of an event: held until the transaction ends, and taken before any
 * row.
 */
export async function lockBuyer(db: Database, { eventId, userId }: Buyer): Promise<void> {
  await db.execute('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${eventId} ${userId}`])
}

/** What counts against the buyer's limit for the event. */
export async function findTicketsInUse(db: Database, { eventId, userId }: Buyer): Promise<TicketsInUse> {
  const [inUse] = await db.query<TicketsInUse>(
    `SELECT
       (SELECT json_build_object('ownId', id, 'due', ${isDue}, 'places', (
          SELECT coalesce(sum(qty), 0) FROM booking.hold_items AS item WHERE item.event_id = hold.event_id AND item.hold_id = hold.id))
        FROM booking.holds AS hold WHERE event_id = $1 AND user_id = $2 AND ${isLive}) AS "liveHold",
       (SELECT count(*)::int FROM booking.bookings AS booking
        JOIN booking.booking_items AS item ON item.event_id = booking.event_id AND item.booking_id = booking.id
        WHERE booking.user_id = $2 AND booking.event_id = $1 AND item.live) AS "liveTickets"`,
    [eventId, userId],
  )
  if (inUse === undefined) throw new Error('a query without FROM answered no row')
  return inUse
}
