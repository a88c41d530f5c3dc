import type { Database } from '#shared/database/postgres.ts'
import type { Key } from '#shared/ids.ts'
import { oneRow } from './one-row.ts'

/* SQL that moves the end of a locked hold, and with it the end of its places. */

/**
 * Extends a locked hold at least until the payment's deadline, within its hard cap. Returns the milliseconds left; null if it had lost any
 * place: the caller then rolls back.
 */
export async function startPaying(
  db: Database,
  { hold, paymentWindowMs }: { hold: Key; paymentWindowMs: number },
): Promise<number | null> {
  await db.query(
    `UPDATE booking.holds SET status = 'paying',
       expires_at = least(greatest(expires_at, now() + $3 * interval '1 ms'), hard_cap_at)
     WHERE event_id = $1 AND id = $2`,
    [hold.eventId, hold.ownId, paymentWindowMs],
  )
  const { all, expiresInMs } = await keepPlacesUntilExpiry(db, hold)
  return all ? expiresInMs : null
}

/**
 * Gives a locked active hold its full time again, within its hard cap and never less than it has. Returns whether it still had all of its
 * places; if not, the caller rolls back.
 */
export async function extendHold(db: Database, hold: Key): Promise<boolean> {
  await db.query(
    `UPDATE booking.holds AS hold SET active_until = until, expires_at = until
     FROM (SELECT least(greatest(expires_at, now() + hold_ttl), hard_cap_at) AS until
           FROM booking.holds JOIN booking.sales USING (event_id) WHERE event_id = $1 AND id = $2) AS extended
     WHERE hold.event_id = $1 AND hold.id = $2`,
    [hold.eventId, hold.ownId],
  )
  return (await keepPlacesUntilExpiry(db, hold)).all
}

/** Restores the end that the buyer of a locked hold was promised, and returns the milliseconds left. */
export async function stopPaying(db: Database, hold: Key): Promise<number> {
  await db.query(
    `UPDATE booking.holds SET status = 'active', expires_at = active_until WHERE event_id = $1 AND id = $2`,
    [hold.eventId, hold.ownId],
  )
  return (await keepPlacesUntilExpiry(db, hold)).expiresInMs
}

interface KeptPlaces {
  /** Whether the hold still had all of its places; if not, the caller rolls back. */
  readonly all: boolean
  readonly expiresInMs: number
}

/** Moves the end of a locked hold's places to the hold's new end. */
function keepPlacesUntilExpiry(db: Database, hold: Key): Promise<KeptPlaces> {
  return oneRow<KeptPlaces>(
    db,
    `WITH theirs AS (
       SELECT seat_no FROM booking.event_seats
       WHERE event_id = $1 AND hold_id = $2 AND seat_no = ANY(
         ARRAY(SELECT seat_no FROM booking.hold_items WHERE event_id = $1 AND hold_id = $2 AND seat_no IS NOT NULL))
       ORDER BY seat_no FOR UPDATE),
     seats AS (
       UPDATE booking.event_seats AS seat SET held_until = hold.expires_at FROM theirs, booking.holds AS hold
       WHERE hold.event_id = $1 AND hold.id = $2 AND seat.event_id = $1 AND seat.seat_no = theirs.seat_no
       RETURNING seat.seat_no),
     in_areas AS (
       UPDATE booking.hold_items AS item SET held_until = hold.expires_at FROM booking.holds AS hold
       WHERE hold.event_id = $1 AND hold.id = $2 AND item.event_id = $1 AND item.hold_id = $2 AND held_until IS NOT NULL
       RETURNING item.shard)
     SELECT (SELECT count(*) FROM seats) + (SELECT count(*) FROM in_areas) = (
       SELECT count(*) FROM booking.hold_items WHERE event_id = $1 AND hold_id = $2) AS all,
       (SELECT greatest(0, extract(epoch FROM expires_at - now()) * 1000)::int FROM booking.holds
        WHERE event_id = $1 AND id = $2) AS "expiresInMs"`,
    [hold.eventId, hold.ownId],
  )
}
