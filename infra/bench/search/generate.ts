import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import type { Progress } from '../../progress-bar.ts'
import { withDatabase } from '../../with-database.ts'

/** Rows that go in at once: often enough to show how far it is, and few enough statements to cost nothing. */
const chunk = 20_000

/** The indexes of events that are cheaper to build at the end than to keep up with each row. */
const lateIndexes = ['events_by_terms', 'events_by_date', 'events_by_venue', 'events_by_price']

/**
 * Fills the empty schema of the event worker with made-up events of the coming twenty-two and the last two months: written
 * directly, since importing a million by message would take an hour. The same number gives the same catalogue.
 */
export async function generateCatalogue(databaseUrl: string, events: number, progress: Progress): Promise<void> {
  await withDatabase(databaseUrl, async (client) => {
    await client.query('SET synchronous_commit = off; SET maintenance_work_mem = 512000; SET work_mem = 128000')
    // Foreign keys hold by the way the rows are made; checking each takes as long as making it.
    await client.query('SET session_replication_role = replica')
    const tables = 'event.events, event.venues, event.performers, event.event_performers, event.words'
    await client.query(`TRUNCATE ${tables} CASCADE`)
    await client.query('DROP SCHEMA IF EXISTS made CASCADE')
    await client.query(await readFile(join(import.meta.dirname, 'catalogue.sql'), 'utf8'))
    const venues = Math.max(100, events / 50)
    const cities = Math.max(20, events / 500)
    const performers = Math.max(100, events / 20)
    await client.query(venuesSql, [venues, cities])
    await client.query(performersSql, [performers])
    await client.query('ANALYZE made.venues, made.performers, made.titles, made.descriptions')
    const dropped = await dropIndexes(client)
    for (let first = 0; first < events; first += chunk) {
      progress.show(first, events)
      const last = Math.min(first + chunk, events) - 1
      await client.query(eventsSql, [first, last, venues, performers])
      await client.query(lineUpsSql, [first, last, performers])
    }
    for (const definition of dropped) await client.query(definition)
    await client.query(wordsSql)
    await client.query('DROP SCHEMA made CASCADE')
    await client.query(`VACUUM ANALYZE ${tables}`)
    // Else what was made up would be written to disk while it is searched.
    await client.query('CHECKPOINT')
  }).finally(() => progress.clear())
}

/** Drops them, and answers what makes them again. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ definition: string }>(
    `SELECT indexdef AS definition FROM pg_indexes WHERE schemaname = 'event' AND indexname = ANY($1)`,
    [lateIndexes],
  )
  for (const name of lateIndexes) await client.query(`DROP INDEX event.${name}`)
  return rows.map(({ definition }) => definition)
}

/** Cities lie anywhere that is inhabited, their venues within some 20 km of the middle. */
const venuesSql = `
  WITH made AS (
    SELECT number, made.id('venue', number) AS id, made.rank(number, 20, $2, 5) AS city,
      initcap(made.word(made.rank(number, 21, 40000, 100))) || ' ' ||
        ('{Arena,Hall,Theatre,Club,Stadium,Park,Opera,Centre}'::text[])[1 + number % 8] AS name
    FROM generate_series(0, $1::int - 1) AS number
  ), placed AS (INSERT INTO made.venues SELECT number, id, name, made.city_name(city) FROM made)
  INSERT INTO event.venues (id, source, source_id, name, city, country, latitude, longitude)
  SELECT id, 'made', number, name, made.city_name(city),
    ('{US,GB,DE,FR,ES,PL,AU,JP,BR,CA}'::text[])[1 + made.rank(city, 22, 10, 2)],
    -40 + 100 * made.chance(city, 23) + 0.3 * made.chance(number, 24),
    -180 + 359 * made.chance(city, 25) + 0.3 * made.chance(number, 26)
  FROM made`

const performersSql = `
  WITH made AS (
    SELECT number, made.id('performer', number) AS id, made.performer_name(number) AS name
    FROM generate_series(0, $1::int - 1) AS number
  ), listed AS (INSERT INTO made.performers SELECT number, id, name FROM made)
  INSERT INTO event.performers (id, source, source_id, name) SELECT id, 'made', number, name FROM made`

/** Every third event has a second performer. There are more of them soon than late. */
const eventsSql = `
  INSERT INTO event.events (id, source, source_id, name, type, description, status, venue_id, starts_on, starts_at, tz,
    max_tickets_per_user, price_from_minor, currency,
    folded_name, folded_performers, folded_venue, folded_city, folded_type, folded_description)
  SELECT made.id('event', item), 'made', item, title, type, description,
    CASE WHEN made.chance(item, 1) < 0.97 THEN 'published' ELSE 'cancelled' END, venue.id, day,
    CASE WHEN made.chance(item, 2) < 0.98 THEN (day + interval '1 hour' * (14 + item % 9)) AT TIME ZONE tz END,
    tz, 8, CASE WHEN made.chance(item, 3) < 0.8 THEN 500 + (exp(made.chance(item, 4) * 4) * 4)::int * 100 END, 'EUR',
    lower(replace(title, ':', '')), lower(concat_ws(E'\\n', headliner.name, support.name)), lower(venue.name),
    lower(venue.city), lower(type), lower(description)
  FROM generate_series($1::int, $2::int) AS item
  JOIN made.venues AS venue ON venue.number = made.rank(item, 30, $3::int, 20)
  JOIN made.performers AS headliner ON headliner.number = made.rank(item, 31, $4::int, 20)
  LEFT JOIN made.performers AS support ON item % 3 = 0 AND support.number = made.rank(item, 32, $4::int, 20)
  JOIN made.titles ON titles.number = (made.chance(item, 33) * 50000)::int % 50000
  JOIN made.descriptions ON descriptions.number = (made.chance(item, 34) * 30000)::int % 30000,
  LATERAL (SELECT
    CASE WHEN made.chance(item, 35) < 0.7 THEN headliner.name ELSE alone END || subtitle AS title,
    ('{Music,Music,Music,Sports,Sports,Theatre,Comedy,Family,Film,Talk}'::text[])[1 + item % 10] AS type,
    ('{Europe/Berlin,America/New_York,America/Los_Angeles,Europe/London,Asia/Tokyo}'::text[])[1 + venue.number % 5] AS tz,
    current_date - 60 + (made.chance(item, 39) * made.chance(item, 40) * 730)::int AS day) AS chosen`

const lineUpsSql = `
  INSERT INTO event.event_performers (event_id, position, performer_id)
  SELECT made.id('event', item), 0, made.id('performer', made.rank(item, 31, $3::int, 20))
  FROM generate_series($1::int, $2::int) AS item
  UNION ALL
  SELECT made.id('event', item), 1, made.id('performer', made.rank(item, 32, $3::int, 20))
  FROM generate_series($1::int, $2::int) AS item WHERE item % 3 = 0`

/** As the migration that made the table fills it. */
const wordsSql = `
  INSERT INTO event.words (word, field, events)
  SELECT event.word_of(word), left(word, 1), ndoc FROM ts_stat('SELECT search FROM event.events') WHERE word !~ '^(N|.\\+)'`
