import type { Hold } from '#shared/contracts/holds.ts'
import { columnsOf } from '#shared/database/columns.ts'
import type { Database } from '#shared/database/postgres.ts'
import { type Key, publicId } from '#shared/ids.ts'
import type { ChangedSeat } from '../facts.ts'
import { releaseAreaPlaces } from './areas.ts'
import type { Buyer } from './buyers.ts'
import { endedUnsold, isDue, isLive, joinPlace, keyColumns, position } from './conditions.ts'

/*
 * SQL about holds. Every change of a hold begins by locking its row. The order of locks in this schema is: buyer, holds, rows of seats,
 * seats, shards of areas, each by ascending number, then the booking. A transaction with a lock on a seat or shard never waits for a hold,
 * so no two transactions wait for each other.
 */

export type HoldStatus = Hold['status']

const shownStatus = `CASE WHEN ${isDue} THEN 'expired' ELSE hold.status END`

const expiresInMs = `CASE WHEN ${isLive} THEN greatest(0, extract(epoch FROM expires_at - now()) * 1000)::int ELSE 0 END`

const itemsOfHold = 'booking.hold_items AS item WHERE item.event_id = hold.event_id AND item.hold_id = hold.id'

const areaNosOfHold = `ARRAY(SELECT DISTINCT area_no FROM ${itemsOfHold} AND area_no IS NOT NULL ORDER BY area_no)`

/**
 * The places of a row of `holds`, aliased `hold`, at their frozen prices: a JSON array in the contract's shape, first seats by number, then
 * areas.
 */
export const placesOfHold = `(
  SELECT json_agg(place ORDER BY seat_no, area_no) FROM (
    SELECT item.seat_no, item.area_no, CASE WHEN item.seat_no IS NULL
      THEN json_build_object('area', area.name, 'qty', sum(item.qty), 'price_minor', item.price_minor)
      ELSE json_build_object('seat_no', item.seat_no, 'section', seat_row.section, 'row', seat_row.label,
        'label', seat.label, 'price_minor', item.price_minor) END AS place
    FROM booking.hold_items AS item ${joinPlace}
    WHERE item.event_id = hold.event_id AND item.hold_id = hold.id
    GROUP BY item.seat_no, item.area_no, item.price_minor, area.name, seat_row.section, seat_row.label, seat.label) AS places)`

interface HoldRow extends Pick<Hold, 'user_id' | 'status' | 'places' | 'currency' | 'expires_in_ms' | 'seq'> {
  readonly expires_at: Date
  readonly hard_cap_at: Date
}

const shownHold = `user_id, ${shownStatus} AS status, ${placesOfHold} AS places, currency, expires_at,
  ${expiresInMs} AS expires_in_ms, hard_cap_at, ${position} AS seq`

/** A hold as its buyer sees it. */
export async function readHold(db: Database, key: Key): Promise<Hold | undefined> {
  const [row] = await db.query<HoldRow>(
    `SELECT ${shownHold} FROM booking.holds AS hold JOIN booking.sales AS sale USING (event_id)
     WHERE event_id = $1 AND id = $2`,
    [key.eventId, key.ownId],
  )
  return row && showHold(key, row)
}

/** Up to `limit` holds of a user that were not bought, newest first, after the one whose own id is `beforeId`. */
export async function listUnsoldHoldsOf(
  db: Database,
  { userId, beforeId, limit }: { userId: string; beforeId: string | null; limit: number },
): Promise<Hold[]> {
  const rows = await db.query<HoldRow & { own: Key }>(
    `SELECT json_build_object('eventId', event_id, 'ownId', id) AS own, ${shownHold}
     FROM booking.holds AS hold JOIN booking.sales AS sale USING (event_id)
     WHERE ((${isLive} AND user_id = $1) OR (${endedUnsold} AND user_id = $1)) AND ($2::uuid IS NULL OR id < $2)
     ORDER BY id DESC LIMIT $3`,
    [userId, beforeId, limit],
  )
  return rows.map(({ own, ...row }) => showHold(own, row))
}

/** `places` has seats sorted by number, then areas. */
export function showHold(key: Key, row: HoldRow): Hold {
  return {
    id: publicId(key),
    event_id: key.eventId,
    ...row,
    total_minor: row.places.reduce((total, place) => total + place.price_minor * ('qty' in place ? place.qty : 1), 0),
    expires_at: row.expires_at.toISOString(),
    hard_cap_at: row.hard_cap_at.toISOString(),
  }
}

