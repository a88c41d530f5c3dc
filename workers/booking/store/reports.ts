import type { PriceStep } from '#shared/contracts/places.ts'
import { endsSoonMs } from '#shared/contracts/reports.ts'
import type { Database } from '#shared/database/postgres.ts'
import { doubleEntries } from '../check-in/store.ts'
import { areaCounts, stateShown } from './seat-views.ts'

/* SQL that counts sold places, for organisers. */

interface PlaceCounts {
  readonly sold: number
  readonly held: number
  readonly free: number
  readonly blocked: number
  readonly endingSoon: number
  readonly revenueMinor: number
  /** Price before the first price step. */
  readonly ownPriceMinor: number
}

export interface TierCounts extends PlaceCounts {
  readonly name: string
  readonly steps: readonly PriceStep[]
}

export interface AreaCounts extends PlaceCounts {
  readonly name: string
}

/** The figures of an event's sale, all from one snapshot. */
export interface SalesSnapshot {
  readonly asOf: Date
  readonly currency: string
  readonly refundedMinor: number
  readonly refundDueMinor: number
  /** Used tickets. */
  readonly admitted: number
  /** Tickets with a double entry. */
  readonly letInTwice: number
  readonly tiers: readonly TierCounts[]
  readonly areas: readonly AreaCounts[]
  /** Null before the sale opened, unless something was already sold. */
  readonly overTime: {
    readonly from: string
    readonly to: string
    readonly bucketS: number
    readonly buckets: number
    /** By bucket of time: how many more places were sold at its end than at its beginning. */
    readonly changes: readonly { readonly bucket: number; readonly places: number }[]
  } | null
}

const maxBuckets = 60

/** Lengths of a bucket, in seconds, that suit an axis; longer ones are whole days. */
const bucketLengths = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400]

const endsSoon = `now() + interval '${endsSoonMs} ms'`

/** Seats by tier. A sold seat has one live item, at the price it was sold for. */
const tiersOfEvent = `
  SELECT counted.*, coalesce(tier.name, '') AS name, coalesce(tier.steps, '[]') AS steps
  FROM (
      SELECT tier_no, min(price_minor) AS "ownPriceMinor", count(*) FILTER (WHERE shown = 'sold') AS sold,
        count(*) FILTER (WHERE shown = 'held') AS held, count(*) FILTER (WHERE shown = 'available') AS free,
        count(*) FILTER (WHERE shown = 'blocked') AS blocked,
        count(*) FILTER (WHERE shown = 'held' AND held_until <= ${endsSoon}) AS "endingSoon",
        coalesce(sum(earned_minor), 0) AS "revenueMinor"
      FROM (
        SELECT tier_no, seat.price_minor, held_until, item.price_minor AS earned_minor, ${stateShown} AS shown
        FROM booking.event_seats AS seat LEFT JOIN booking.booking_items AS item
          ON item.event_id = $1 AND item.live AND item.seat_no = seat.seat_no
        WHERE seat.event_id = $1) AS seat
      GROUP BY tier_no) AS counted
    LEFT JOIN booking.price_tiers AS tier ON tier.event_id = $1 AND tier.tier_no = counted.tier_no`

const areasOfEvent = `
  SELECT area_no, area.name, area.price_minor AS "ownPriceMinor", area.sold, area.held, area.available AS free,
    area.capacity - area.sold - area.held - area.available AS blocked,
    (SELECT coalesce(sum(qty), 0) FROM booking.hold_items AS item WHERE item.event_id = $1
      AND item.area_no = area.area_no AND held_until > now() AND held_until <= ${endsSoon}) AS "endingSoon",
    coalesce(earned.minor, 0) AS "revenueMinor"
  FROM (${areaCounts('area.event_id = $1')}) AS area LEFT JOIN (
      SELECT area_no, sum(price_minor) AS minor FROM booking.booking_items
      WHERE event_id = $1 AND live AND area_no IS NOT NULL GROUP BY area_no) AS earned USING (area_no)`

