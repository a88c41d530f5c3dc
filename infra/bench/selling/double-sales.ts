import type pg from 'pg'

export interface SoldPlaces {
  /** Claims on a seat beyond the first: of unexpired holds and of live booking items. */
  readonly doubleSales: number
  /** Seats that are held by unexpired holds. */
  readonly held: number
}

/** Asks the database itself what was sold, of one event or of all. */
export async function countSoldPlaces(client: pg.Client, eventId: string | null = null): Promise<SoldPlaces> {
  const { rows } = await client.query<SoldPlaces>(
    `WITH claims AS (
       SELECT item.event_id, item.seat_no FROM booking.hold_items AS item
       JOIN booking.holds AS hold ON hold.event_id = item.event_id AND hold.id = item.hold_id
       WHERE hold.status IN ('active', 'paying') AND hold.expires_at > now()
       UNION ALL
       SELECT event_id, seat_no FROM booking.booking_items WHERE live),
     by_seat AS (
       SELECT count(*) AS claims FROM claims
       WHERE seat_no IS NOT NULL AND ($1::uuid IS NULL OR event_id = $1) GROUP BY event_id, seat_no)
     SELECT coalesce(sum(claims - 1), 0)::int AS "doubleSales",
       (SELECT count(*)::int FROM booking.event_seats WHERE state = 'held' AND held_until > now()) AS held
     FROM by_seat`,
    [eventId],
  )
  const [sold] = rows
  if (sold === undefined) throw new Error('a count answered no row')
  return sold
}
