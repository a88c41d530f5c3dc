import type { Database } from '#shared/database/postgres.ts'
import { oneRow } from './one-row.ts'

/** Whether an instant (RFC 3339) has passed now, not just at the start of the transaction. */
export async function isPast(db: Database, instant: string): Promise<boolean> {
  return (await oneRow<{ past: boolean }>(db, 'SELECT clock_timestamp() > $1::timestamptz AS past', [instant])).past
}

/** The position that all writes of this transaction have. */
export async function currentPosition(db: Database): Promise<string> {
  return (await oneRow<{ position: string }>(db, 'SELECT pg_current_xact_id()::text AS position')).position
}
