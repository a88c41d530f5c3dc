import type { Database } from '#shared/database/postgres.ts'

/** Whether a moment, in RFC 3339, is over at this moment, not at the begin of the transaction. */
export async function isPast(db: Database, instant: string): Promise<boolean> {
  const [clock] = await db.query<{ past: boolean }>('SELECT clock_timestamp() > $1::timestamptz AS past', [instant])
  return clock?.past === true
}
