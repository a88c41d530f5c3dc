import type { Queryable } from '#shared/database/postgres.ts'
import type { Circle } from '../search/geography.ts'
import type { FoundEvent, PagePosition } from '../search/page-cursor.ts'
import {
  conditionsOf,
  dateRange,
  distanceOf,
  type EventConditions,
  type Indexed,
  shownPrice,
  venueBounds,
} from './list-conditions.ts'
import { type Parameter, parameters } from './parameters.ts'

/*
 * Two access paths find a page of events: collect all matches and sort them, or scan in the order of the list until the page is full.
 * Postgres plans these statements once for all values (`planOnce`), so each statement leaves it only one path: a CASE hides conditions that
 * no index should serve; LIMIT and MATERIALIZED prevent it from turning one path into the other.
 */

/** `any`: a sample of the list is enough. */
export type ListOrder = 'date' | 'price' | 'distance' | 'any'

/** An ordered list, and the position at which to begin. */
export interface EventList extends EventConditions {
  /** The order within a relevance tier. `price` needs a currency, `distance` a circle. */
  readonly order: ListOrder
  readonly after: PagePosition | undefined
  readonly limit: number
}

export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

const position = `id, version, starts_on AS "startsOn", starts_at AS "startsAt", key, tier`
const dateOrder = `starts_on, COALESCE(starts_at, 'infinity'), id`
const dateOrderOfEvent = `e.starts_on, COALESCE(e.starts_at, 'infinity'), e.id`

export interface Collecting {
  readonly by: readonly Indexed[]
  /** Relevance tiers as `tsquery`, best first; null: no event is in that tier. Empty: all events are in `tier`. */
  readonly tiers: readonly (string | null)[]
  readonly tier: number
}

/**
 * Collects all matches through the most selective index. Example: a word in a country, ranked, after the first page:
 *
 *   WITH hit AS MATERIALIZED (
 *     SELECT e.id, e.version, e.starts_on, e.starts_at, 0 AS key,
 *       CASE WHEN e.search @@ $1::tsquery THEN 0 WHEN e.search @@ $2::tsquery THEN 2 END AS tier
 *     FROM event.events AS e
 *     WHERE e.search @@ $6::tsquery AND CASE WHEN e.status IN ('published', 'rescheduled')
 *       AND e.starts_on >= $3::date
 *       AND (e.starts_on >= $4::date OR e.starts_on >= (now() AT TIME ZONE COALESCE(e.tz, 'UTC'))::date)
 *       AND e.venue_id IN (SELECT v.id FROM event.venues AS v WHERE v.country = $5) THEN true ELSE false END)
 *   SELECT id, version, starts_on AS "startsOn", starts_at AS "startsAt", key, tier FROM hit
 *   WHERE (tier, key, starts_on, COALESCE(starts_at, 'infinity'), id) >
 *     ($7::int, $8::bigint, $9::date, COALESCE($10::timestamptz, 'infinity'), $11::uuid)
 *   ORDER BY tier, key, starts_on, COALESCE(starts_at, 'infinity'), id LIMIT $12;
 */
export function collectEvents(list: EventList, { by, tiers, tier: only }: Collecting): Statement {
  const { values, parameter } = parameters()
  const ranked = tiers.flatMap((tier, index) =>
    tier === null ? [] : [`WHEN e.search @@ ${parameter(tier)}::tsquery THEN ${index}`],
  )
  const key = keyOf(list, parameter)
  const { found, asked } = conditionsOf(list, by, parameter)
  const after =
    list.after === undefined ? '' : `WHERE (tier, key, ${dateOrder}) > (${afterOf(list, ['tier', 'key'], parameter)})`
  const text = `WITH hit AS MATERIALIZED (
      SELECT e.id, e.version, e.starts_on, e.starts_at, ${key} AS key, ${ranked.length === 0 ? only : `CASE ${ranked.join(' ')} END`} AS tier
      FROM event.events AS e ${list.order === 'distance' ? 'JOIN event.venues AS v ON v.id = e.venue_id' : ''}
      WHERE ${[...found, hidden(asked)].join(' AND ')} ${list.order === 'any' ? `LIMIT ${parameter(list.limit)}` : ''})
    SELECT ${position} FROM hit ${after} ORDER BY tier, key, ${dateOrder} LIMIT ${parameter(list.limit)}`
  return { text, values }
}

