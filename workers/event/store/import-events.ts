import type { Database } from '#shared/database/postgres.ts'
import { newId } from '#shared/ids.ts'
import { daysLater, importedStart, sameTimeLater } from '../event-start.ts'
import type { ImportedEvent, KnownEvent } from '../import-changes.ts'
import { cheapestTier } from '../price-tiers.ts'
import { foldedTexts } from '../search/folded-texts.ts'
import { cancelUntil, needsPass, offSaleAt } from './read-events.ts'

/*
 * A batch is stored by a few statements, each over one JSON array, whatever its size. All process rows in the order of source ids, so that
 * two importers wait for each other instead of deadlocking.
 */

const defaultMaxTicketsPerUser = 8

/** For an event with seating these columns do not come from the source. */
const saleColumns = ['max_tickets_per_user', 'price_from_minor', 'currency']

const onSaleAtUnlessSeated = unlessSeated('on_sale_at')

/** Stored events of the source, locked until the transaction ends. */
export function lockKnownEvents(db: Database, source: string, sourceIds: readonly string[]): Promise<KnownEvent[]> {
  return db.query<KnownEvent>(
    `SELECT id, source_id AS "sourceId", content_hash AS "contentHash", shift_days AS "shiftDays", status,
       sale_status AS "saleStatus", on_sale_at AS "onSaleAt", ${offSaleAt} AS "offSaleAt",
       ${cancelUntil} AS "cancelUntil", version, layout_version IS NOT NULL AS "hasSeating",
       ${needsPass} AS "needsPass"
     FROM event.events AS e WHERE source = $1 AND source_id = ANY($2) ORDER BY source_id FOR UPDATE`,
    [source, sourceIds],
  )
}

/** Stores events with their venues, performers and prices, and replaces earlier values. */
export async function storeImportedEvents(
  db: Database,
  source: string,
  events: readonly ImportedEvent[],
): Promise<void> {
  if (events.length === 0) return
  await storeVenues(db, source, events)
  await storePerformers(db, source, events)
  await storeEvents(db, source, events)
  await replaceLineUps(db, source, events)
  await replacePrices(db, source, events)
}

async function storeVenues(db: Database, source: string, events: readonly ImportedEvent[]): Promise<void> {
  const venues = new Map(events.flatMap(({ event: { venue } }) => (venue === null ? [] : [[venue.source_id, venue]])))
  await db.query(
    `INSERT INTO event.venues AS v (id, source, source_id, name, city, country, latitude, longitude, address)
     SELECT id, $1, source_id, name, city, country, latitude, longitude, address
     FROM json_to_recordset($2) AS r(id uuid, source_id text, name text, city text, country text,
       latitude double precision, longitude double precision, address text)
     ORDER BY source_id
     ON CONFLICT (source, source_id) DO UPDATE SET name = excluded.name, city = excluded.city,
       country = excluded.country, latitude = excluded.latitude, longitude = excluded.longitude,
       address = excluded.address
     WHERE (v.name, v.city, v.country, v.latitude, v.longitude, v.address) IS DISTINCT FROM
       (excluded.name, excluded.city, excluded.country, excluded.latitude, excluded.longitude, excluded.address)`,
    [source, withIds(venues.values())],
  )
}

async function storePerformers(db: Database, source: string, events: readonly ImportedEvent[]): Promise<void> {
  const performers = new Map(events.flatMap(({ event }) => event.performers.map((each) => [each.source_id, each])))
  await db.query(
    `INSERT INTO event.performers AS p (id, source, source_id, name)
     SELECT id, $1, source_id, name FROM json_to_recordset($2) AS r(id uuid, source_id text, name text)
     ORDER BY source_id
     ON CONFLICT (source, source_id) DO UPDATE SET name = excluded.name WHERE p.name <> excluded.name`,
    [source, withIds(performers.values())],
  )
}

async function storeEvents(db: Database, source: string, events: readonly ImportedEvent[]): Promise<void> {
  await db.query(
    `INSERT INTO event.events AS e (id, source, source_id, content_hash, name, type, description, status, venue_id,
       starts_on, starts_at, doors_at, tz, shift_days, on_sale_at, off_sale_at, max_tickets_per_user, price_from_minor, currency,
       folded_name, folded_performers, folded_venue, folded_city, folded_type, folded_description)
     SELECT r.id, $1, r.source_id, r.content_hash, r.name, r.type, r.description, r.status, v.id,
       r.starts_on, r.starts_at, r.doors_at, r.tz, r.shift_days,
       moved.on_sale_at, CASE WHEN (moved.off_sale_at <= moved.on_sale_at) IS NOT TRUE THEN moved.off_sale_at END,
       r.max_tickets_per_user, r.price_from_minor, r.currency,
       r.folded_name, r.folded_performers, r.folded_venue, r.folded_city, r.folded_type, r.folded_description
     FROM json_to_recordset($2) AS r(id uuid, source_id text, content_hash text, name text, type text,
       description text, status text, venue_source_id text, starts_on date, starts_at timestamptz, doors_at timestamptz, tz text,
       shift_days int, on_sale_at timestamptz, off_sale_at timestamptz, max_tickets_per_user int,
       price_from_minor bigint, currency text, folded_name text, folded_performers text, folded_venue text,
       folded_city text, folded_type text, folded_description text)
     LEFT JOIN event.venues v ON v.source = $1 AND v.source_id = r.venue_source_id,
     LATERAL (SELECT COALESCE(r.tz, 'UTC') AS tz, r.shift_days * interval '1 day' AS shift) AS by,
     -- By the local clock, so that a sale that opened at ten still opens at ten across a change of summer time.
     LATERAL (SELECT COALESCE((r.on_sale_at AT TIME ZONE by.tz + by.shift) AT TIME ZONE by.tz, r.on_sale_at) AS on_sale_at,
       COALESCE((r.off_sale_at AT TIME ZONE by.tz + by.shift) AT TIME ZONE by.tz, r.off_sale_at) AS off_sale_at) AS moved
     ORDER BY r.source_id
     ON CONFLICT (source, source_id) DO UPDATE SET
       version = e.version + 1, content_hash = excluded.content_hash, name = excluded.name, type = excluded.type,
       description = excluded.description, venue_id = excluded.venue_id, starts_on = excluded.starts_on,
       starts_at = excluded.starts_at, doors_at = excluded.doors_at, tz = excluded.tz, shift_days = excluded.shift_days,
       status = CASE WHEN e.status = 'cancelled' THEN e.status ELSE excluded.status END,
       folded_name = excluded.folded_name, folded_performers = excluded.folded_performers,
       folded_venue = excluded.folded_venue, folded_city = excluded.folded_city,
       folded_type = excluded.folded_type, folded_description = excluded.folded_description,
       on_sale_at = ${onSaleAtUnlessSeated},
       -- Only a source sets the end of its events' sales, so that it moves with them.
       off_sale_at = CASE WHEN (excluded.off_sale_at <= ${onSaleAtUnlessSeated}) IS NOT TRUE THEN excluded.off_sale_at END,
       ${saleColumns.map((column) => `${column} = ${unlessSeated(column)}`).join(', ')}`,
    [source, JSON.stringify(events.map(eventRecord))],
  )
}

