import { type Layout, type SectionOutline, seatCount } from '#shared/contracts/layout.ts'
import type { Database } from '#shared/database/postgres.ts'
import { lowestPrice, tiersOf } from '../price-tiers.ts'
import { type Seating, seatingHash } from '../seating.ts'
import { sectionOutlines } from '../section-outlines.ts'

export interface SeatingVersion extends Seating {
  readonly version: number
}

const presentLayout = `event.events e JOIN event.layouts l ON l.event_id = e.id AND l.version = e.layout_version
  WHERE e.id = $1`

/** The current seating of an event; `undefined` if it has none. */
export async function readSeating(db: Database, eventId: string): Promise<SeatingVersion | undefined> {
  const [seating] = await db.query<SeatingVersion>(
    `SELECT l.version, l.layout, l.category_prices_minor AS "categoryPricesMinor", l.price_steps AS "priceSteps",
       (SELECT COALESCE(json_agg(area->'price_minor'), '[]') FROM json_array_elements(l.areas) AS area) AS "areaPricesMinor",
       l.currency FROM ${presentLayout}`,
    [eventId],
  )
  return seating
}

/** The layout of a version, with outlines unless it is too old; undefined if there is none. */
export async function readLayout(
  db: Database,
  eventId: string,
  version: number,
): Promise<{ layout: Layout; outlines: SectionOutline[] | null } | undefined> {
  const [found] = await db.query<{ layout: Layout; outlines: SectionOutline[] | null }>(
    'SELECT layout, outlines FROM event.layouts WHERE event_id = $1 AND version = $2',
    [eventId, version],
  )
  return found
}

/** Version and digest of the current seating, without the layout. */
export async function readSeatingHash(
  db: Database,
  eventId: string,
): Promise<{ version: number; hash: string } | undefined> {
  const [seating] = await db.query<{ version: number; hash: string }>(
    `SELECT l.version, l.content_hash AS hash FROM ${presentLayout}`,
    [eventId],
  )
  return seating
}

/** Adds a seating and makes it the current one. Updates seat count, price tiers and currency of the event. */
export async function addSeating(
  db: Database,
  eventId: string,
  { version, ...seating }: SeatingVersion,
): Promise<void> {
  const { layout, categoryPricesMinor, priceSteps, areaPricesMinor, currency } = seating
  const areas = layout.areas.map(({ name, capacity }, index) => ({
    name,
    capacity,
    price_minor: areaPricesMinor[index] ?? 0,
  }))
  await db.query(
    `INSERT INTO event.layouts (event_id, version, content_hash, layout, areas, category_prices_minor, price_steps,
       currency, outlines)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      eventId,
      version,
      seatingHash(seating),
      JSON.stringify(layout),
      JSON.stringify(areas),
      JSON.stringify(categoryPricesMinor),
      JSON.stringify(priceSteps),
      currency,
      JSON.stringify(sectionOutlines(layout)),
    ],
  )
  const tiers = tiersOf(seating)
  await db.query(
    `UPDATE event.events SET layout_version = $2, seat_count = $3, standing_count = $4, price_from_minor = $5, currency = $6,
       version = version + 1
     WHERE id = $1`,
    [
      eventId,
      version,
      seatCount(layout),
      areas.reduce((sum, { capacity }) => sum + capacity, 0),
      lowestPrice([...tiers, ...areas]) ?? null,
      currency,
    ],
  )
  await db.query('DELETE FROM event.price_tiers WHERE event_id = $1', [eventId])
  await db.query(
    `INSERT INTO event.price_tiers (event_id, position, name, price_minor, max_price_minor, currency, price_steps)
     SELECT $1, r.position, r.name, r.price_minor, r.max_price_minor, r.currency, r.price_steps
     FROM json_to_recordset($2) AS r(position int, name text, price_minor bigint, max_price_minor bigint, currency text,
       price_steps json)`,
    [eventId, JSON.stringify(tiers.map((tier, position) => ({ ...tier, position })))],
  )
}
