import type { Database, Queryable } from '#shared/database/postgres.ts'
import type { EventRow, FullEventRow, Sellable } from '../event-view.ts'
import { eventNotFound } from '../refusals.ts'
import { saleGraceHours } from '../sale-state.ts'

/** Until when tickets of an event `e` can be returned: by default 24 hours before it begins, or before its local day begins. */
export const cancelUntil = `COALESCE(e.cancel_until, COALESCE(e.starts_at,
    e.starts_on::timestamp AT TIME ZONE COALESCE(e.tz, 'UTC')) - interval '24 hours')`

/**
 * When an event `e` has certainly begun: at its start, or while its time is unknown at the end of its local day. If its zone is also
 * unknown, at the latest end of that day on Earth.
 */
export const startsBy = `COALESCE(e.starts_at, (e.starts_on + 1)::timestamp AT TIME ZONE COALESCE(e.tz, 'Etc/GMT-14'))`

/**
 * When the sale of an event `e` ends: when the event begins, unless its organiser or source has set another end. An end counts only if an
 * organiser could set it, and if the event has not moved to another day since.
 */
export const offSaleAt = `CASE WHEN e.off_sale_at <= ${startsBy} + interval '${saleGraceHours} hours' THEN e.off_sale_at
    ELSE ${startsBy} END`

/** Whether an event `e` has a waiting room now. */
export const needsPass = `EXISTS (SELECT FROM event.waiting_rooms AS room WHERE room.event_id = e.id AND room.state <> 'off')`

/** The columns of an event `e` and its venue `v` for lists and views. */
const summaryColumns = `
  e.id, e.name, e.type, e.status, e.starts_on AS "startsOn", e.starts_at AS "startsAt", e.tz,
  e.sale_status AS "saleStatus", e.on_sale_at AS "onSaleAt", ${offSaleAt} AS "offSaleAt",
  e.price_from_minor AS "priceFromMinor", e.currency, e.seat_count AS "seatCount",
  e.seat_count + e.standing_count AS "placeCount", ${cancelUntil} AS "cancelUntil",
  CASE WHEN v.id IS NOT NULL THEN jsonb_build_object('id', v.id, 'name', v.name, 'city', v.city, 'country', v.country)
    || jsonb_strip_nulls(jsonb_build_object('address', v.address)) END AS venue,
  (SELECT COALESCE(json_agg(json_build_object('id', p.id, 'name', p.name) ORDER BY ep.position), '[]')
    FROM event.event_performers ep JOIN event.performers p ON p.id = ep.performer_id
    WHERE ep.event_id = e.id) AS performers`

/** An event as lists show it, at one version. */
export interface SummaryRow extends EventRow {
  readonly version: number
}

/** Events as lists show them, in any order. */
export async function readSummaries(db: Queryable, ids: readonly string[]): Promise<SummaryRow[]> {
  if (ids.length === 0) return []
  return db.query<SummaryRow>(
    `SELECT ${summaryColumns}, e.version
     FROM event.events AS e LEFT JOIN event.venues AS v ON v.id = e.venue_id WHERE e.id = ANY($1)`,
    [ids],
  )
}

/** What decides whether events sell places, without drafts and unknown events. */
export function readSales(db: Queryable, eventIds: readonly string[]): Promise<Sellable[]> {
  return db.query<Sellable>(
    `SELECT e.id, e.status, e.sale_status AS "saleStatus", e.on_sale_at AS "onSaleAt", ${offSaleAt} AS "offSaleAt",
       ${cancelUntil} AS "cancelUntil", e.seat_count + e.standing_count AS "placeCount"
     FROM event.events AS e WHERE e.id = ANY($1) AND e.status <> 'draft'`,
    [eventIds],
  )
}

const priceTiers = `(SELECT COALESCE(json_agg(json_strip_nulls(json_build_object('name', t.name, 'price_minor', t.price_minor,
      'max_price_minor', t.max_price_minor, 'currency', t.currency,
      'price_steps', CASE WHEN json_array_length(t.price_steps) > 0 THEN t.price_steps END)) ORDER BY t.position), '[]')
    FROM event.price_tiers t WHERE t.event_id = e.id) AS "priceTiers"`

/** Prices of events' places before any price step. */
export function readPrices(
  db: Queryable,
  eventIds: readonly string[],
): Promise<Pick<FullEventRow, 'id' | 'priceTiers' | 'areas'>[]> {
  return db.query(
    `SELECT e.id, ${priceTiers}, COALESCE(l.areas, '[]') AS areas FROM event.events e
     LEFT JOIN event.layouts l ON l.event_id = e.id AND l.version = e.layout_version WHERE e.id = ANY($1)`,
    [eventIds],
  )
}

/** An event or draft. Throws `event_not_found`. */
export async function readEvent(db: Database, eventId: string): Promise<FullEventRow> {
  const [event] = await db.query<FullEventRow>(
    `SELECT ${summaryColumns}, e.doors_at AS "doorsAt", e.description, e.max_tickets_per_user AS "maxTicketsPerUser",
       ${needsPass} AS "needsPass",
       e.layout_version AS "layoutVersion", e.version, ${startsBy} AS "startsBy", COALESCE(l.areas, '[]') AS areas,
       ${priceTiers}
     FROM event.events e
     LEFT JOIN event.venues v ON v.id = e.venue_id
     LEFT JOIN event.layouts l ON l.event_id = e.id AND l.version = e.layout_version
     WHERE e.id = $1`,
    [eventId],
  )
  if (event === undefined) throw eventNotFound()
  return event
}

/** As `readEvent`, locked until the transaction ends. */
export async function lockEvent(db: Database, eventId: string): Promise<FullEventRow> {
  await db.query('SELECT FROM event.events WHERE id = $1 FOR UPDATE', [eventId])
  return readEvent(db, eventId)
}
