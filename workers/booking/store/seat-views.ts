import type { Database } from '#shared/postgres.ts'
import { type StatesOfRow, seatStateCodes } from '../seat-states.ts'
import { isFree } from './conditions.ts'

/* SQL that shows the state of seats to everybody. */

const shownState = `CASE WHEN ${isFree} THEN 'available' ELSE state END`

export interface SeatView {
  readonly seat_no: number
  readonly section: string
  readonly row: string
  readonly label: string
  readonly price_minor: number
  readonly state: keyof typeof seatStateCodes
}

/** Up to `limit` seats with a number above `afterSeatNo`. */
export function listSeatViews(
  db: Database,
  { eventId, afterSeatNo, limit }: { eventId: string; afterSeatNo: number; limit: number },
): Promise<SeatView[]> {
  return db.query<SeatView>(
    `SELECT seat.seat_no, place.section, place.label AS row, seat.label, seat.price_minor, ${shownState} AS state
     FROM booking.event_seats AS seat JOIN booking.event_rows AS place USING (event_id, row_no)
     WHERE event_id = $1 AND seat_no > $2 ORDER BY seat_no LIMIT $3`,
    [eventId, afterSeatNo, limit],
  )
}

export interface StatesSnapshot {
  /** The snapshot includes every write of this position or below. */
  readonly seq: string
  readonly rows: StatesOfRow[]
}

/** The states of all seats of an event, and the position of that snapshot, read by one statement. */
export async function snapshotStates(db: Database, eventId: string): Promise<StatesSnapshot> {
  const codes = Object.entries(seatStateCodes).map(([state, code]) => `WHEN '${state}' THEN '${code}'`)
  const [snapshot] = await db.query<StatesSnapshot>(
    `SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)::text AS seq,
       coalesce((
         SELECT json_agg(json_build_object('firstSeatNo', first_seat_no, 'codes', codes)) FROM (
           SELECT min(seat_no) AS first_seat_no, string_agg(code, '') AS codes
           FROM (
             SELECT row_no, seat_no, CASE ${shownState} ${codes.join(' ')} END AS code
             FROM booking.event_seats WHERE event_id = $1 ORDER BY row_no, seat_no
           ) AS in_order GROUP BY row_no
         ) AS by_row
       ), '[]') AS rows`,
    [eventId],
  )
  if (snapshot === undefined) throw new Error('a query without FROM answered no row')
  return snapshot
}

export interface Availability {
  readonly event_id: string
  readonly available: number
  readonly seat_count: number
}

/** Free and all seats of each event that has any. */
export function countFreeSeats(db: Database, eventIds: readonly string[]): Promise<Availability[]> {
  return db.query<Availability>(
    `SELECT event_id, count(*) FILTER (WHERE ${isFree})::int AS available, count(*)::int AS seat_count
     FROM booking.event_seats WHERE event_id = ANY($1) GROUP BY event_id`,
    [eventIds],
  )
}
