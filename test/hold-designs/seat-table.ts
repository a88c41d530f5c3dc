import type { Queryable } from '#shared/database/postgres.ts'

/*
 * The table that each design has of its own, and the SQL that several of them share. Locks are taken by ascending seat
 * number, so that no two buyers wait for each other.
 */

export const isAvailable = `status = 'available'`
/** An expired hold blocks nothing, whether anybody has cleared it up or not. Time is the database's. */
export const isAvailableOrExpired = `(status = 'available' OR (status = 'held' AND held_until <= now()))`

/** An empty schema becomes a house in which every seat is free. */
export async function buildHouse(db: Queryable, { schema, seats }: { schema: string; seats: number }): Promise<void> {
  await db.query(`CREATE SCHEMA ${schema}`)
  await db.query(`CREATE TABLE seats (
    seat_no int PRIMARY KEY,
    status text NOT NULL DEFAULT 'available' CHECK (status IN ('available', 'held', 'sold')),
    hold_id uuid,
    held_until timestamptz
  ) WITH (fillfactor = 70)`)
  await db.query(`INSERT INTO seats (seat_no) SELECT generate_series(0, $1 - 1)`, [seats])
  await db.query('ANALYZE seats')
}

export async function demolishHouse(db: Queryable, schema: string): Promise<void> {
  await db.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
}

/** Locks those of the seats that meet the condition and says how many they are. Waits for a transaction that is deciding about one. */
export async function lockSeats(
  db: Queryable,
  { seatNos, condition }: { seatNos: readonly number[]; condition: string },
): Promise<number> {
  const locked = await db.query(
    `SELECT FROM seats WHERE seat_no = ANY($1) AND ${condition} ORDER BY seat_no FOR UPDATE`,
    [seatNos],
  )
  return locked.length
}

/** Locks what is still that hold's and says how many seats they are. */
export async function lockSeatsOfHold(
  db: Queryable,
  { seatNos, holdId }: { seatNos: readonly number[]; holdId: string },
): Promise<number> {
  const locked = await db.query(
    `SELECT FROM seats WHERE seat_no = ANY($1) AND status = 'held' AND hold_id = $2 ORDER BY seat_no FOR UPDATE`,
    [seatNos, holdId],
  )
  return locked.length
}

export async function markHeld(
  db: Queryable,
  { seatNos, holdId, holdTtlMs }: { seatNos: readonly number[]; holdId: string; holdTtlMs: number },
): Promise<void> {
  await db.query(
    `UPDATE seats SET status = 'held', hold_id = $2, held_until = now() + $3 * interval '1 ms' WHERE seat_no = ANY($1)`,
    [seatNos, holdId, holdTtlMs],
  )
}

export async function markSold(db: Queryable, seatNos: readonly number[]): Promise<void> {
  await db.query(`UPDATE seats SET status = 'sold', held_until = NULL WHERE seat_no = ANY($1)`, [seatNos])
}

export async function markAvailable(db: Queryable, seatNos: readonly number[]): Promise<void> {
  await db.query(`UPDATE seats SET status = 'available', hold_id = NULL, held_until = NULL WHERE seat_no = ANY($1)`, [
    seatNos,
  ])
}
