import type { Key } from '#shared/ids.ts'

/* SQL that several statements share. All times are the database's: no process compares its own clock with a held seat's. */

/**
 * Whether a row of `event_seats` can be sold now: a seat of an expired hold can, recorded or not. Only for rows found by another condition:
 * as an OR of states it would lead the planner to an index of each state, and through all held seats.
 */
export const isFree = `CASE state WHEN 'available' THEN true WHEN 'held' THEN held_until <= now() ELSE false END`

/** State of a row of `event_seats` as buyers see it. */
export const shownState = `CASE WHEN ${isFree} THEN 'available' ELSE state END`

/** A row of `holds`, aliased `hold`, that has not ended, but may be past its time. */
export const isLive = `hold.status IN ('active', 'paying')`

/** A row of `holds`, aliased `hold`, that ended without a sale. */
export const endedUnsold = `hold.status IN ('released', 'expired')`

/** A row of `holds`, aliased `hold`, that is past its time but not ended yet. */
export const isDue = `(${isLive} AND hold.expires_at <= now())`

/**
 * The position of a statement's result. After a write of this transaction it is that write's position, else at least that of any write that
 * the statement could see. A seat snapshot of at least this position includes it.
 */
export const position = `coalesce(
  pg_current_xact_id_if_assigned()::text,
  (pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)::text)`

/**
 * Whether any place of an event, whose id is the parameter `event`, is free or held, so that it is not sold out. Each subquery ends at the
 * first entry of an index.
 */
export function hasPlacesLeft(event: string): string {
  return `(EXISTS (SELECT FROM booking.event_seats WHERE event_id = ${event} AND state = 'available')
    OR EXISTS (SELECT FROM booking.event_seats WHERE event_id = ${event} AND state = 'held')
    OR EXISTS (SELECT FROM booking.area_shards WHERE event_id = ${event} AND sold < capacity))`
}

/** As `isFree`, but seats of one hold also count as free: the hold whose own id is the parameter `hold`, such as `$3`; null for no hold. */
export function isFreeFor(hold: string): string {
  return `CASE state WHEN 'available' THEN true
    WHEN 'held' THEN held_until <= now() OR hold_id = ${hold}::uuid ELSE false END`
}

/** The place of an `item` that `joinPlace` has joined, as JSON: a seat, or a GA area. */
export const ticketPlace = `
  CASE WHEN item.seat_no IS NULL THEN json_build_object('area', area.name)
    ELSE json_build_object('seat_no', item.seat_no, 'section', seat_row.section, 'row', seat_row.label, 'label', seat.label)
  END`

/** Joins an `item` of a hold or booking with its `seat` and the seat's row `seat_row`, or with its `area`. */
export const joinPlace = `
  LEFT JOIN booking.event_seats AS seat ON seat.event_id = item.event_id AND seat.seat_no = item.seat_no
  LEFT JOIN booking.event_rows AS seat_row ON seat_row.event_id = item.event_id AND seat_row.row_no = seat.row_no
  LEFT JOIN booking.areas AS area ON area.event_id = item.event_id AND area.area_no = item.area_no`

/** Keys as two parameters of an `unnest`: the events, and the own ids. */
export function keyColumns(keys: readonly Key[]): [string[], string[]] {
  return [keys.map(({ eventId }) => eventId), keys.map(({ ownId }) => ownId)]
}
