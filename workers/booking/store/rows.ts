import { columnsOf } from '#shared/database/columns.ts'
import type { Database } from '#shared/database/postgres.ts'
import type { Key } from '#shared/ids.ts'
import type { PlacesLeft } from '../too-few-left.ts'
import { hasPlacesLeft, isFreeFor } from './conditions.ts'
import { oneRow } from './one-row.ts'
import { type LockedSeat, lockedSeatColumns } from './seats.ts'

/* SQL that finds best available seats, row by row. */

/** The seats of an event among which the best are searched. */
export interface SeatFilter {
  readonly eventId: string
  /** All of these seats have numbers in this range, so that no other seats are read. */
  readonly firstSeatNo: number
  readonly lastSeatNo: number
  /** Only accessible seats, or only others. */
  readonly accessible: boolean
  /** `null`: any tier, any row. */
  readonly tierNos: readonly number[] | null
  readonly rowNos: readonly number[] | null
  /** Seats of this hold count as free. */
  readonly ownHold: Key | undefined
}

type Kind = Pick<SeatFilter, 'accessible'>

/**
 * Condition for the seats of a filter, free or not; its values are the first five parameters. Accessible seats have their own index, which
 * only a statement with a literal value can use.
 */
function isAdmitted({ accessible }: Kind): string {
  return `event_id = $1 AND seat_no BETWEEN $2 AND $3 AND ${accessible ? 'accessible' : 'NOT accessible'}
  AND ($4::int[] IS NULL OR tier_no = ANY($4)) AND ($5::int[] IS NULL OR row_no = ANY($5))`
}

/** Free seats of a filter; its values are the first six parameters. The states are named so that the index can be used. */
function isWanted(kind: Kind): string {
  return `${isAdmitted(kind)} AND state IN ('available', 'held') AND ${isFreeFor('$6')}`
}

/**
 * The same seats, grouped by the reason why they are free. Each reason has an index, so that held seats are not read. The last group exists
 * only for a buyer who changes a hold.
 */
function wantedByReason(kind: Kind): string[] {
  return [
    `booking.event_seats WHERE ${isAdmitted(kind)} AND state = 'available'`,
    `booking.event_seats WHERE ${isAdmitted(kind)} AND state = 'held' AND held_until <= now()`,
    `booking.hold_items AS item JOIN booking.event_seats AS seat USING (event_id, hold_id, seat_no)
   WHERE hold_id = $6::uuid AND seat.held_until > now() AND ${isAdmitted(kind)}`,
  ]
}

function filterValues(filter: SeatFilter): unknown[] {
  const { eventId, firstSeatNo, lastSeatNo, tierNos, rowNos, ownHold } = filter
  return [eventId, firstSeatNo, lastSeatNo, tierNos, rowNos, ownHold?.ownId ?? null]
}

/** Numbers of tiers or rows, and the range of their seat numbers. */
export interface Part {
  readonly nos: readonly number[]
  readonly firstSeatNo: number
  readonly lastSeatNo: number
}

/** The tiers with a name, with an empty range if they have no seats; `undefined` if the event has no such tier. */
export async function findTiers(db: Database, eventId: string, name: string): Promise<Part | undefined> {
  const [tiers] = await db.query<Part>(
    `SELECT array_agg(tier_no) AS nos, coalesce(min(first_seat_no), 0) AS "firstSeatNo",
       coalesce(max(last_seat_no), -1) AS "lastSeatNo"
     FROM booking.price_tiers WHERE event_id = $1 AND name = $2 HAVING count(*) > 0`,
    [eventId, name],
  )
  return tiers
}

/** The rows of a section; `undefined` if the event has no such section. */
export async function findSection(db: Database, eventId: string, section: string): Promise<Part | undefined> {
  const [rows] = await db.query<Part>(
    `SELECT array_agg(row_no) AS nos, min(first_seat_no) AS "firstSeatNo",
       max(first_seat_no + seat_count - 1) AS "lastSeatNo"
     FROM booking.event_rows WHERE event_id = $1 AND section = $2 HAVING count(*) > 0`,
    [eventId, section],
  )
  return rows
}

/**
 * Settings of a transaction that takes places or explains a refusal: each statement must look rows up in an index, or read along an index
 * and stop early. While the planner has few statistics about a new event it would read, hash or sort all seats, and it keeps plans made for
 * empty tables.
 */
export const byIndexOnly = {
  enable_sort: 'off',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
} as const

/**
 * The first seats of runs of `qty` ($7) free neighbouring seats in the row `place`; with `tidy` ($8) only runs that leave no single seat.
 * Ends at the first run, so that a row with many free seats is not read to its end.
 */
function runInRow(kind: Kind): string {
  return `
  SELECT FROM (
    SELECT lag(seat_no) OVER ranked IS DISTINCT FROM seat_no - 1 AS begins,
      lead(seat_no, $7 - 1) OVER ranked = seat_no + $7 - 1 AS fits,
      lead(seat_no, $7) OVER ranked IS DISTINCT FROM seat_no + $7
        OR lead(seat_no, $7 + 1) OVER ranked = seat_no + $7 + 1 AS tidy
    FROM booking.event_seats AS seat
    WHERE ${isWanted(kind)} AND seat_no BETWEEN place.first_seat_no AND place.first_seat_no + place.seat_count - 1
    WINDOW ranked AS (ORDER BY seat_no)
  ) AS runs WHERE begins AND fits AND (tidy OR NOT $8)`
}

