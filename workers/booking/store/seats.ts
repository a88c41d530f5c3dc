import { columnsOf } from '#shared/database/columns.ts'
import type { Database } from '#shared/database/postgres.ts'
import type { Key } from '#shared/ids.ts'
import type { Seat } from '../best-available/free-runs.ts'
import type { SeatState } from '../seat-states.ts'
import { isFree, isFreeFor, shownState } from './conditions.ts'

/*
 * SQL that takes seats. Every statement locks by ascending seat number, so that no two buyers wait for each other. A row that another buyer
 * has taken in the meantime is checked again after its lock is free, and left out.
 */

/** A free seat, locked until the transaction ends. */
export interface LockedSeat extends Seat {
  readonly eventId: string
  readonly section: string
  readonly row: string
  readonly label: string
  /** The seat's own price; that of its tier may have changed. */
  readonly priceMinor: number
  readonly tierNo: number
  readonly version: number
}

/** The columns of a `LockedSeat`, from `event_seats AS seat` joined with its row `seat_row`. */
export const lockedSeatColumns = `seat.event_id AS "eventId", seat.seat_no AS "seatNo", seat.row_no AS "rowNo", section, seat_row.label AS row,
  seat.label, price_minor AS "priceMinor", tier_no AS "tierNo", version`

export interface WantedSeat {
  readonly eventId: string
  readonly seatNo: number
  /** Own id of the hold whose seats count as free, or null. */
  readonly ownHold: string | null
}

/**
 * Locks the wanted seats that are free or belong to the requesting hold. Skips seats that others have locked, or waits for them.
 *
 * Each seat is a separate lookup, in the given order: a join that must be sorted would read all seats of the event when sorting is off.
 */
export function lockFreeSeats(
  db: Database,
  wanted: readonly WantedSeat[],
  { wait }: { wait: boolean },
): Promise<LockedSeat[]> {
  const inOrder = wanted.toSorted((one, other) =>
    one.eventId === other.eventId ? one.seatNo - other.seatNo : one.eventId < other.eventId ? -1 : 1,
  )
  return db.query<LockedSeat>(
    `SELECT ${lockedSeatColumns} FROM unnest($1::uuid[], $2::int[], $3::uuid[]) AS wanted (event_id, seat_no, own_hold)
     CROSS JOIN LATERAL (
       SELECT * FROM booking.event_seats AS seat
       WHERE seat.event_id = wanted.event_id AND seat.seat_no = wanted.seat_no AND ${isFreeFor('own_hold')}
       FOR UPDATE ${wait ? '' : 'SKIP LOCKED'}) AS seat
     JOIN booking.event_rows AS seat_row ON seat_row.event_id = seat.event_id AND seat_row.row_no = seat.row_no`,
    columnsOf(inOrder, ({ eventId, seatNo, ownHold }) => [eventId, seatNo, ownHold]),
  )
}

export interface HeldSeat {
  readonly hold: Key
  readonly seatNo: number
  readonly priceMinor: number
}

/**
 * Gives locked seats to holds of this transaction, until the end of each, and adds their items. The last fence before COMMIT: unless every
 * seat is still free, or the hold's own, and wanted by one hold only, the whole transaction fails.
 *
 * Seats are joined with one relation only: given two that know the event, the planner may choose either, and then reads all seats of the
 * event.
 */
export async function holdLockedSeats(db: Database, seats: readonly HeldSeat[]): Promise<void> {
  if (seats.length === 0) return
  await db.execute(
    `WITH wanted AS MATERIALIZED (
       SELECT wanted.*, expires_at
       FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::bigint[]) AS wanted (event_id, own_id, seat_no, price_minor)
       LEFT JOIN booking.holds AS hold ON hold.event_id = wanted.event_id AND hold.id = own_id),
     taken AS (
       UPDATE booking.event_seats AS seat
       SET state = 'held', hold_id = own_id, held_until = expires_at, version = version + 1
       FROM wanted WHERE seat.event_id = wanted.event_id AND seat.seat_no = wanted.seat_no AND ${isFreeFor('own_id')}
       RETURNING seat.seat_no),
     item AS (
       INSERT INTO booking.hold_items (event_id, hold_id, seat_no, price_minor)
       SELECT event_id, own_id, seat_no, price_minor FROM wanted)
     SELECT booking.require_all_taken((SELECT count(*) FROM taken), (SELECT count(*) FROM wanted))`,
    columnsOf(seats, ({ hold, seatNo, priceMinor }) => [hold.eventId, hold.ownId, seatNo, priceMinor]),
  )
}

/** Locks the seats of a hold that can be sold to it: still its own, or free again. Returns their numbers. */
export async function lockSellableSeats(
  db: Database,
  { hold, seatNos }: { hold: Key; seatNos: readonly number[] },
): Promise<number[]> {
  const rows = await db.query<{ seat_no: number }>(
    `SELECT seat_no FROM booking.event_seats
     WHERE event_id = $1 AND seat_no = ANY($2) AND (hold_id = $3 OR ${isFree}) ORDER BY seat_no FOR UPDATE`,
    [hold.eventId, seatNos, hold.ownId],
  )
  return rows.map((row) => row.seat_no)
}

export interface SeenSeat extends Seat {
  readonly state: SeatState
}

/**
 * The current states of those seats that exist, sorted by number, without locks. Each seat is a separate lookup, in the given order: see
 * `lockFreeSeats`.
 */
export function viewSeats(
  db: Database,
  { eventId, seatNos }: { eventId: string; seatNos: readonly number[] },
): Promise<SeenSeat[]> {
  return db.query<SeenSeat>(
    `SELECT seat.seat_no AS "seatNo", seat.row_no AS "rowNo", seat.state FROM unnest($2::int[]) AS wanted (seat_no)
     CROSS JOIN LATERAL (SELECT seat_no, row_no, ${shownState} AS state FROM booking.event_seats AS seat
       WHERE seat.event_id = $1 AND seat.seat_no = wanted.seat_no LIMIT 1) AS seat`,
    [eventId, seatNos.toSorted((one, other) => one - other)],
  )
}
