import type { PriceStep } from '#shared/contracts/places.ts'
import type { Database } from '#shared/database/postgres.ts'
import { shardCapacities } from '../areas/shard-capacities.ts'
import { oneRow } from './one-row.ts'

/* SQL that adds seats and areas to the stock. */

export interface NewSale {
  readonly eventId: string
  readonly layoutVersion: number
  readonly currency: string
  readonly maxTicketsPerUser: number
  readonly holdTtlMs: number
}

/** Latest end of a hold, counted from its start. Holds that last longer cannot be extended. */
const hardCap = `interval '30 minutes'`

/** Inserts the event's sale unless it exists, locks it against other batches of the event, and returns the layout version in stock. */
export async function openStock(db: Database, sale: NewSale): Promise<number> {
  const { eventId, layoutVersion, currency, maxTicketsPerUser, holdTtlMs } = sale
  await db.query(
    `INSERT INTO booking.sales (event_id, version, currency, max_tickets_per_user, hold_ttl, hold_hard_cap)
     SELECT $1, $2, $3, $4, ttl, greatest(ttl, ${hardCap}) FROM (SELECT $5 * interval '1 ms' AS ttl) AS given
     ON CONFLICT DO NOTHING`,
    [eventId, layoutVersion, currency, maxTicketsPerUser, holdTtlMs],
  )
  const [stocked] = await db.query<{ version: number }>(
    'SELECT version FROM booking.sales WHERE event_id = $1 FOR UPDATE',
    [eventId],
  )
  if (stocked === undefined) throw new Error(`the sale of event ${eventId} vanished`)
  return stocked.version
}

/** Adds price tiers that are not in stock. */
export async function addTiers(
  db: Database,
  eventId: string,
  tiers: readonly { name: string; steps: readonly PriceStep[] }[],
): Promise<void> {
  await db.query(
    `INSERT INTO booking.price_tiers (event_id, tier_no, name, steps)
     SELECT $1, tier_no - 1, tier->>'name', tier->'steps' FROM json_array_elements($2) WITH ORDINALITY AS tiers (tier, tier_no)
     ON CONFLICT DO NOTHING`,
    [eventId, JSON.stringify(tiers)],
  )
  if (tiers.some(({ steps }) => steps.length > 0)) {
    await db.query('UPDATE booking.sales SET price_steps = true WHERE event_id = $1', [eventId])
  }
}

export interface NewRow {
  readonly row_no: number
  readonly section: string
  readonly label: string
  readonly first_seat_no: number
  readonly seats: readonly string[]
  readonly prices_minor: readonly number[]
  readonly tier_nos: readonly number[]
  readonly accessible: boolean
}

/** Adds rows and seats that are not in stock. Returns the number of new seats. */
export async function addRows(db: Database, eventId: string, rows: readonly NewRow[]): Promise<number> {
  await db.query(
    `INSERT INTO booking.event_rows (event_id, row_no, section, label, first_seat_no, seat_count)
     SELECT $1, * FROM unnest($2::int[], $3::text[], $4::text[], $5::int[], $6::int[])
     ON CONFLICT DO NOTHING`,
    [
      eventId,
      rows.map((row) => row.row_no),
      rows.map((row) => row.section),
      rows.map((row) => row.label),
      rows.map((row) => row.first_seat_no),
      rows.map((row) => row.seats.length),
    ],
  )
  const added = await oneRow<{ seats: number }>(
    db,
    `WITH added AS (
       INSERT INTO booking.event_seats (event_id, row_no, seat_no, label, price_minor, tier_no, accessible)
       SELECT $1, * FROM unnest($2::int[], $3::int[], $4::text[], $5::bigint[], $6::int[], $7::boolean[])
       ON CONFLICT DO NOTHING RETURNING seat_no)
     SELECT count(*)::int AS seats FROM added`,
    [
      eventId,
      rows.flatMap((row) => row.seats.map(() => row.row_no)),
      rows.flatMap((row) => row.seats.map((_, index) => row.first_seat_no + index)),
      rows.flatMap((row) => row.seats),
      rows.flatMap((row) => row.prices_minor),
      rows.flatMap((row) => row.tier_nos),
      rows.flatMap((row) => row.seats.map(() => row.accessible)),
    ],
  )
  await widenTiers(db, eventId, rows)
  return added.seats
}

/** Widens the range of each tier so that it contains all of its seats. */
async function widenTiers(db: Database, eventId: string, rows: readonly NewRow[]): Promise<void> {
  const spans = new Map<number, { tier_no: number; first: number; last: number }>()
  for (const row of rows) {
    for (const [index, tierNo] of row.tier_nos.entries()) {
      const seatNo = row.first_seat_no + index
      const span = spans.get(tierNo) ?? { tier_no: tierNo, first: seatNo, last: seatNo }
      spans.set(tierNo, { ...span, first: Math.min(span.first, seatNo), last: Math.max(span.last, seatNo) })
    }
  }
  await db.query(
    `UPDATE booking.price_tiers AS tier
     SET first_seat_no = least(first_seat_no, span.first), last_seat_no = greatest(last_seat_no, span.last)
     FROM json_to_recordset($2) AS span (tier_no int, first int, last int)
     WHERE tier.event_id = $1 AND tier.tier_no = span.tier_no`,
    [eventId, JSON.stringify([...spans.values()])],
  )
}

export interface NewArea {
  readonly area_no: number
  readonly name: string
  readonly capacity: number
  readonly price_minor: number
}

/** Adds areas that are not in stock, with their places spread over shards. */
export async function addAreas(db: Database, eventId: string, areas: readonly NewArea[]): Promise<void> {
  if (areas.length === 0) return
  const added = await db.query<{ area_no: number; capacity: number }>(
    `INSERT INTO booking.areas (event_id, area_no, name, capacity, price_minor)
     SELECT $1, area_no, name, capacity, price_minor
     FROM json_to_recordset($2) AS area (area_no int, name text, capacity int, price_minor bigint)
     ON CONFLICT (event_id, area_no) DO NOTHING RETURNING area_no, capacity`,
    [eventId, JSON.stringify(areas)],
  )
  const shards = added.flatMap(({ area_no, capacity }) =>
    shardCapacities(capacity).map((places, shard) => ({ area_no, shard, capacity: places })),
  )
  await db.query(
    `INSERT INTO booking.area_shards (event_id, area_no, shard, capacity)
     SELECT $1, area_no, shard, capacity FROM json_to_recordset($2) AS shard (area_no int, shard int, capacity int)`,
    [eventId, JSON.stringify(shards)],
  )
}
