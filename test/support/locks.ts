import type { Database } from '#shared/database/postgres.ts'
import { until } from './until.ts'

type Asked = Pick<Database, 'query'>

/** How many sessions wait for a lock, in a statement that contains `part`, directly or behind others because of that session. */
async function waitingFor(db: Asked, pid: number, part: string): Promise<number> {
  const waiting = await db.query(
    `WITH RECURSIVE waiting AS (
       SELECT pid, query, pg_blocking_pids(pid) AS blockers FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'
     ), behind (pid, query) AS (
       SELECT pid, query FROM waiting WHERE $1 = ANY(blockers)
       UNION SELECT waiting.pid, waiting.query FROM waiting JOIN behind ON behind.pid = ANY(blockers)
     )
     SELECT FROM behind WHERE query LIKE $2`,
    [pid, `%${part}%`],
  )
  return waiting.length
}

/**
 * Waits until so many sessions wait for a lock because of a transaction, in a statement that contains `part`. `db` is not that transaction:
 * it looks from outside. Locks of other tests in the same database do not count.
 */
export async function untilLocksAreAwaited(db: Asked, locking: Asked, { sessions = 1, part = '' } = {}): Promise<void> {
  const [own] = await locking.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  await until(`${sessions} wait for a lock`, async () => (await waitingFor(db, own?.pid ?? 0, part)) >= sessions)
}

/** Locks seats of an event until the end of the transaction, as somebody who decides about them. */
export const lockSeats = (db: Pick<Database, 'query'>, eventId: string, seatNos: readonly number[]): Promise<unknown> =>
  db.query('SELECT FROM booking.event_seats WHERE event_id = $1 AND seat_no = ANY($2) FOR UPDATE', [eventId, seatNos])
