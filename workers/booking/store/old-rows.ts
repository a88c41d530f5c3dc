import type { Database } from '#shared/database/postgres.ts'
import type { Key } from '#shared/ids.ts'
import { daysInterval } from '#shared/retention/retention.ts'
import { endedUnsold, keyColumns } from './conditions.ts'

/* SQL that deletes old rows. Locks are taken in the order of `holds.ts`: holds, then seats and shards, then bookings. */

/** A row of `bookings`, aliased `booking`, that was never paid, and whose last payment has ended without money. */
const cameToNothing = `(booking.status IN ('failed', 'expired') AND booking.payment_status IN ('failed', 'voided'))`

/**
 * Locks at most `limit` holds that ended without a sale more than `days` ago. A hold whose booking can still be paid stays, however old.
 */
export function lockOldHolds(
  db: Database,
  { days, limit }: { days: number; limit: number },
): Promise<(Key & { readonly userId: string; readonly status: 'released' | 'expired' })[]> {
  return db.query(
    `SELECT event_id AS "eventId", id AS "ownId", user_id AS "userId", status FROM booking.holds AS hold
     WHERE ${endedUnsold} AND ended_at < now() - ${daysInterval('$1')} AND NOT EXISTS (
       SELECT FROM booking.bookings AS booking
       WHERE booking.event_id = hold.event_id AND booking.hold_id = hold.id AND NOT ${cameToNothing})
     ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED`,
    [days, limit],
  )
}

/** Deletes locked holds without places, with their items and bookings. Returns the number of deleted rows by table. */
export async function deleteHolds(db: Database, holds: readonly Key[]): Promise<Record<string, number>> {
  const free = await db.query<Key>(
    `SELECT event_id AS "eventId", id AS "ownId" FROM unnest($1::uuid[], $2::uuid[]) AS hold (event_id, id)
     WHERE NOT EXISTS (
       SELECT FROM booking.hold_items AS item
       LEFT JOIN booking.event_seats AS seat ON seat.event_id = item.event_id AND seat.seat_no = item.seat_no
       WHERE item.event_id = hold.event_id AND item.hold_id = hold.id
         AND (item.held_until IS NOT NULL OR seat.hold_id = hold.id))`,
    keyColumns(holds),
  )
  const freeKeys = keyColumns(free)
  const deleteFrom = async (table: string, key: string): Promise<number> => {
    const deleted = await db.query(
      `DELETE FROM booking.${table} AS old USING unnest($1::uuid[], $2::uuid[]) AS hold (event_id, id)
       WHERE old.event_id = hold.event_id AND old.${key} = hold.id RETURNING old.event_id`,
      freeKeys,
    )
    return deleted.length
  }
  return {
    'booking.bookings': await deleteFrom('bookings', 'hold_id'),
    'booking.hold_items': await deleteFrom('hold_items', 'hold_id'),
    'booking.holds': await deleteFrom('holds', 'id'),
  }
}

export const oldestEndedHold = `SELECT ended_at AS at FROM booking.holds AS hold WHERE ${endedUnsold} ORDER BY ended_at LIMIT 1`

/** Not a postponed sale: it will continue. */
const toArchive = `archived_at IS NULL AND status <> 'postponed'`

export const oldestSaleToArchive = `SELECT off_sale_at AS at FROM booking.sales WHERE ${toArchive} ORDER BY off_sale_at LIMIT 1`
export const oldestSale =
  'SELECT off_sale_at AS at FROM booking.sales WHERE off_sale_at IS NOT NULL ORDER BY off_sale_at LIMIT 1'

/** Locks a sale that ended more than `days` ago and still has unsold places. Skips locked sales. */
export async function lockSaleToArchive(db: Database, days: number): Promise<string | undefined> {
  const [sale] = await db.query<{ event_id: string }>(
    `SELECT event_id FROM booking.sales WHERE ${toArchive} AND off_sale_at < now() - ${daysInterval('$1')}
     ORDER BY off_sale_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
    [days],
  )
  return sale?.event_id
}

/** Deletes at most `limit` seats of an event that no hold or booking shows. Returns how many. */
export async function deleteEmptySeats(db: Database, eventId: string, limit: number): Promise<number> {
  const deleted = await db.query(
    `DELETE FROM booking.event_seats WHERE event_id = $1 AND seat_no IN (
       SELECT seat_no FROM booking.event_seats WHERE event_id = $1 AND state IN ('available', 'blocked') AND seat_no NOT IN (
         SELECT seat_no FROM booking.hold_items WHERE event_id = $1 AND seat_no IS NOT NULL)
       LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING seat_no`,
    [eventId, limit],
  )
  return deleted.length
}

/** Deletes an event's rows without seats, and records that the event is archived. Returns the number of rows. */
export async function finishArchiving(db: Database, eventId: string): Promise<number> {
  const deleted = await db.query(
    `DELETE FROM booking.event_rows AS seat_row WHERE event_id = $1 AND NOT EXISTS (
       SELECT FROM booking.event_seats AS seat WHERE seat.event_id = seat_row.event_id AND seat.row_no = seat_row.row_no)
     RETURNING row_no`,
    [eventId],
  )
  await db.query('UPDATE booking.sales SET archived_at = now() WHERE event_id = $1', [eventId])
  return deleted.length
}

/** Every table with rows of an event; each table comes before the tables that it references. */
export const tablesOfEvent = [
  'check_ins',
  'tickets',
  'booking_items',
  'cancellations',
  'bookings',
  'hold_items',
  'holds',
  'sale_log',
  'waiting_list',
  'event_seats',
  'event_rows',
  'area_shards',
  'areas',
  'price_tiers',
  'sales',
] as const

/** Locks a sale that ended more than `days` ago. Skips locked sales. */
export async function lockOldSale(db: Database, days: number): Promise<string | undefined> {
  const [sale] = await db.query<{ event_id: string }>(
    `SELECT event_id FROM booking.sales WHERE off_sale_at < now() - ${daysInterval('$1')} AND status <> 'postponed'
     ORDER BY off_sale_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
    [days],
  )
  return sale?.event_id
}

/** Deletes at most `limit` rows of an event from one table. Returns how many. */
export async function deleteRowsOfEvent(
  db: Database,
  { eventId, table, limit }: { eventId: string; table: (typeof tablesOfEvent)[number]; limit: number },
): Promise<number> {
  const deleted = await db.query(
    `DELETE FROM booking.${table} WHERE ctid = ANY(ARRAY(
       SELECT ctid FROM booking.${table} WHERE event_id = $1 LIMIT $2 FOR UPDATE)) RETURNING event_id`,
    [eventId, limit],
  )
  return deleted.length
}