/** The entries of the sale log, `log`, by bucket. */
const overTime = `
  SELECT starts AS "from", ends AS "to", bucket_s AS "bucketS", buckets, coalesce((
      SELECT json_agg(json_build_object('bucket', bucket, 'places', places)) FROM (
        SELECT least(buckets - 1, floor(extract(epoch FROM at - starts) / bucket_s)::int) AS bucket,
          sum(CASE what WHEN 'sold' THEN places ELSE -places END) AS places
        FROM log GROUP BY 1) AS changed), '[]') AS changes
  FROM (SELECT least(on_sale_at, first_at) AS starts,
      least(now(), greatest(coalesce(off_sale_at, 'infinity'), last_at)) AS ends
    FROM selling, (SELECT min(at) AS first_at, max(at) AS last_at FROM log) AS logged) AS span,
  LATERAL (SELECT extract(epoch FROM ends - starts) AS seconds) AS length,
  LATERAL (SELECT coalesce(
      (SELECT min(s) FROM unnest(ARRAY[${bucketLengths}]) AS s WHERE s * ${maxBuckets} >= seconds),
      (86400 * ceil(seconds / ${86_400 * maxBuckets}))::int) AS bucket_s) AS width,
  LATERAL (SELECT greatest(1, ceil(seconds / bucket_s))::int AS buckets) AS count
  WHERE starts <= ends`

/**
 * Reads every place of the event and its sale log, each once. The log is materialised, because for its earliest time the planner would
 * scan the logs of all events by time. Undefined if the event never had stock.
 */
export async function snapshotSales(db: Database, eventId: string): Promise<SalesSnapshot | undefined> {
  const [snapshot] = await db.query<SalesSnapshot>(
    `WITH selling AS (SELECT currency, on_sale_at, off_sale_at FROM booking.sales WHERE event_id = $1),
     log AS MATERIALIZED (SELECT at, what, places FROM booking.sale_log WHERE event_id = $1)
     SELECT now() AS "asOf", selling.currency, refunds.done AS "refundedMinor", refunds.due AS "refundDueMinor",
       (SELECT count(*)::int FROM booking.tickets WHERE event_id = $1 AND status = 'used') AS admitted,
       (SELECT count(DISTINCT scan.ticket_id)::int FROM ${doubleEntries}) AS "letInTwice",
       (SELECT coalesce(json_agg(tier ORDER BY tier_no), '[]') FROM (${tiersOfEvent}) AS tier) AS tiers,
       (SELECT coalesce(json_agg(area ORDER BY area_no), '[]') FROM (${areasOfEvent}) AS area) AS areas,
       (SELECT row_to_json(over_time) FROM (${overTime}) AS over_time) AS "overTime"
     FROM selling, (
       SELECT coalesce(sum(amount_minor) FILTER (WHERE refunded_at IS NOT NULL), 0)::bigint AS done,
         coalesce(sum(amount_minor) FILTER (WHERE refunded_at IS NULL), 0)::bigint AS due
       FROM booking.cancellations WHERE event_id = $1) AS refunds`,
    [eventId],
  )
  return snapshot
}

export interface SoldCount {
  readonly eventId: string
  readonly places: number
  readonly sold: number
}

/** Sold places of events with stock. Reads the event's rows, and an index entry for each sold place. */
export function countSold(db: Database, eventIds: readonly string[]): Promise<SoldCount[]> {
  return db.query<SoldCount>(
    `SELECT event_id AS "eventId", (seats.count + in_areas.count)::int AS places, sold.count AS sold
     FROM booking.sales AS sale,
     LATERAL (SELECT coalesce(sum(seat_count), 0) AS count FROM booking.event_rows AS place
       WHERE place.event_id = sale.event_id) AS seats,
     LATERAL (SELECT coalesce(sum(capacity), 0) AS count FROM booking.areas AS area
       WHERE area.event_id = sale.event_id) AS in_areas,
     LATERAL (SELECT count(*)::int FROM booking.booking_items AS item
       WHERE item.event_id = sale.event_id AND live) AS sold
     WHERE event_id = ANY($1)`,
    [eventIds],
  )
}