/**
 * Rows with such a run, as a condition on `booking.event_rows AS place`. Rows before the first free seat cost nothing.
 *
 * Each search for the first free seat must end at that seat. With statistics, a plain `min()` would read all free seats of the event, so
 * available seats are read along their index. The other groups are small, and `OFFSET 0` keeps the planner from reading all seats for them.
 */
function hasRunInRow(kind: Kind): string {
  const [available, ...others] = wantedByReason(kind)
  const firstFree = [
    `(SELECT seat_no FROM ${available} ORDER BY event_id, seat_no LIMIT 1)`,
    ...others.map((seats) => `(SELECT min(seat_no) FROM (SELECT seat_no FROM ${seats} OFFSET 0) AS free)`),
  ]
  return `place.event_id = $1 AND place.first_seat_no <= $3
  AND place.first_seat_no + place.seat_count > least(${firstFree.join(', ')}, 2147483647)
  AND ($5::int[] IS NULL OR place.row_no = ANY($5)) AND EXISTS (${runInRow(kind)})`
}

export interface Row {
  readonly firstSeatNo: number
  readonly lastSeatNo: number
  readonly section: string
  readonly label: string
}

export interface RunWanted {
  readonly qty: number
  /** Only if taking the seats leaves no single seat. */
  readonly tidy: boolean
  /** Largest number of rows. */
  readonly limit: number
  /** Wait for rows that others have locked, instead of skipping them. */
  readonly wait: boolean
}

/**
 * Locks the first rows with at least `qty` free neighbouring seats against other requests for best available seats: two requests that lock
 * the seats of one row at the same time would each get every other seat. Free seats of a row are checked again once the seats are locked.
 */
export function lockRowsWithRun(
  db: Database,
  filter: SeatFilter,
  { qty, tidy, limit, wait }: RunWanted,
): Promise<Row[]> {
  return db.query<Row>(
    `SELECT first_seat_no AS "firstSeatNo", first_seat_no + seat_count - 1 AS "lastSeatNo", section, label
     FROM booking.event_rows AS place WHERE ${hasRunInRow(filter)}
     ORDER BY row_no LIMIT $9 FOR NO KEY UPDATE OF place ${wait ? '' : 'SKIP LOCKED'}`,
    [...filterValues(filter), qty, tidy, limit],
  )
}

/** Whether any row, even a locked one, has at least `qty` free neighbouring seats. */
export async function hasRun(db: Database, filter: SeatFilter, qty: number): Promise<boolean> {
  const rows = await db.query(`SELECT FROM booking.event_rows AS place WHERE ${hasRunInRow(filter)} LIMIT 1`, [
    ...filterValues(filter),
    qty,
    false,
  ])
  return rows.length > 0
}

/**
 * Locks the filter's free seats in locked rows and returns them, sorted by number. Skips seats that others have locked, or waits for them.
 */
export function lockSeatsOfRows(
  db: Database,
  filter: SeatFilter,
  { rows, wait }: { rows: readonly Row[]; wait: boolean },
): Promise<LockedSeat[]> {
  return db.query<LockedSeat>(
    `SELECT ${lockedSeatColumns} FROM unnest($7::int[], $8::int[], $9::text[], $10::text[]) AS seat_row (first_no, last_no, section, label)
     CROSS JOIN LATERAL (
       SELECT * FROM booking.event_seats WHERE ${isWanted(filter)} AND seat_no BETWEEN first_no AND last_no
       ORDER BY event_id, seat_no FOR UPDATE ${wait ? '' : 'SKIP LOCKED'}) AS seat`,
    [...filterValues(filter), ...columnsOf(rows, (row) => [row.firstSeatNo, row.lastSeatNo, row.section, row.label])],
  )
}

/** Locks the first `limit` free, unlocked seats of the filter and returns them, sorted by number. */
export function lockFirstSeats(db: Database, filter: SeatFilter, limit: number): Promise<LockedSeat[]> {
  return db.query<LockedSeat>(
    `SELECT ${lockedSeatColumns} FROM (
       SELECT * FROM booking.event_seats WHERE ${isWanted(filter)} ORDER BY event_id, seat_no LIMIT $7 FOR UPDATE SKIP LOCKED) AS seat
     JOIN booking.event_rows AS seat_row ON seat_row.event_id = seat.event_id AND seat_row.row_no = seat.row_no`,
    [...filterValues(filter), limit],
  )
}

/** Largest number of held seats to read. Otherwise refused buyers of a small tier would read all held seats of a large event. */
const heldSeatsSeen = 500

/**
 * How many free seats the filter has, counted up to `qty`. If there are fewer, also says whether others hold some, judging by the held
 * seats that end first, and whether the event has any place left.
 */
export function countLeft(db: Database, filter: SeatFilter, qty: number): Promise<PlacesLeft> {
  const free = wantedByReason(filter)
    .map((seats) => `SELECT FROM ${seats}`)
    .join(' UNION ALL ')
  const held = `(SELECT * FROM booking.event_seats WHERE event_id = $1 AND state = 'held' AND held_until > now()
      ORDER BY held_until LIMIT ${heldSeatsSeen}) AS seat
    WHERE ${isAdmitted(filter)} AND hold_id IS DISTINCT FROM $6::uuid`
  return oneRow<PlacesLeft>(
    db,
    `WITH counted AS MATERIALIZED (SELECT count(*)::int AS free FROM (${free} LIMIT $7) AS free),
     held AS MATERIALIZED (SELECT free, free < $7 AND EXISTS (SELECT FROM ${held}) AS "heldByOthers" FROM counted)
     SELECT free, "heldByOthers", free > 0 OR "heldByOthers" OR ${hasPlacesLeft('$1')} AS "anyOfEvent" FROM held`,
    [...filterValues(filter), qty],
  )
}
