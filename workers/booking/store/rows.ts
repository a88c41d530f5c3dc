import type { Database } from '#shared/postgres.ts'
import type { Seat } from '../free-runs.ts'
import { isFree } from './conditions.ts'

/* SQL by which best available seats are found, row by row. */

/**
 * Makes the following statements of this transaction walk along a house and stop early. While the planner knows little of
 * a new house, it would read and sort all of it instead: four times the work.
 */
export async function walkInOrder(db: Database): Promise<void> {
  await db.query(`SELECT set_config('enable_sort', 'off', true)`)
}

/**
 * The next rows after `afterRowNo`, at most `limit`, in which at least `qty` free seats stand side by side; with `tidy`
 * only where taking them leaves no single seat behind. Looks without locking, so it is a hint.
 */
export async function findRowsWithRun(
  db: Database,
  options: { eventId: string; afterRowNo: number; qty: number; tidy: boolean; limit: number },
): Promise<number[]> {
  // Both numbers grow along the house, so their sum grows by one between neighbours only, and by more across rows.
  const runs = await db.query<{ row_no: number }>(
    `SELECT row_no FROM (
       SELECT seat_no, row_no,
         lag(place) OVER ranked IS DISTINCT FROM place - 1 AS begins,
         lead(place, $3 - 1) OVER ranked = place + $3 - 1 AS fits,
         lead(place, $3) OVER ranked IS DISTINCT FROM place + $3
           OR lead(place, $3 + 1) OVER ranked = place + $3 + 1 AS tidy
       FROM (
         SELECT seat_no, row_no, seat_no + row_no AS place FROM booking.event_seats
         WHERE event_id = $1 AND row_no > $2 AND ${isFree}
       ) AS free
       WINDOW ranked AS (ORDER BY seat_no)
     ) AS runs
     WHERE begins AND fits AND (tidy OR NOT $4) ORDER BY seat_no LIMIT $5`,
    [options.eventId, options.afterRowNo, options.qty, options.tidy, options.limit],
  )
  return [...new Set(runs.map((run) => run.row_no))]
}

export interface Row {
  readonly rowNo: number
  readonly firstSeatNo: number
  readonly lastSeatNo: number
}

/**
 * Locks the first of the rows against everybody else who picks best available seats: two who lock the seats of one row at
 * the same time get every other one. Rows that are locked already are passed over, or waited for.
 */
export async function lockOneRow(
  db: Database,
  { eventId, rowNos, waiting }: { eventId: string; rowNos: readonly number[]; waiting: boolean },
): Promise<Row | undefined> {
  const [row] = await db.query<Row>(
    `SELECT row_no AS "rowNo", first_seat_no AS "firstSeatNo", first_seat_no + seat_count - 1 AS "lastSeatNo"
     FROM booking.event_rows WHERE event_id = $1 AND row_no = ANY($2)
     ORDER BY row_no LIMIT 1 FOR NO KEY UPDATE ${waiting ? '' : 'SKIP LOCKED'}`,
    [eventId, rowNos],
  )
  return row
}

/**
 * Locks the free seats of a row and answers them by ascending number. Those that a buyer who named them is deciding about
 * are passed over, or waited for.
 */
export function lockFreeSeatsOfRow(
  db: Database,
  { eventId, row, waiting }: { eventId: string; row: Row; waiting: boolean },
): Promise<Seat[]> {
  return db.query<Seat>(
    `SELECT seat_no AS "seatNo", row_no AS "rowNo" FROM booking.event_seats
     WHERE event_id = $1 AND seat_no BETWEEN $2 AND $3 AND ${isFree}
     ORDER BY seat_no FOR UPDATE ${waiting ? '' : 'SKIP LOCKED'}`,
    [eventId, row.firstSeatNo, row.lastSeatNo],
  )
}

/** Whether at least `qty` seats of an event are free, wherever they stand. */
export async function hasFreeSeats(db: Database, { eventId, qty }: { eventId: string; qty: number }): Promise<boolean> {
  const rows = await db.query(
    `SELECT FROM booking.event_seats WHERE event_id = $1 AND ${isFree} ORDER BY seat_no LIMIT $2`,
    [eventId, qty],
  )
  return rows.length === qty
}
