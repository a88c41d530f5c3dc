import { columnsOf } from '#shared/database/columns.ts'
import type { Database } from '#shared/database/postgres.ts'
import type { Key } from '#shared/ids.ts'
import type { PlacesLeft } from '../too-few-left.ts'
import { hasPlacesLeft, isFreeFor } from './conditions.ts'
import { type LockedSeat, lockedSeatColumns } from './seats.ts'

/* SQL by which best available seats are found, row by row. */

/** Among which seats of an event the best are looked for. */
export interface SeatFilter {
  readonly eventId: string
  /** All seats in question have numbers from here to there, so that nothing else of the house is read. */
  readonly firstSeatNo: number
  readonly lastSeatNo: number
  /** Only accessible seats, or none of them. */
  readonly accessible: boolean
  /** `null`: of any tier, in any row. */
  readonly tierNos: readonly number[] | null
  readonly rowNos: readonly number[] | null
  /** Seats of this hold count as free. */
  readonly ownHold: Key | undefined
}

type Kind = Pick<SeatFilter, 'accessible'>

/**
 * What a filter admits, free or not: its values are the first five parameters. Accessible seats have an index of their own,
 * which serves only a statement that names them and not a parameter.
 */
function isAdmitted({ accessible }: Kind): string {
  return `event_id = $1 AND seat_no BETWEEN $2 AND $3 AND ${accessible ? 'accessible' : 'NOT accessible'}
  AND ($4::int[] IS NULL OR tier_no = ANY($4)) AND ($5::int[] IS NULL OR row_no = ANY($5))`
}

/** Free seats that a filter admits: its values are the first six parameters. The states are named for the index' sake. */
function isWanted(kind: Kind): string {
  return `${isAdmitted(kind)} AND state IN ('available', 'held') AND ${isFreeFor('$6')}`
}

/**
 * The same seats by why they are free: for each reason there is an index, so none of the many seats that are held is read.
 * Only a buyer who changes a hold has the last ones.
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

/** Numbers of tiers or rows, and the span of their seats. */
export interface Part {
  readonly nos: readonly number[]
  readonly firstSeatNo: number
  readonly lastSeatNo: number
}

/** The tiers of that name, without seats if no seat has them; `undefined` when the event has no such tier. */
export async function findTiers(db: Database, eventId: string, name: string): Promise<Part | undefined> {
  const [tiers] = await db.query<Part>(
    `SELECT array_agg(tier_no) AS nos, coalesce(min(first_seat_no), 0) AS "firstSeatNo",
       coalesce(max(last_seat_no), -1) AS "lastSeatNo"
     FROM booking.price_tiers WHERE event_id = $1 AND name = $2 HAVING count(*) > 0`,
    [eventId, name],
  )
  return tiers
}

/** The rows of a section; `undefined` when the event has no such section. */
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
 * Settings of a transaction that takes places or says why it cannot: each of its statements is to look rows up by an index, or walk
 * along one and stop early. While the planner knows little of a new house, it would read, hash or sort all of it instead; and it
 * keeps plans that it made for empty tables.
 */
export const byIndexOnly = {
  enable_sort: 'off',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
} as const

/**
 * Where `qty` ($7) free seats side by side begin among the seats of the row `place`; with `tidy` ($8) only where taking them
 * leaves no single seat behind. Ends at the first such place, so a row that has much free is not read to its end.
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
 * Rows that have such a run, as a condition on `booking.event_rows AS place`. Those before the first free seat cost nothing.
 *
 * Each look for the first free seat must end there. Once statistics exist, a plain `min()` reads all free seats of the house, so
 * the available ones are walked along their index; the others are few, and `OFFSET 0` keeps the planner from walking the house for them.
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
  /** Only where taking them leaves no single seat behind. */
  readonly tidy: boolean
  /** Of rows. */
  readonly limit: number
  /** Wait for rows that somebody else has locked, instead of passing over them. */
  readonly wait: boolean
}

/**
 * Locks the first rows in which at least `qty` free seats stand side by side, against everybody else who picks best available seats:
 * two who lock the seats of one row at the same time get every other one. What is free in a row is judged again once its seats are
 * locked.
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

/** Whether anywhere at least `qty` free seats stand side by side, in rows that somebody has locked, too. */
export async function hasRun(db: Database, filter: SeatFilter, qty: number): Promise<boolean> {
  const rows = await db.query(`SELECT FROM booking.event_rows AS place WHERE ${hasRunInRow(filter)} LIMIT 1`, [
    ...filterValues(filter),
    qty,
    false,
  ])
  return rows.length > 0
}

/**
 * Locks the free seats that the filter admits in locked rows and answers them by ascending number. Those that somebody else is
 * deciding about are passed over, or waited for.
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

/** Locks the first `limit` free seats that the filter admits and nobody else has locked, and answers them by ascending number. */
export function lockFirstSeats(db: Database, filter: SeatFilter, limit: number): Promise<LockedSeat[]> {
  return db.query<LockedSeat>(
    `SELECT ${lockedSeatColumns} FROM (
       SELECT * FROM booking.event_seats WHERE ${isWanted(filter)} ORDER BY event_id, seat_no LIMIT $7 FOR UPDATE SKIP LOCKED) AS seat
     JOIN booking.event_rows AS seat_row ON seat_row.event_id = seat.event_id AND seat_row.row_no = seat.row_no`,
    [...filterValues(filter), limit],
  )
}

/** So many held seats are looked at, lest refused buyers of a small tier read all that a rush holds of a large house. */
const heldSeatsSeen = 500

/**
 * How many free seats the filter admits, counted up to `qty`. Only where there are fewer, it also says whether others hold some, as
 * far as the held seats show that end first, and whether the event has any place left.
 */
export async function countLeft(db: Database, filter: SeatFilter, qty: number): Promise<PlacesLeft> {
  const free = wantedByReason(filter)
    .map((seats) => `SELECT FROM ${seats}`)
    .join(' UNION ALL ')
  const held = `(SELECT * FROM booking.event_seats WHERE event_id = $1 AND state = 'held' AND held_until > now()
      ORDER BY held_until LIMIT ${heldSeatsSeen}) AS seat
    WHERE ${isAdmitted(filter)} AND hold_id IS DISTINCT FROM $6::uuid`
  const [left] = await db.query<PlacesLeft>(
    `WITH counted AS MATERIALIZED (SELECT count(*)::int AS free FROM (${free} LIMIT $7) AS free),
     held AS MATERIALIZED (SELECT free, free < $7 AND EXISTS (SELECT FROM ${held}) AS "heldByOthers" FROM counted)
     SELECT free, "heldByOthers", free > 0 OR "heldByOthers" OR ${hasPlacesLeft('$1')} AS "anyOfEvent" FROM held`,
    [...filterValues(filter), qty],
  )
  if (left === undefined) throw new Error('a count answered no row')
  return left
}