export interface NewHold {
  readonly hold: Key
  readonly userId: string
  readonly passId: string | null
  readonly lastsMs: number
  /** The latest end of the hold, even after extensions. */
  readonly capMs: number
}

/** Inserts holds without places. */
export async function insertHolds(db: Database, holds: readonly NewHold[]): Promise<void> {
  if (holds.length === 0) return
  await db.execute(
    `INSERT INTO booking.holds (event_id, id, user_id, pass_id, active_until, expires_at, hard_cap_at)
     SELECT event_id, id, user_id, pass_id, now() + lasts, now() + lasts, now() + cap
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::int[], $6::int[])
       AS made (event_id, id, user_id, pass_id, lasts_ms, cap_ms),
     LATERAL (SELECT lasts_ms * interval '1 ms' AS lasts, cap_ms * interval '1 ms' AS cap) AS times`,
    columnsOf(holds, ({ hold, ...made }) => [
      hold.eventId,
      hold.ownId,
      made.userId,
      made.passId,
      made.lastsMs,
      made.capMs,
    ]),
  )
}

/** Locks the buyer's hold that is past its time but not ended yet, waiting if necessary. */
export async function lockDueHold(db: Database, { eventId, userId }: Buyer): Promise<Key | undefined> {
  const [due] = await db.query<Key>(
    `SELECT event_id AS "eventId", id AS "ownId" FROM booking.holds AS hold
     WHERE event_id = $1 AND user_id = $2 AND ${isDue} FOR UPDATE`,
    [eventId, userId],
  )
  return due
}

/**
 * Removes all items of a locked live hold that gets other places, and frees its seats except those in `keeps`. Returns the freed seats. Its
 * GA places are already released.
 */
export async function clearHold(db: Database, hold: Key, keeps: readonly number[]): Promise<ChangedSeat[]> {
  // Another transaction with a lock on one of its seats has found the hold expired. Waiting would break the order of locks, and is not
  // needed.
  const freed = await db.query<ChangedSeat>(
    `WITH given_up AS (
       SELECT seat.seat_no FROM booking.hold_items AS item CROSS JOIN LATERAL (
         SELECT seat_no FROM booking.event_seats AS seat
         WHERE seat.event_id = $1 AND seat.seat_no = item.seat_no AND seat.hold_id = $2 FOR UPDATE SKIP LOCKED) AS seat
       WHERE item.event_id = $1 AND item.hold_id = $2 AND item.seat_no <> ALL($3))
     UPDATE booking.event_seats AS seat
     SET state = 'available', hold_id = NULL, held_until = NULL, version = version + 1
     FROM given_up WHERE seat.event_id = $1 AND seat.seat_no = given_up.seat_no
     RETURNING seat.seat_no AS "seatNo", seat.version`,
    [hold.eventId, hold.ownId, keeps],
  )
  await db.execute('DELETE FROM booking.hold_items WHERE event_id = $1 AND hold_id = $2', [hold.eventId, hold.ownId])
  return freed
}

/** The frozen price of each seat of a hold, by number. */
export async function findFrozenPrices(db: Database, hold: Key): Promise<ReadonlyMap<number, number>> {
  const items = await db.query<{ seat_no: number; price_minor: number }>(
    'SELECT seat_no, price_minor FROM booking.hold_items WHERE event_id = $1 AND hold_id = $2 AND seat_no IS NOT NULL',
    [hold.eventId, hold.ownId],
  )
  return new Map(items.map(({ seat_no, price_minor }) => [seat_no, price_minor]))
}

/** A hold whose row is locked until the transaction ends. */
export interface LockedHold {
  readonly userId: string
  readonly status: HoldStatus
  /** Its end is recorded. An expired hold may still be waiting for that. */
  readonly ended: boolean
  /** The time that the buyer was promised has not passed. */
  readonly withinPromise: boolean
  /** It cannot be extended any more, within a second. */
  readonly atHardCap: boolean
  readonly seatNos: number[]
  /** Areas with GA places of the hold. */
  readonly areaNos: number[]
  /** Number of its seats and GA places. */
  readonly placeCount: number
  readonly totalMinor: number
  readonly expiresAt: Date
  readonly expiresInMs: number
  readonly hardCapAt: Date
  /** Id of the pass with which it was made. */
  readonly passId: string | null
}

/**
 * Locks a hold and reads it. Two statements, because one that had waited for the lock would still see the old places, and an exchange
 * committed in the meantime would be paid for at the old price.
 */
