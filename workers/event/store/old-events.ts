import type { Database } from '#shared/database/postgres.ts'

/* SQL that deletes old events. */

export const oldestEvent = 'SELECT starts_on::timestamptz AS at FROM event.events ORDER BY starts_on LIMIT 1'

/** Locks at most `limit` events that began more than `days` ago. */
export async function lockOldEvents(db: Database, { days, limit }: { days: number; limit: number }): Promise<string[]> {
  const old = await db.query<{ id: string }>(
    `SELECT id FROM event.events WHERE starts_on < current_date - $1::int
     ORDER BY starts_on, COALESCE(starts_at, 'infinity'), id LIMIT $2 FOR UPDATE SKIP LOCKED`,
    [days, limit],
  )
  return old.map(({ id }) => id)
}

/** Deletes locked events with all of their rows. Returns the number of deleted rows by table. */
export async function deleteEvents(db: Database, ids: readonly string[]): Promise<Record<string, number>> {
  if (ids.length === 0) return {}
  // An event and its layout reference each other.
  await db.query('UPDATE event.events SET layout_version = NULL WHERE id = ANY($1::uuid[])', [ids])
  const rows: Record<string, number> = {}
  for (const [table, key] of [
    ['layouts', 'event_id'],
    ['price_tiers', 'event_id'],
    ['event_performers', 'event_id'],
    ['draw_pages', 'event_id'],
    ['draws', 'event_id'],
    ['waiting_rooms', 'event_id'],
    ['events', 'id'],
  ]) {
    const deleted = await db.query(`DELETE FROM event.${table} WHERE ${key} = ANY($1::uuid[]) RETURNING ${key}`, [ids])
    rows[`event.${table}`] = deleted.length
  }
  return rows
}
