import { type AreaState, coarseCount, type SeatVersions } from '#shared/contracts/seats.ts'
import type { Database } from '#shared/database/postgres.ts'
import { type SeatState, type StatesOfRow, seatStateCodes } from '../seat-states.ts'
import type { Wanted } from '../waiting-list/wishes.ts'
import { isFree, shownState } from './conditions.ts'
import { oneRow } from './one-row.ts'

/* SQL that shows the states of seats to buyers. A cancelled event has no free seats, whatever its rows say. */

/** Whether the event with id $1 is cancelled; evaluated once per statement. */
const isCancelled = `(SELECT status = 'cancelled' FROM booking.sales WHERE event_id = $1)`

/** State of a row of `event_seats` of that event. */
export const stateShown = `CASE WHEN ${isFree} THEN CASE WHEN ${isCancelled} THEN 'blocked' ELSE 'available' END ELSE state END`

export interface SeatView {
  readonly seat_no: number
  readonly section: string
  readonly row: string
  readonly label: string
  readonly price_minor: number
  readonly tier: string | null
  readonly tierNo: number
  readonly accessible: boolean
  readonly state: SeatState
}

/** Up to `limit` seats with their prices, with numbers above `afterSeatNo`. */
export function listSeatViews(
  db: Database,
  { eventId, afterSeatNo, limit }: { eventId: string; afterSeatNo: number; limit: number },
): Promise<SeatView[]> {
  return db.query<SeatView>(
    `SELECT seat.seat_no, place.section, place.label AS row, seat.label, seat.price_minor, tier.name AS tier,
       tier_no AS "tierNo", seat.accessible, ${stateShown} AS state
     FROM booking.event_seats AS seat JOIN booking.event_rows AS place USING (event_id, row_no)
     LEFT JOIN booking.price_tiers AS tier USING (event_id, tier_no)
     WHERE event_id = $1 AND seat_no > $2 ORDER BY seat_no LIMIT $3`,
    [eventId, afterSeatNo, limit],
  )
}

export interface StatesSnapshot {
  /** The snapshot includes every write at or below this position. */
  readonly seq: string
  /** Null if the event never had stock. */
  readonly sale: { readonly version: number; readonly waitedFor: Wanted[] } | null
  readonly rows: StatesOfRow[]
  readonly areas: AreaState[]
}

/** Places of each area selected by a condition on `area`; places of expired holds are available. */
export const areaCounts = (which: string): string => `
  SELECT area.event_id, area_no, name, price_minor, area.capacity, shards.held - expired AS held, sold,
    CASE WHEN selling.status = 'cancelled' THEN 0 ELSE area.capacity - sold - (shards.held - expired) END AS available
  FROM booking.areas AS area JOIN booking.sales AS selling ON selling.event_id = area.event_id,
    LATERAL (SELECT sum(held)::int AS held, sum(sold)::int AS sold FROM booking.area_shards AS shard
      WHERE shard.event_id = area.event_id AND shard.area_no = area.area_no) AS shards,
    LATERAL (SELECT coalesce(sum(qty), 0)::int AS expired FROM booking.hold_items AS item
      WHERE item.event_id = area.event_id AND item.area_no = area.area_no AND held_until <= now()) AS over
  WHERE ${which}`

/** The digit of a state computed in SQL. */
function codeOf(state: string): string {
  const codes = Object.entries(seatStateCodes).map(([name, code]) => `WHEN '${name}' THEN '${code}'`)
  return `CASE ${state} ${codes.join(' ')} END`
}

/** The areas of the event with the id $1, in the contract's shape. */
const areasOfEvent = `coalesce((
  SELECT json_agg(json_build_object('area', name, 'price_minor', price_minor, 'capacity', capacity,
    'available', available, 'held', held, 'sold', sold) ORDER BY area_no)
  FROM (${areaCounts('area.event_id = $1')}) AS areas), '[]')`

/** The states of all seats and areas of an event, and the snapshot's position, read by one statement. */
export function snapshotStates(db: Database, eventId: string): Promise<StatesSnapshot> {
  return oneRow<StatesSnapshot>(
    db,
    `SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)::text AS seq,
       coalesce((
         SELECT json_agg(json_build_object('firstSeatNo', first_seat_no, 'codes', codes)) FROM (
           SELECT min(seat_no) AS first_seat_no, string_agg(code, '') AS codes
           FROM (
             SELECT row_no, seat_no, ${codeOf(stateShown)} AS code
             FROM booking.event_seats WHERE event_id = $1 ORDER BY row_no, seat_no
           ) AS in_order GROUP BY row_no
         ) AS by_row
       ), '[]') AS rows,
       ${areasOfEvent} AS areas,
       (SELECT json_build_object('version', version, 'waitedFor', waited_for) FROM booking.sales WHERE event_id = $1) AS sale`,
    [eventId],
  )
}

/**
 * Every seat as recorded, in one snapshot. A seat of an expired hold shows as held: the hold's extension may be in progress, which changes
 * no version, and its end will be published with a higher version.
 */