export async function lockHold(db: Database, key: Key): Promise<LockedHold | undefined> {
  await db.execute('SELECT FROM booking.holds WHERE event_id = $1 AND id = $2 FOR UPDATE', [key.eventId, key.ownId])
  const [hold] = await db.query<LockedHold>(
    `SELECT user_id AS "userId", ${shownStatus} AS status, NOT ${isLive} AS ended, active_until > now() AS "withinPromise",
       hard_cap_at - expires_at < interval '1 second' AS "atHardCap",
       ARRAY(SELECT seat_no FROM ${itemsOfHold} AND seat_no IS NOT NULL ORDER BY seat_no) AS "seatNos",
       ${areaNosOfHold} AS "areaNos",
       (SELECT sum(qty)::int FROM ${itemsOfHold}) AS "placeCount",
       (SELECT sum(price_minor * qty)::bigint FROM ${itemsOfHold}) AS "totalMinor",
       expires_at AS "expiresAt", ${expiresInMs} AS "expiresInMs", hard_cap_at AS "hardCapAt",
       pass_id AS "passId"
     FROM booking.holds AS hold WHERE event_id = $1 AND id = $2`,
    [key.eventId, key.ownId],
  )
  return hold
}

/** Locks at most `limit` holds that are past their time. Skips locked ones. */
export async function lockDueHolds(db: Database, limit: number): Promise<Key[]> {
  return db.query<Key>(
    `SELECT event_id AS "eventId", id AS "ownId" FROM booking.holds AS hold
     WHERE ${isDue} ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
    [limit],
  )
}

export interface EndedHold extends Key {
  readonly userId: string
  /** Seats that became free. */
  readonly seats: readonly ChangedSeat[]
  /** Areas with GA places of the hold. */
  readonly areaNos: readonly number[]
}

/**
 * Ends locked holds. Their seats become free, except those that another buyer has taken. Skips a locked expired seat: it counts as free
 * anyway, and nobody waits for it.
 */
export async function endHolds(
  db: Database,
  holds: readonly Key[],
  status: Extract<HoldStatus, 'released' | 'expired'>,
): Promise<EndedHold[]> {
  if (holds.length === 0) return []
  const seatsOf = await freePlaces(db, holds, { passOver: status === 'expired' })
  const ended = await db.query<Omit<EndedHold, 'seats'>>(
    `UPDATE booking.holds AS hold SET status = $3, ended_at = now()
     FROM unnest($1::uuid[], $2::uuid[]) AS ended (event_id, id)
     WHERE hold.event_id = ended.event_id AND hold.id = ended.id
     RETURNING hold.event_id AS "eventId", hold.id AS "ownId", user_id AS "userId", ${areaNosOfHold} AS "areaNos"`,
    [...keyColumns(holds), status],
  )
  return ended.map((hold) => ({ ...hold, seats: seatsOf.get(hold.ownId) ?? [] }))
}

/**
 * Frees the remaining seats and GA places of locked holds. Returns the seats by own id of their hold. With `passOver`, skips places that
 * others have locked.
 */
export async function freePlaces(
  db: Database,
  holds: readonly Key[],
  { passOver }: { passOver: boolean },
): Promise<ReadonlyMap<string, readonly ChangedSeat[]>> {
  const freed = await db.query<ChangedSeat & { holdId: string }>(
    `WITH ended AS (SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS ended (event_id, hold_id)),
     theirs AS (
       SELECT event_id, hold_id, seat_no FROM ended
       JOIN booking.hold_items AS item USING (event_id, hold_id)
       JOIN booking.event_seats AS seat USING (event_id, hold_id, seat_no)
       ${passOver ? 'FOR UPDATE OF seat SKIP LOCKED' : 'ORDER BY event_id, seat_no FOR UPDATE OF seat'})
     UPDATE booking.event_seats AS seat
     SET state = 'available', hold_id = NULL, held_until = NULL, version = version + 1
     FROM theirs WHERE seat.event_id = theirs.event_id AND seat.seat_no = theirs.seat_no
     RETURNING theirs.hold_id AS "holdId", seat.seat_no AS "seatNo", seat.version`,
    keyColumns(holds),
  )
  await releaseAreaPlaces(db, holds, { passOver })
  return Map.groupBy(freed, ({ holdId }) => holdId)
}

/** Ends a locked hold, even an expired one, because its seats were sold to its buyer. */
export async function convertHold(db: Database, hold: Key): Promise<void> {
  await db.query(`UPDATE booking.holds SET status = 'converted', ended_at = now() WHERE event_id = $1 AND id = $2`, [
    hold.eventId,
    hold.ownId,
  ])
}
