import type { Database } from '#shared/database/postgres.ts'

/** Whether a moment, in RFC 3339, is over at this moment, not at the begin of the transaction. */
export async function isPast(db: Database, instant: string): Promise<boolean> {
  const [clock] = await db.query<{ past: boolean }>('SELECT clock_timestamp() > $1::timestamptz AS past', [instant])
  return clock?.past === true
}

/** Position of all writes of this transaction. */
export async function currentPosition(db: Database): Promise<string> {
  const [current] = await db.query<{ position: string }>('SELECT pg_current_xact_id()::text AS position')
  if (current === undefined) throw new Error('a query without FROM answered no row')
  return current.position
}
