import type { Database } from '#shared/database/postgres.ts'
import { oneRow } from '../store/one-row.ts'
import type { FreePlaces } from './next-offers.ts'
import { coversAreaSql, coversSeatSql, type Wanted } from './wishes.ts'

/* SQL about places for which buyers wait. */

/** Seats read at once. They are places for which buyers wait, so the next search finds fewer. */
const maxSeats = 1_000

const seatKinds = `booking.event_seats AS seat
  JOIN booking.event_rows AS seat_row USING (event_id, row_no)
  LEFT JOIN booking.price_tiers AS tier ON tier.event_id = seat.event_id AND tier.tier_no = seat.tier_no`

/** SQL: whether one of the wanted kinds, a JSON parameter, covers a row. */
function covered(parameter: string, condition: string): string {
  return `EXISTS (SELECT FROM jsonb_to_recordset(${parameter}::jsonb) AS wanted (kind text, name text) WHERE ${condition})`
}

/** The free places of an event of these kinds, without kinds that are `kept` for others. */
export async function findFreePlaces(
  db: Database,
  eventId: string,
  { wanted, kept = [] }: { wanted: readonly Wanted[]; kept?: readonly Wanted[] },
): Promise<FreePlaces> {
  const values = [eventId, JSON.stringify(wanted), JSON.stringify(kept)]
  // Each reason why a seat is free has an index, so that no held seats are read.
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

/** How many places of a kind the event has, free or not, counted up to `limit`: its seats, or those of its largest area. */
export async function countPlaces(db: Database, eventId: string, wanted: Wanted, limit: number): Promise<number> {
  const { places } = await oneRow<{ places: number }>(
    db,
    `SELECT greatest(
       (SELECT count(*) FROM (SELECT FROM ${seatKinds}
          WHERE seat.event_id = $1 AND state <> 'blocked' AND ${covered('$2', coversSeatSql)} LIMIT $3) AS seats),
       (SELECT max(capacity) FROM booking.areas AS area WHERE event_id = $1 AND ${covered('$2', coversAreaSql)}))::int AS places`,
    [eventId, JSON.stringify([wanted]), limit],
  )
  return places
}

/** The named seats of a wanted kind of their event, with the kind's number. */
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

/** Tiers and rows of an event for which nobody waits, by name of tier and section. */
export function findPartsNotWaitedFor(
  db: Database,
  eventId: string,
  { tiers, sections }: { tiers: readonly string[]; sections: readonly string[] },
): Promise<{ tierNos: number[]; rowNos: number[] }> {
  return oneRow<{ tierNos: number[]; rowNos: number[] }>(
    db,
    `SELECT ARRAY(SELECT tier_no FROM booking.price_tiers WHERE event_id = $1 AND name <> ALL($2)) AS "tierNos",
       ARRAY(SELECT row_no FROM booking.event_rows WHERE event_id = $1 AND section <> ALL($3)) AS "rowNos"`,
    [eventId, tiers, sections],
  )
}
