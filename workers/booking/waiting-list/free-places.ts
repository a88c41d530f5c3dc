import type { Database } from '#shared/database/postgres.ts'
import type { FreePlaces } from './next-offers.ts'
import { coversAreaSql, coversSeatSql, type Wanted } from './wishes.ts'

/* SQL about places that somebody waits for. */

/** Seats seen at once. They are places that somebody waits for, so the next look finds fewer. */
const maxSeats = 1_000

const seatKinds = `booking.event_seats AS seat
  JOIN booking.event_rows AS seat_row USING (event_id, row_no)
  LEFT JOIN booking.price_tiers AS tier ON tier.event_id = seat.event_id AND tier.tier_no = seat.tier_no`

/** SQL: whether one of the wanted kinds, a parameter of JSON, covers a row. */
function covered(parameter: string, condition: string): string {
  return `EXISTS (SELECT FROM jsonb_to_recordset(${parameter}::jsonb) AS wanted (kind text, name text) WHERE ${condition})`
}

/** The free places of an event that are of one of these kinds, and not of one that is `kept` for others. */
export async function findFreePlaces(
  db: Database,
  eventId: string,
  { wanted, kept = [] }: { wanted: readonly Wanted[]; kept?: readonly Wanted[] },
): Promise<FreePlaces> {
  const values = [eventId, JSON.stringify(wanted), JSON.stringify(kept)]
  // For each reason why a seat is free there is an index, so that no held seats are read.
  const seatsThat = (areFree: string): string =>
    `SELECT seat_no AS "seatNo", row_no AS "rowNo", coalesce(tier.name, '') AS tier, section, accessible FROM ${seatKinds}
     WHERE seat.event_id = $1 AND ${areFree} AND ${covered('$2', coversSeatSql)} AND NOT ${covered('$3', coversSeatSql)}`
  const [seats, areas] = await Promise.all([
    db.query<FreePlaces['seats'][number]>(
      `SELECT * FROM (${seatsThat(`state = 'available'`)} UNION ALL ${seatsThat(`state = 'held' AND held_until <= now()`)}) AS free
       ORDER BY "seatNo" LIMIT ${maxSeats}`,
      values,
    ),
    db.query<FreePlaces['areas'][number]>(
      `SELECT * FROM (
         SELECT name, area_no, ((SELECT sum(capacity - held - sold) FROM booking.area_shards AS shard
             WHERE shard.event_id = area.event_id AND shard.area_no = area.area_no)
           + (SELECT coalesce(sum(qty), 0) FROM booking.hold_items AS item
             WHERE item.event_id = area.event_id AND item.area_no = area.area_no AND held_until <= now()))::int AS free
         FROM booking.areas AS area
         WHERE event_id = $1 AND ${covered('$2', coversAreaSql)} AND NOT ${covered('$3', coversAreaSql)}) AS counted
       WHERE free > 0 ORDER BY area_no`,
      values,
    ),
  ])
  return { seats, areas }
}

/** How many places of that kind the event has, free or not, counted up to `limit`: its seats, or those of its largest area. */
export async function countPlaces(db: Database, eventId: string, wanted: Wanted, limit: number): Promise<number> {
  const [counted] = await db.query<{ places: number }>(
    `SELECT greatest(
       (SELECT count(*) FROM (SELECT FROM ${seatKinds}
          WHERE seat.event_id = $1 AND state <> 'blocked' AND ${covered('$2', coversSeatSql)} LIMIT $3) AS seats),
       (SELECT max(capacity) FROM booking.areas AS area WHERE event_id = $1 AND ${covered('$2', coversAreaSql)}))::int AS places`,
    [eventId, JSON.stringify([wanted]), limit],
  )
  return counted?.places ?? 0
}

/** Those of the named seats that are of a wanted kind of their event, with its number. */
export function findCoveredSeats(
  db: Database,
  seats: readonly { readonly eventId: string; readonly seatNo: number; readonly wanted: readonly Wanted[] }[],
): Promise<{ eventId: string; seatNo: number }[]> {
  return db.query(
    `SELECT seat.event_id AS "eventId", seat_no AS "seatNo"
     FROM unnest($1::uuid[], $2::int[], $3::jsonb[]) AS named (event_id, seat_no, kinds)
     JOIN booking.event_seats AS seat USING (event_id, seat_no)
     JOIN booking.event_rows AS seat_row USING (event_id, row_no)
     LEFT JOIN booking.price_tiers AS tier ON tier.event_id = seat.event_id AND tier.tier_no = seat.tier_no
     WHERE ${covered('kinds', coversSeatSql)}`,
    [
      seats.map(({ eventId }) => eventId),
      seats.map(({ seatNo }) => seatNo),
      seats.map(({ wanted }) => JSON.stringify(wanted)),
    ],
  )
}

/** Tiers and rows of an event except those that somebody waits for, by name of tier and section. */
export async function findPartsNotWaitedFor(
  db: Database,
  eventId: string,
  { tiers, sections }: { tiers: readonly string[]; sections: readonly string[] },
): Promise<{ tierNos: number[]; rowNos: number[] }> {
  const [parts] = await db.query<{ tierNos: number[]; rowNos: number[] }>(
    `SELECT ARRAY(SELECT tier_no FROM booking.price_tiers WHERE event_id = $1 AND name <> ALL($2)) AS "tierNos",
       ARRAY(SELECT row_no FROM booking.event_rows WHERE event_id = $1 AND section <> ALL($3)) AS "rowNos"`,
    [eventId, tiers, sections],
  )
  if (parts === undefined) throw new Error('a query without FROM answered no row')
  return parts
}