/**
 * Scans a limited number of events in order of date, or of price and date, and picks the matches; all are in one tier:
 *
 *   SELECT id, version, starts_on AS "startsOn", starts_at AS "startsAt", key, 0 AS tier
 *   FROM (SELECT *, 0 AS key, COALESCE(starts_at, 'infinity') AS time FROM event.events AS e
 *     WHERE e.starts_on >= $1::date
 *     ORDER BY e.starts_on, COALESCE(e.starts_at, 'infinity'), e.id LIMIT 2048) AS e
 *   WHERE CASE WHEN e.status IN ('published', 'rescheduled')
 *     AND (e.starts_on >= $2::date OR e.starts_on >= (now() AT TIME ZONE COALESCE(e.tz, 'UTC'))::date)
 *     AND e.venue_id IN (SELECT v.id FROM event.venues AS v WHERE v.country = $3) AND e.search @@ $4::tsquery
 *     THEN true ELSE false END
 *   ORDER BY starts_on, time, id LIMIT $5;
 */
export function scanEvents(list: EventList, { tier, events }: { tier: number; events: number }): Statement {
  const { values, parameter } = parameters()
  const { where, order, columns, asked } = scanOf(list, parameter)
  // Columns of the inner query, so that Postgres knows the outer one to be in order and stops as soon as the page is full.
  const text = `SELECT id, version, starts_on AS "startsOn", starts_at AS "startsAt", key, ${tier} AS tier
    FROM (SELECT *, ${keyOf(list, parameter)} AS key, COALESCE(starts_at, 'infinity') AS time FROM event.events AS e
      ${where} ORDER BY ${order} LIMIT ${roundUp(events)}) AS e
    WHERE ${hidden(asked)} ORDER BY ${[...columns, 'starts_on', 'time', 'id'].join(', ')} LIMIT ${parameter(list.limit)}`
  return { text, values }
}

/** One row if there are events after the end of such a scan; none if the list ended before it. */
export function eventsBehind(list: EventList, events: number): Statement {
  const { values, parameter } = parameters()
  const { order: by, after, limit, currency, minPriceMinor, maxPriceMinor } = list
  const { from: start, to: end } = dateRange(list)
  const range = by === 'price' ? { currency, minPriceMinor, maxPriceMinor } : { start, end }
  const all = { upcoming: false, takingPlace: false, terms: [], order: by, after, limit }
  const { where, order } = scanOf({ ...all, ...range }, parameter)
  const text = `SELECT e.id FROM event.events AS e ${where} ORDER BY ${order} OFFSET ${roundUp(events)} LIMIT 1`
  return { text, values }
}

function scanOf(list: EventList, parameter: Parameter) {
  const [by, order, columns] =
    list.order === 'price'
      ? (['price', `${shownPrice}, ${dateOrderOfEvent}`, ['key']] as const)
      : (['dates', dateOrderOfEvent, []] as const)
  const { found, asked } = conditionsOf(list, [by], parameter)
  if (list.after !== undefined) found.push(`(${order}) > (${afterOf(list, columns, parameter)})`)
  return { where: found.length === 0 ? '' : `WHERE ${found.join(' AND ')}`, order, columns, asked }
}

/** Number of nearest venues whose events are read. */
const nearestVenues = 1_000

