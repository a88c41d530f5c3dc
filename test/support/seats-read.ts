import type { Database } from '#shared/database/postgres.ts'

/** How many rows of a table this transaction has read so far. */
export async function rowsRead(
  db: Database,
  table: 'event_seats' | 'event_rows' | 'hold_items' | 'area_shards',
): Promise<number> {
  const [found] = await db.query<{ read: number }>(
    `SELECT coalesce(idx_tup_fetch, 0) + seq_tup_read AS read FROM pg_stat_xact_all_tables
     WHERE relid = ('booking.' || $1)::regclass`,
    [table],
  )
  return found?.read ?? 0
}

export const seatsRead = (db: Database): Promise<number> => rowsRead(db, 'event_seats')
