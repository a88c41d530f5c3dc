import type { Queryable } from '#shared/database/postgres.ts'

/** Those that an import of events fills. */
const catalogueTables = ['events', 'venues', 'performers', 'event_performers', 'price_tiers', 'words']

/**
 * Has Postgres look again at tables of the catalogue that are more than twice as large as when it last did. Statements are planned once
 * (`planOnce`), and those planned for a nearly empty catalogue read whole tables for each event that is shown: with 10,000 events that
 * costs Postgres 0.9 ms instead of 0.4. By itself it looks once a minute, or never where autovacuum is off. With 1,000,000 events a look
 * at all tables takes a second.
 */
export async function refreshStatistics(db: Queryable): Promise<void> {
  const outgrown = await db.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE oid = ANY(SELECT ('event.' || name)::regclass FROM unnest($1::text[]) AS name)
       AND pg_relation_size(oid) > 2 * relpages * current_setting('block_size')::bigint`,
    [catalogueTables],
  )
  // Another import may do the same at this moment: that is harmless.
  for (const { name } of outgrown) await db.query('SELECT event.refresh_statistics($1)', [name])
}