export function snapshotVersions(db: Database, eventId: string): Promise<Omit<SeatVersions, 'version'>> {
  return oneRow<Omit<SeatVersions, 'version'>>(
    db,
    `SELECT coalesce(${isCancelled}, false) AS cancelled,
       coalesce((
         SELECT json_agg(json_build_object('section', section, 'first_seat_no', first, 'codes', codes, 'versions', versions))
         FROM (
           SELECT row_no, min(seat_no) AS first, string_agg(code, '') AS codes, json_agg(version) AS versions
           FROM (
             SELECT row_no, seat_no, ${codeOf('state')} AS code, version
             FROM booking.event_seats WHERE event_id = $1 ORDER BY row_no, seat_no
           ) AS in_order GROUP BY row_no
         ) AS by_row JOIN booking.event_rows AS place ON place.event_id = $1 AND place.row_no = by_row.row_no
       ), '[]') AS rows,
       ${areasOfEvent} AS areas`,
    [eventId],
  )
}

/** The areas of an event by count. */
export async function countAreas(db: Database, eventId: string): Promise<AreaState[]> {
  return (await oneRow<{ areas: AreaState[] }>(db, `SELECT ${areasOfEvent} AS areas`, [eventId])).areas
}

/** Whether every read from now on sees the write with this position; `unknown`: there was no such write. */
export async function visibilityOf(db: Database, seq: string): Promise<'visible' | 'under way' | 'unknown'> {
  const { visible, begun } = await oneRow<{ visible: boolean; begun: boolean }>(
    db,
    `SELECT pg_visible_in_snapshot($1::text::xid8, pg_current_snapshot()) AS visible,
       $1::text::xid8 < pg_snapshot_xmax(pg_current_snapshot()) AS begun`,
    [seq],
  )
  if (visible) return 'visible'
  return begun ? 'under way' : 'unknown'
}

export interface Availability {
  readonly event_id: string
  readonly available: number
  readonly place_count: number
  /** No place is free or held. */
  readonly sold_out: boolean
  /** Whether any tier has price steps. */
  readonly priceSteps: boolean
}

/** Free and total places, seats and GA tickets, of each event that has any. */
export function countFreePlaces(db: Database, eventIds: readonly string[]): Promise<Availability[]> {
  return db.query<Availability>(
    `SELECT event_id, CASE WHEN status = 'cancelled' THEN 0 ELSE available END AS available, place_count,
       available + held = 0 AS sold_out, price_steps AS "priceSteps"
     FROM (
       SELECT event_id, sum(available)::int AS available, sum(held)::int AS held, sum(places)::int AS place_count FROM (
         SELECT event_id, count(*) FILTER (WHERE ${isFree}) AS available,
           count(*) FILTER (WHERE ${shownState} = 'held') AS held, count(*) AS places
         FROM booking.event_seats WHERE event_id = ANY($1) GROUP BY event_id
         UNION ALL
         SELECT event_id, available, held, capacity FROM (${areaCounts('area.event_id = ANY($1)')}) AS areas) AS counted
       GROUP BY event_id) AS summed JOIN booking.sales USING (event_id)`,
    [eventIds],
  )
}

/**
 * As `countFreePlaces`, but seats are counted only up to `coarseCount`: lists show only a word. An event with 20,000 seats costs 200 index
 * entries instead of 20,000 rows.
 */
export function estimateFreePlaces(db: Database, eventIds: readonly string[]): Promise<Availability[]> {
  return db.query<Availability>(
    `SELECT event_id, CASE WHEN status = 'cancelled' THEN 0 ELSE free.count END AS available, places.count AS place_count,
       free.count + in_areas.held = 0
         AND NOT EXISTS (SELECT FROM booking.event_seats AS seat WHERE seat.event_id = sale.event_id AND state = 'held') AS sold_out,
       price_steps AS "priceSteps"
     FROM booking.sales AS sale,
     LATERAL (SELECT coalesce(sum(seat_count), 0)::int AS count FROM booking.event_rows AS place
       WHERE place.event_id = sale.event_id) AS seats,
     LATERAL (SELECT coalesce(sum(available), 0)::int AS available, coalesce(sum(held), 0)::int AS held,
         coalesce(sum(capacity), 0)::int AS capacity
       FROM (${areaCounts('area.event_id = sale.event_id')}) AS areas) AS in_areas,
     LATERAL (SELECT seats.count + in_areas.capacity AS count) AS places,
     LATERAL (SELECT count(*)::int FROM (SELECT FROM booking.event_seats AS seat
       WHERE seat.event_id = sale.event_id AND state = 'available' LIMIT ${coarseCount}) AS counted) AS available,
     LATERAL (SELECT count(*)::int FROM (SELECT FROM booking.event_seats AS seat
       WHERE seat.event_id = sale.event_id AND state = 'held' AND held_until <= now()
       LIMIT ${coarseCount} - available.count) AS counted) AS run_out,
     LATERAL (SELECT available.count + run_out.count + in_areas.available AS count) AS free
     WHERE event_id = ANY($1) AND places.count > 0`,
    [eventIds],
  )
}
