import type { Queryable } from '#shared/database/postgres.ts'
import type { EventRow } from '../event-view.ts'

/** Stores the lowest prices that a list has just read, so that search filters and sorts by the shown price. Skips locked events. */
export async function notePricesFrom(
  db: Queryable,
  events: readonly Pick<EventRow, 'id' | 'priceFromMinor'>[],
): Promise<void> {
  await db.query(
    `WITH free AS (
       SELECT e.id, now.price FROM event.events AS e JOIN unnest($1::uuid[], $2::bigint[]) AS now (id, price) USING (id)
       ORDER BY e.id FOR NO KEY UPDATE OF e SKIP LOCKED)
     UPDATE event.events AS e SET price_from_minor = free.price FROM free WHERE e.id = free.id`,
    [events.map(({ id }) => id), events.map(({ priceFromMinor }) => priceFromMinor)],
  )
}
