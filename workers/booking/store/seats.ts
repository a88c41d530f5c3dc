import type { Database } from '#shared/database/postgres.ts'
import type { Key } from '#shared/ids.ts'
import type { Seat } from '../best-available/free-runs.ts'
import type { SeatState } from '../seat-states.ts'
import { isFree, isFreeFor, shownState } from './conditions.ts'

/*
 * SQL that takes seats. Locks are taken by ascending seat number in every statement, so that no two buyers wait for each
 * other; a row that another buyer took meanwhile is judged again once its lock is free, and left out.
 */

/** A free seat, locked until the transaction ends. */
export interface LockedSeat extends Seat {
  /** Its own price; that of its tier may be another one by now. */
  readonly priceMinor: number
  readonly tierNo: number
}

/** Columns of a `LockedSeat`. */
export const lockedSeatColumns = `seat_no AS "seatNo", row_no AS "rowNo", price_minor AS "priceMinor", tier_no AS "tierNo"`

/**
 * Locks those of the seats that are free, or belong to `ownHold`, and answers them by ascending number. Waits for whoever is
 * deciding about one of them.
 */
export function lockFreeSeats(
  db: Database,
  { eventId, seatNos, ownHold }: { eventId: string; seatNos: readonly number[]; ownHold: Key | undefined },
): Promise<LockedSeat[]> {
  return db.query<LockedSeat>(
    `SELECT ${lockedSeatColumns} FROM booking.event_seats
     WHERE event_id = $1 AND seat_no = ANY($2) AND ${isFreeFor('$3')} ORDER BY seat_no FOR UPDATE`,
    [eventId, seatNos, ownHold?.ownId ?? null],
  )
}

/** Those of the seats that somebody else than the buyer has, as they stand at this moment: one look, no lock. */
export async function findTakenByOthers(
  db: Database,
  { eventId, userId, seatNos }: { eventId: string; userId: string; seatNos: readonly number[] },
): Promise<number[]> {
  const rows = await db.query<{ seat_no: number }>(
    `SELECT seat_no FROM booking.event_seats AS seat WHERE event_id = $1 AND seat_no = ANY($2) AND NOT ${isFree}
       AND NOT EXISTS (SELECT FROM booking.holds AS hold
         WHERE hold.event_id = seat.event_id AND hold.id = seat.hold_id AND hold.user_id = $3)
       AND NOT EXISTS (SELECT FROM booking.bookings AS booking
         WHERE booking.event_id = seat.event_id AND booking.id = seat.booking_id AND booking.user_id = $3)
     ORDER BY seat_no`,
    [eventId, seatNos, userId],
  )
  return rows.map((row) => row.seat_no)
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

export interface SeenSeat extends Seat {
  readonly state: SeatState
}

/** The named seats, and those whose numbers differ from `near` by at most `reach`, by ascending number. */
export function findSeatsAround(
  db: Database,
  options: { eventId: string; seatNos: readonly number[]; near: number; reach: number },
): Promise<SeenSeat[]> {
  const { eventId, seatNos, near, reach } = options
  return db.query<SeenSeat>(
    `SELECT seat_no AS "seatNo", row_no AS "rowNo", ${shownState} AS state FROM booking.event_seats
     WHERE event_id = $1 AND (seat_no = ANY($2) OR seat_no BETWEEN $3 AND $4) ORDER BY seat_no`,
    [eventId, seatNos, near - reach, near + reach],
  )
}
