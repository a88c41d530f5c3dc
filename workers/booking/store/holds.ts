import type { Hold } from '#shared/contracts/booking.ts'
import { publicId } from '#shared/ids.ts'
import type { Database } from '#shared/postgres.ts'
import type { Key } from '../keys.ts'
import { isDue, isLive, position } from './conditions.ts'

/*
 * SQL about holds. Every change of a hold begins by locking its row; then come seats, by ascending number, then the
 * booking. Nobody who has a seat locked waits for a hold, so no two transactions wait for each other.
 */

export type HoldStatus = Hold['status']

const shownStatus = `CASE WHEN ${isDue} THEN 'expired' ELSE hold.status END`

/** Places of a row of `holds`, aliased `hold`, at the prices it froze: a JSON array in the contract's shape. */
export const placesOfHold = `(
  SELECT json_agg(json_build_object('seat_no', seat_no, 'section', place.section, 'row', place.label,
    'label', seat.label, 'price_minor', item.price_minor) ORDER BY seat_no)
  FROM booking.hold_items AS item
  JOIN booking.event_seats AS seat USING (event_id, seat_no)
  JOIN booking.event_rows AS place USING (event_id, row_no)
  WHERE item.event_id = hold.event_id AND item.hold_id = hold.id)`

interface HoldRow extends Pick<Hold, 'user_id' | 'status' | 'places' | 'currency' | 'expires_in_ms' | 'seq'> {
  readonly expires_at: Date
  readonly hard_cap_at: Date
}

/** A hold as its buyer sees it. */
export async function readHold(db: Database, key: Key): Promise<Hold | undefined> {
  const [row] = await db.query<HoldRow>(
    `SELECT user_id, ${shownStatus} AS status, ${placesOfHold} AS places, currency, expires_at,
       greatest(0, extract(epoch FROM expires_at - now()) * 1000)::int AS expires_in_ms, hard_cap_at, ${position} AS seq
     FROM booking.holds AS hold JOIN booking.sales AS sale USING (event_id) WHERE event_id = $1 AND id = $2`,
    [key.eventId, key.ownId],
  )
  if (row === undefined) return undefined
  return {
    id: publicId(key),
    event_id: key.eventId,
    ...row,
    total_minor: row.places.reduce((total, { price_minor }) => total + price_minor, 0),
    expires_at: row.expires_at.toISOString(),
    hard_cap_at: row.hard_cap_at.toISOString(),
  }
}

/** Gives the buyer locked free seats, at their present price, for as long as the sale says. */
export async function insertHold(
  db: Database,
  { hold, userId, seatNos }: { hold: Key; userId: string; seatNos: readonly number[] },
): Promise<void> {
  await db.query(
    `WITH hold AS (
       INSERT INTO booking.holds (event_id, id, user_id, active_until, expires_at, hard_cap_at)
       SELECT event_id, $2, $3, now() + hold_ttl, now() + hold_ttl, now() + hold_hard_cap
       FROM booking.sales WHERE event_id = $1
       RETURNING id, expires_at),
     taken AS (
       UPDATE booking.event_seats SET state = 'held', hold_id = hold.id, held_until = hold.expires_at, version = version + 1
       FROM hold WHERE event_id = $1 AND seat_no = ANY($4)
       RETURNING event_id, hold_id, seat_no, price_minor)
     INSERT INTO booking.hold_items (event_id, hold_id, seat_no, price_minor) SELECT * FROM taken`,
    [hold.eventId, hold.ownId, userId, seatNos],
  )
}

/** A hold whose row is locked until the transaction ends. */
export interface LockedHold {
  readonly userId: string
  readonly status: HoldStatus
  /** Somebody has written its end down; an expired hold may still wait for that. */
  readonly ended: boolean
  /** The time that the buyer was promised is not over. */
  readonly withinPromise: boolean
  readonly seatNos: number[]
  readonly totalMinor: number
}

export async function lockHold(db: Database, key: Key): Promise<LockedHold | undefined> {
  const items = 'booking.hold_items AS item WHERE item.event_id = hold.event_id AND item.hold_id = hold.id'
  const [hold] = await db.query<LockedHold>(
    `SELECT user_id AS "userId", ${shownStatus} AS status, NOT ${isLive} AS ended, active_until > now() AS "withinPromise",
       ARRAY(SELECT seat_no FROM ${items} ORDER BY seat_no) AS "seatNos",
       (SELECT sum(price_minor)::bigint FROM ${items}) AS "totalMinor"
     FROM booking.holds AS hold WHERE event_id = $1 AND id = $2 FOR UPDATE`,
    [key.eventId, key.ownId],
  )
  return hold
}