function unlessSeated(column: string): string {
  return `CASE WHEN e.layout_version IS NULL THEN excluded.${column} ELSE e.${column} END`
}

/** Dates of an event as stored, after its shift. */
function storedDates({ event, shiftDays }: ImportedEvent): {
  starts_on: string
  starts_at: Date | null
  doors_at: Date | null
  tz: string | null
} {
  const tz = event.tz ?? event.venue?.tz ?? null
  const start = importedStart(event)
  const at = 'at' in start ? start.at : null
  const doors = event.doors_at === undefined ? null : new Date(event.doors_at)
  if (shiftDays === null) return { starts_on: event.starts_on, starts_at: at, doors_at: doors, tz }
  const moved = { days: shiftDays, tz: tz ?? 'UTC' }
  return {
    starts_on: daysLater(event.starts_on, shiftDays),
    starts_at: at && sameTimeLater(at, moved),
    doors_at: doors && sameTimeLater(doors, moved),
    tz,
  }
}

function eventRecord(imported: ImportedEvent) {
  const { event, contentHash, shiftDays } = imported
  const { venue, performers, price_tiers, ...own } = event
  const tier = cheapestTier(price_tiers)
  return {
    ...own,
    ...storedDates(imported),
    id: event.id ?? newId(),
    content_hash: contentHash,
    shift_days: shiftDays,
    venue_source_id: venue?.source_id,
    max_tickets_per_user: event.max_tickets_per_user ?? defaultMaxTicketsPerUser,
    price_from_minor: tier?.price_minor,
    currency: tier?.currency,
    ...foldedTexts({
      ...own,
      venue: venue?.name ?? null,
      city: venue?.city ?? null,
      performers: performers.map(({ name }) => name),
    }),
  }
}

/** Performers in the source's order, each once. */
async function replaceLineUps(db: Database, source: string, events: readonly ImportedEvent[]): Promise<void> {
  await db.query(
    `DELETE FROM event.event_performers ep USING event.events e
     WHERE ep.event_id = e.id AND e.source = $1 AND e.source_id = ANY($2)`,
    [source, events.map(({ event }) => event.source_id)],
  )
  const lineUps = events.flatMap(({ event }) =>
    [...new Set(event.performers.map(({ source_id }) => source_id))].map((performer, position) => ({
      event: event.source_id,
      position,
      performer,
    })),
  )
  await db.query(
    `INSERT INTO event.event_performers (event_id, position, performer_id)
     SELECT e.id, r.position, p.id FROM json_to_recordset($2) AS r(event text, position int, performer text)
     JOIN event.events e ON e.source = $1 AND e.source_id = r.event
     JOIN event.performers p ON p.source = $1 AND p.source_id = r.performer`,
    [source, JSON.stringify(lineUps)],
  )
}

async function replacePrices(db: Database, source: string, events: readonly ImportedEvent[]): Promise<void> {
  const priced = events.filter(({ hasSeating }) => !hasSeating)
  await db.query(
    `DELETE FROM event.price_tiers t USING event.events e
     WHERE t.event_id = e.id AND e.source = $1 AND e.source_id = ANY($2)`,
    [source, priced.map(({ event }) => event.source_id)],
  )
  const tiers = priced.flatMap(({ event }) =>
    event.price_tiers.map((tier, position) => ({ ...tier, position, event: event.source_id })),
  )
  await db.query(
    `INSERT INTO event.price_tiers (event_id, position, name, price_minor, max_price_minor, currency)
     SELECT e.id, r.position, r.name, r.price_minor, r.max_price_minor, r.currency
     FROM json_to_recordset($2) AS r(event text, position int, name text, price_minor bigint, max_price_minor bigint,
       currency text)
     JOIN event.events e ON e.source = $1 AND e.source_id = r.event`,
    [source, JSON.stringify(tiers)],
  )
}

function withIds(rows: Iterable<object>): string {
  return JSON.stringify(Array.from(rows, (row) => ({ ...row, id: newId() })))
}
