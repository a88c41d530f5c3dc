import type { Database } from '#shared/database/postgres.ts'

/** How many rows of `event_seats` this transaction has read so far. */
export async function seatsRead(db: Database): Promise<number> {
  const [table] = await db.query<{ read: number }>(
    `SELECT coalesce(idx_tup_fetch, 0) + seq_tup_read AS read FROM pg_stat_xact_all_tables
     WHERE relid = 'booking.event_seats'::regclass`,
  )
  return table?.read ?? 0
}
