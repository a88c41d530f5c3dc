import type { Database } from '#shared/database/postgres.ts'

/** The first event behind `after` whose sale booking has yet to hear of, locked until the transaction ends; `undefined` behind the last. */
export async function lockSaleToTell(db: Database, after: string): Promise<string | undefined> {
  const [next] = await db.query<{ event_id: string }>(
    'SELECT event_id FROM event.sales_to_tell WHERE event_id > $1 ORDER BY event_id LIMIT 1 FOR UPDATE SKIP LOCKED',
    [after],
  )
  return next?.event_id
}

/** Booking has heard of it. */
export async function saleIsTold(db: Database, eventId: string): Promise<void> {
  await db.query('DELETE FROM event.sales_to_tell WHERE event_id = $1', [eventId])
}
