import type { Queryable } from '#shared/database/postgres.ts'
import type { EventRow } from '../event-view.ts'

/**
 * Notes what events cost from now on, as lists have just learned it, so that they are filtered, sorted and counted by the price that
 * they show. An event that somebody is changing is left for the next list: no reader waits for a lock.
 */
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
