import type { Database } from '#shared/postgres.ts'
import type { Seat } from '../free-runs.ts'
import type { Key } from '../keys.ts'
import { isFree } from './conditions.ts'

/*
 * SQL that takes seats. Locks are taken by ascending seat number in every statement, so that no two buyers wait for each
 * other; a row that another buyer took meanwhile is judged again once its lock is free, and left out.
 */

/** Locks those of the seats that are free and answers them. Waits for whoever is deciding about one of them. */
export async function lockFreeSeats(
  db: Database,
  { eventId, seatNos }: { eventId: string; seatNos: readonly number[] },
): Promise<Set<number>> {
  const rows = await db.query<{ seat_no: number }>(
    `SELECT seat_no FROM booking.event_seats WHERE event_id = $1 AND seat_no = ANY($2) AND ${isFree}
     ORDER BY seat_no FOR UPDATE`,
    [eventId, seatNos],
  )
  return new Set(rows.map((row) => row.seat_no))
}

/** Locks those of a hold's seats that may be sold to it: still its own, or free again. Answers their numbers. */
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

/**
 * Makes the following statements of this transaction walk along a house and stop early. While the planner knows little of
 * a new house, it would read and sort all of it instead: four times the work.
 */
export async function walkInOrder(db: Database): Promise<void> {
  await db.query(`SELECT set_config('enable_sort', 'off', true)`)
}

/** Locks the next free seats from `fromSeatNo` on. Those that another buyer has locked are passed over, or waited for. */
export async function lockNextFreeSeats(
  db: Database,
  options: { eventId: string; fromSeatNo: number; limit: number; waiting: boolean },
): Promise<Seat[]> {
  return db.query<Seat>(
    `SELECT seat_no AS "seatNo", row_no AS "rowNo" FROM booking.event_seats
     WHERE event_id = $1 AND seat_no >= $2 AND ${isFree}
     ORDER BY seat_no LIMIT $3 FOR UPDATE ${options.waiting ? '' : 'SKIP LOCKED'}`,
    [options.eventId, options.fromSeatNo, options.limit],
  )
}

/**
 * Where, from `fromSeatNo` on, at least `qty` free seats first stand side by side; with `tidy` only where taking them
 * leaves no single seat behind. Looks without locking, so it is a hint. Stops at the first find.
 */
export async function findRun(
  db: Database,
  options: { eventId: string; fromSeatNo: number; qty: number; tidy: boolean },
): Promise<number | undefined> {
  // Both numbers grow along the house, so their sum grows by one between neighbours only, and by more across rows.
  const rows = await db.query<{ seat_no: number }>(
    `SELECT seat_no FROM (
       SELECT seat_no,
         lag(place) OVER ranked IS DISTINCT FROM place - 1 AS begins,
         lead(place, $3 - 1) OVER ranked = place + $3 - 1 AS fits,
         lead(place, $3) OVER ranked IS DISTINCT FROM place + $3
           OR lead(place, $3 + 1) OVER ranked = place + $3 + 1 AS tidy
       FROM (
         SELECT seat_no, seat_no + row_no AS place FROM booking.event_seats
         WHERE event_id = $1 AND seat_no >= $2 AND ${isFree}
       ) AS free
       WINDOW ranked AS (ORDER BY seat_no)
     ) AS runs
     WHERE begins AND fits AND (tidy OR NOT $4) ORDER BY seat_no LIMIT 1`,
    [options.eventId, options.fromSeatNo, options.qty, options.tidy],
  )
  return rows[0]?.seat_no
}

/** Whether at least `qty` seats of an event are free, wherever they stand. */
export async function hasFreeSeats(db: Database, { eventId, qty }: { eventId: string; qty: number }): Promise<boolean> {
  const rows = await db.query(
    `SELECT FROM booking.event_seats WHERE event_id = $1 AND ${isFree} ORDER BY seat_no LIMIT $2`,
    [eventId, qty],
  )
  return rows.length === qty
}

export interface SeenSeat extends Seat {
  readonly free: boolean
}

/** The named seats, and those whose numbers differ from `near` by at most `reach`, by ascending number. */
export function findSeatsAround(
  db: Database,
  options: { eventId: string; seatNos: readonly number[]; near: number; reach: number },
): Promise<SeenSeat[]> {
  const { eventId, seatNos, near, reach } = options
  return db.query<SeenSeat>(
    `SELECT seat_no AS "seatNo", row_no AS "rowNo", ${isFree} AS free FROM booking.event_seats
     WHERE event_id = $1 AND (seat_no = ANY($2) OR seat_no BETWEEN $3 AND $4) ORDER BY seat_no`,
    [eventId, seatNos, near - reach, near + reach],
  )
}