/** Locks at most `limit` holds that are due, leaving out those that somebody is deciding about. */
export async function lockDueHolds(db: Database, limit: number): Promise<Key[]> {
  return db.query<Key>(
    `SELECT event_id AS "eventId", id AS "ownId" FROM booking.holds AS hold
     WHERE ${isDue} ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
    [limit],
  )
}

/**
 * Ends locked holds. Seats that are still theirs become free; those that another buyer took over stay with that one. An
 * expired seat that somebody is deciding about is left as it is: it counts as free anyhow, and nobody waits for it.
 */
export async function endHolds(
  db: Database,
  holds: readonly Key[],
  status: Extract<HoldStatus, 'released' | 'expired'>,
): Promise<void> {
  if (holds.length === 0) return
  const keys = [holds.map((hold) => hold.eventId), holds.map((hold) => hold.ownId)]
  await db.query(
    `WITH ended AS (SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS ended (event_id, hold_id)),
     theirs AS (
       SELECT event_id, seat_no FROM ended
       JOIN booking.hold_items AS item USING (event_id, hold_id)
       JOIN booking.event_seats AS seat USING (event_id, hold_id, seat_no)
       ORDER BY event_id, seat_no FOR UPDATE OF seat ${status === 'expired' ? 'SKIP LOCKED' : ''})
     UPDATE booking.event_seats AS seat
     SET state = 'available', hold_id = NULL, held_until = NULL, version = version + 1
     FROM theirs WHERE seat.event_id = theirs.event_id AND seat.seat_no = theirs.seat_no`,
    keys,
  )
  await db.query(
    `UPDATE booking.holds AS hold SET status = $3, ended_at = now()
     FROM unnest($1::uuid[], $2::uuid[]) AS ended (event_id, id)
     WHERE hold.event_id = ended.event_id AND hold.id = ended.id`,
    [...keys, status],
  )
}

interface SeatsOfHold {
  readonly hold: Key
  readonly seatNos: readonly number[]
}

/**
 * Keeps the seats of a locked hold at least until the payment's deadline, within its hard cap. Answers whether all of
 * them were still its own; the caller undoes the transaction if not.
 */
export async function startPaying(
  db: Database,
  { hold, seatNos, paymentWindowMs }: SeatsOfHold & { paymentWindowMs: number },
): Promise<boolean> {
  await db.query(
    `UPDATE booking.holds SET status = 'paying',
       expires_at = least(greatest(expires_at, now() + $3 * interval '1 ms'), hard_cap_at)
     WHERE event_id = $1 AND id = $2`,
    [hold.eventId, hold.ownId, paymentWindowMs],
  )
  return keepSeatsUntilExpiry(db, { hold, seatNos })
}

/** Gives a locked hold back the time that its buyer was promised. */
export async function stopPaying(db: Database, { hold, seatNos }: SeatsOfHold): Promise<void> {
  await db.query(
    `UPDATE booking.holds SET status = 'active', expires_at = active_until WHERE event_id = $1 AND id = $2`,
    [hold.eventId, hold.ownId],
  )
  await keepSeatsUntilExpiry(db, { hold, seatNos })
}

/** Ends a locked hold, or one that had expired, because its seats were sold to its buyer. */
export async function convertHold(db: Database, hold: Key): Promise<void> {
  await db.query(`UPDATE booking.holds SET status = 'converted', ended_at = now() WHERE event_id = $1 AND id = $2`, [
    hold.eventId,
    hold.ownId,
  ])
}

async function keepSeatsUntilExpiry(db: Database, { hold, seatNos }: SeatsOfHold): Promise<boolean> {
  const kept = await db.query(
    `WITH theirs AS (
       SELECT seat_no FROM booking.event_seats
       WHERE event_id = $1 AND seat_no = ANY($3) AND hold_id = $2 ORDER BY seat_no FOR UPDATE)
     UPDATE booking.event_seats AS seat SET held_until = hold.expires_at FROM theirs, booking.holds AS hold
     WHERE hold.event_id = $1 AND hold.id = $2 AND seat.event_id = $1 AND seat.seat_no = theirs.seat_no
     RETURNING seat.seat_no`,
    [hold.eventId, hold.ownId, seatNos],
  )
  return kept.length === seatNos.length
}
