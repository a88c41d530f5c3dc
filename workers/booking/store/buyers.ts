import type { Database } from '#shared/database/postgres.ts'
import type { TicketsInUse } from '../ticket-limit.ts'
import { isDue, isLive } from './conditions.ts'

/* SQL about the places of one buyer in one event. */

export interface Buyer {
  readonly eventId: string
  readonly userId: string
}

/** Serialises decisions about a buyer's places in an event. The lock is taken before any row lock and lasts until the transaction ends. */
export async function lockBuyer(db: Database, buyer: Buyer): Promise<void> {
  await db.execute('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [lockName(buyer)])
}

/** As `lockBuyer` for many buyers, without waiting. Returns, in the same order, whether each lock was obtained. */
export async function tryLockBuyers(db: Database, buyers: readonly Buyer[]): Promise<boolean[]> {
  const rows = await db.query<{ locked: boolean }>(
    `SELECT pg_try_advisory_xact_lock(hashtextextended(name, 0)) AS locked
     FROM unnest($1::text[]) WITH ORDINALITY AS lock (name, n) ORDER BY n`,
    [buyers.map(lockName)],
  )
  return rows.map(({ locked }) => locked)
}

function lockName({ eventId, userId }: Buyer): string {
  return `${eventId} ${userId}`
}

/** What counts against the limit of each buyer, in the same order. */
export function findTicketsInUse(db: Database, buyers: readonly Buyer[]): Promise<TicketsInUse[]> {
  return db.query<TicketsInUse>(
    `SELECT live.hold AS "liveHold", tickets.live AS "liveTickets"
     FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS buyer (event_id, user_id, n)
     LEFT JOIN LATERAL (
       SELECT json_build_object('ownId', id, 'due', ${isDue}, 'places', (
         SELECT coalesce(sum(qty), 0) FROM booking.hold_items AS item WHERE item.event_id = hold.event_id AND item.hold_id = hold.id))
         AS hold
       FROM booking.holds AS hold WHERE hold.event_id = buyer.event_id AND hold.user_id = buyer.user_id AND ${isLive}
       LIMIT 1) AS live ON true,
     LATERAL (
       SELECT count(*)::int AS live FROM booking.bookings AS booking
       JOIN booking.booking_items AS item ON item.event_id = booking.event_id AND item.booking_id = booking.id
       WHERE booking.user_id = buyer.user_id AND booking.event_id = buyer.event_id AND item.live) AS tickets
     ORDER BY n`,
    [buyers.map(({ eventId }) => eventId), buyers.map(({ userId }) => userId)],
  )
}
