/* SQL that says the same everywhere. Time is the database's: no process compares its own clock with a held seat's. */

/**
 * A row of `event_seats` that can be sold now: an expired hold blocks nothing, swept or not. A judgement of rows that were
 * found otherwise: as an OR of states it would lead the planner to an index of each state, and through all held seats.
 */
export const isFree = `CASE state WHEN 'available' THEN true WHEN 'held' THEN held_until <= now() ELSE false END`

/** State of a row of `event_seats` as everybody sees it. */
export const shownState = `CASE WHEN ${isFree} THEN 'available' ELSE state END`

/** A row of `holds`, aliased `hold`, that has not ended, but may be due. */
export const isLive = `hold.status IN ('active', 'paying')`

/** A row of `holds`, aliased `hold`, whose time is over although nobody has ended it yet. */
export const isDue = `(${isLive} AND hold.expires_at <= now())`

/**
 * Position of what a statement answers. After a write of this transaction that is the write's own; else no lower than any
 * write that the statement could see. A seat snapshot of at least this position includes it.
 */
export const position = `coalesce(
  pg_current_xact_id_if_assigned()::text,
  (pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)::text)`

/**
 * Whether any place of an event, whose id is the parameter `event`, is free or held: until then it is not sold out. Each look ends
 * at the first entry of an index.
 */
export function hasPlacesLeft(event: string): string {
  return `(EXISTS (SELECT FROM booking.event_seats WHERE event_id = ${event} AND state = 'available')
    OR EXISTS (SELECT FROM booking.event_seats WHERE event_id = ${event} AND state = 'held')
    OR EXISTS (SELECT FROM booking.area_shards WHERE event_id = ${event} AND sold < capacity))`
}

/**
 * As `isFree`, but seats of one hold count as free too: of the one whose own id is the parameter `hold`, such as `$3`; null
 * for no hold.
 */
export function isFreeFor(hold: string): string {
  return `CASE state WHEN 'available' THEN true
    WHEN 'held' THEN held_until <= now() OR hold_id = ${hold}::uuid ELSE false END`
}

/** Joins an `item` of a hold or booking with its `seat` and that one's row, `seat_row`, or with its `area`. */
export const joinPlace = `
  LEFT JOIN booking.event_seats AS seat ON seat.event_id = item.event_id AND seat.seat_no = item.seat_no
  LEFT JOIN booking.event_rows AS seat_row ON seat_row.event_id = item.event_id AND seat_row.row_no = seat.row_no
  LEFT JOIN booking.areas AS area ON area.event_id = item.event_id AND area.area_no = item.area_no`
