import type { Database } from '#shared/database/postgres.ts'

/**
 * The first event after `after` whose sale must still be sent to the booking worker, locked until the transaction ends; `undefined` if
 * there is none.
 */
export async function lockChangedSale(db: Database, after: string): Promise<string | undefined> {
  const [next] = await db.query<{ event_id: string }>(
    'SELECT event_id FROM event.sales_to_tell WHERE event_id > $1 ORDER BY event_id LIMIT 1 FOR UPDATE SKIP LOCKED',
    [after],
  )
  return next?.event_id
}

/** Records that the booking worker has answered. */
export async function forgetChangedSale(db: Database, eventId: string): Promise<void> {
  await db.query('DELETE FROM event.sales_to_tell WHERE event_id = $1', [eventId])
}