/**
 * The same in order of distance, venue by venue; Postgres reads only as many venues as fill the page:
 *
 *   SELECT e.id, e.version, e.starts_on AS "startsOn", e.starts_at AS "startsAt", place.key, 0 AS tier
 *   FROM (
 *       SELECT id, key FROM (
 *         SELECT v.id, 12742.0176 * asin(sqrt(LEAST(1, power(sin(radians(v.latitude - $3::float8) / 2), 2) +
 *           cos(radians($3::float8)) * cos(radians(v.latitude)) *
 *           power(sin(radians(v.longitude - $4::float8) / 2), 2)))) AS key
 *         FROM event.venues AS v
 *         WHERE (v.latitude BETWEEN $6::float8 AND $7::float8 AND v.longitude BETWEEN $8::float8 AND $9::float8)
 *         OFFSET 0) AS v
 *       WHERE key BETWEEN $5::float8 AND $10::float8 ORDER BY key FETCH FIRST 1000 ROWS WITH TIES) AS place,
 *     LATERAL (
 *       SELECT * FROM event.events AS e
 *       WHERE e.venue_id = place.id AND e.starts_on >= $1::date AND CASE WHEN e.status IN ('published', 'rescheduled')
 *         AND (e.starts_on >= $2::date OR e.starts_on >= (now() AT TIME ZONE COALESCE(e.tz, 'UTC'))::date)
 *         THEN true ELSE false END
 *       ORDER BY e.starts_on, COALESCE(e.starts_at, 'infinity'), e.id LIMIT $11) AS e
 *   ORDER BY place.key, e.starts_on, COALESCE(e.starts_at, 'infinity'), e.id LIMIT $12;
 */
export function scanVenues(list: EventList, tier: number): Statement {
  const { values, parameter } = parameters()
  const { found: ofVenue, asked } = conditionsOf({ ...list, venue: undefined }, ['dates'], parameter)
  const circle = circleOf(list)
  const distance = distanceOf(circle, parameter)
  const nearest = parameter(list.after?.key ?? 0)
  const inReach = venueBounds({ ...list.venue, circle }, parameter).join(' AND ')
  if (list.after !== undefined) {
    ofVenue.push(`(place.key, ${dateOrderOfEvent}) > (${afterOf(list, ['key'], parameter)})`)
  }
  const text = `SELECT e.id, e.version, e.starts_on AS "startsOn", e.starts_at AS "startsAt", place.key, ${tier} AS tier
    FROM (SELECT id, key FROM (SELECT v.id, ${distance} AS key FROM event.venues AS v
          WHERE ${inReach} OFFSET 0) AS v
        WHERE key BETWEEN ${nearest}::float8 AND ${parameter(circle.radiusKm)}::float8
        ORDER BY key FETCH FIRST ${nearestVenues} ROWS WITH TIES) AS place,
      LATERAL (SELECT * FROM event.events AS e
        WHERE ${['e.venue_id = place.id', ...ofVenue, hidden(asked)].join(' AND ')}
        ORDER BY ${dateOrderOfEvent} LIMIT ${parameter(list.limit)}) AS e
    ORDER BY place.key, ${dateOrderOfEvent} LIMIT ${parameter(list.limit)}`
  return { text, values }
}

/** Runs one of the statements above. */
export async function findPositions(db: Queryable, { text, values }: Statement): Promise<FoundEvent[]> {
  const rows = await db.query<FoundEvent>(text, values)
  return rows.map((row) => ({ ...row, key: Number(row.key) }))
}

/** Conditions that no index serves. */
function hidden(conditions: readonly string[]): string {
  return `CASE WHEN ${conditions.join(' AND ')} THEN true ELSE false END`
}

/** The value that orders a tier before the date. */
function keyOf({ order, venue }: EventList, parameter: Parameter): string {
  if (order === 'price') return shownPrice
  if (order !== 'distance') return '0'
  return distanceOf(circleOf({ venue }), parameter)
}

function circleOf({ venue }: Pick<EventList, 'venue'>): Circle {
  if (venue?.circle === undefined) throw new Error('a list by distance needs a circle')
  return venue.circle
}

/** The values of the position after which the page begins, in the list's order. */
function afterOf({ order, after }: EventList, leading: readonly ('tier' | 'key')[], parameter: Parameter): string {
  if (after === undefined) throw new Error('this page has no position before it')
  return [
    ...(leading.includes('tier') ? [`${parameter(after.tier)}::int`] : []),
    ...(leading.includes('key') ? [`${parameter(after.key)}::${order === 'distance' ? 'float8' : 'bigint'}`] : []),
    `${parameter(after.startsOn)}::date`,
    `COALESCE(${parameter(after.startsAt)}::timestamptz, 'infinity')`,
    `${parameter(after.id)}::uuid`,
  ].join(', ')
}

/**
 * Part of the statement and not a value, so that the planner, which plans it once for all values, knows the limit. A power of two, so that
 * there are few statements.
 */
function roundUp(events: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(events, 32)))
}
