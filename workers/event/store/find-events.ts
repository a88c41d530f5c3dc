import type { Queryable } from '#shared/postgres.ts'
import type { PagePosition } from '../search/page-cursor.ts'
import { type Parameter, parameters } from './parameters.ts'
import { distanceOf, type VenueConditions, type VenuesInReach, venueConditions } from './venues-in-reach.ts'

/* SQL of the ways that `search/ways.ts` chooses from. Each answers places in the list; what is shown is read afterwards. */

export type ListOrder = 'date' | 'price' | 'distance'

/** What every event found has, whatever the way. */
export interface ListConditions {
  /** From today at the venue on. */
  readonly upcoming: boolean
  /** Only events that take place as announced; else all but drafts. */
  readonly takingPlace: boolean
  readonly start?: string | undefined
  readonly end?: string | undefined
  readonly minPriceMinor?: number | undefined
  readonly maxPriceMinor?: number | undefined
  /** Present where anything is asked of venues. */
  readonly venues: (VenueConditions & { readonly inReach: VenuesInReach }) | null
}

/** One ordered list, and where in it to begin. */
export interface EventList extends ListConditions {
  readonly order: ListOrder
  /** A `tsquery` of the terms that an event must have; null: any event. */
  readonly terms: string | null
  /**
   * As `terms`, the best fit first; events are ordered by the first one that they have, then by `order`. Null: none has it. Empty:
   * there is no such order.
   */
  readonly fits: readonly (string | null)[]
  /** As `terms`: events that have them are left out, because they were found before. */
  readonly without: string | null
  readonly after: PagePosition | undefined
  readonly limit: number
}

export interface Found {
  readonly positions: PagePosition[]
  /** Whether the way came to its end with more events ahead, so that there may be others, or others first. */
  readonly cutShort: boolean
}

/**
 * Takes events by their terms, or else by whatever index fits, and sorts them; those of the list's first `days` only, unless that
 * is null.
 */
export async function collectEvents(db: Queryable, list: EventList, days: number | null): Promise<Found> {
  const { values, parameter } = parameters()
  const fits = list.fits.flatMap((fit, index) =>
    fit === null ? [] : [`WHEN e.search @@ ${parameter(fit)}::tsquery THEN ${index}`],
  )
  const conditions = [...termConditions(list, parameter), ...conditionsOf(list, parameter)]
  if (list.after !== undefined && list.order === 'date' && fits.length === 0) {
    conditions.push(`e.starts_on >= ${parameter(list.after.startsOn)}`)
  }
  if (days !== null) {
    const from = parameter(list.after?.startsOn ?? list.start ?? null)
    conditions.push(`e.starts_on <= COALESCE(${from}::date, ${today}) + ${parameter(days)}::int`)
  }
  const order = `fit, key, starts_on, COALESCE(starts_at, 'infinity'), id`
  const after =
    list.after === undefined ? '' : `WHERE (${order}) > (${positionOf(list, list.after, parameter, ['fit', 'key'])})`
  // As a query of its own: for a few ordered rows the planner would rather walk, having no idea how far.
  const rows = await db.query<PagePosition>(
    `WITH hit AS MATERIALIZED (
       SELECT e.id, e.starts_on, e.starts_at, ${keyOf(list.order)} AS key,
         ${fits.length === 0 ? '0' : `CASE ${fits.join(' ')} END`} AS fit
       FROM event.events AS e ${joinsOf(list, parameter)} WHERE ${conditions.join(' AND ')})
     SELECT id, starts_on AS "startsOn", starts_at AS "startsAt", key, fit FROM hit ${after}
     ORDER BY ${order} LIMIT ${parameter(list.limit)}`,
    values,
  )
  return { positions: rows.map(toPosition), cutShort: days !== null && rows.length < list.limit }
}

/** Goes through events in the order of the list, which is by date or price, past `atMost` of them. */
export async function walkEvents(db: Queryable, list: EventList, atMost: number | null): Promise<Found> {
  const { values, parameter } = parameters()
  const isByPrice = list.order === 'price'
  const order = [...(isByPrice ? [shownPrice] : []), 'e.starts_on', `COALESCE(e.starts_at, 'infinity')`, 'e.id'].join(
    ', ',
  )
  const range = [...rangeOf(list, parameter), ...(isByPrice ? priceRange(list, parameter) : [])]
  if (list.after !== undefined)
    range.push(`(${order}) > (${positionOf(list, list.after, parameter, isByPrice ? ['key'] : [])})`)
  const rows = await db.query<PagePosition>(
    `SELECT e.id, e.starts_on AS "startsOn", e.starts_at AS "startsAt", ${keyOf(list.order)} AS key, 0 AS fit
     FROM (SELECT * FROM event.events AS e ${range.length === 0 ? '' : `WHERE ${range.join(' AND ')}`}
       ORDER BY ${order} ${atMost === null ? '' : `LIMIT ${parameter(atMost)}`}) AS e ${joinsOf(list, parameter)}
     WHERE ${[...termConditions(list, parameter), ...conditionsOf(list, parameter)].join(' AND ')}
     ORDER BY ${order} LIMIT ${parameter(list.limit)}`,
    values,
  )
  return { positions: rows.map(toPosition), cutShort: atMost !== null && rows.length < list.limit }
}

/** The first events of each of some venues, in the order of their dates or of the venues' distances. */
export async function findAtVenues(
  db: Queryable,
  list: EventList,
  { ids, distancesKm }: Pick<VenuesInReach, 'ids' | 'distancesKm'>,
): Promise<Found> {
  const { values, parameter } = parameters()
  const key = keyOf(list.order)
  const order = [`${key}`, 'e.starts_on', `COALESCE(e.starts_at, 'infinity')`, 'e.id'].join(', ')
  const conditions = [...termConditions(list, parameter), ...conditionsOf({ ...list, venues: null }, parameter)]
  if (list.after !== undefined) conditions.push(`(${order}) > (${positionOf(list, list.after, parameter, ['key'])})`)
  const rows = await db.query<PagePosition>(
    `SELECT e.id, e.starts_on AS "startsOn", e.starts_at AS "startsAt", ${key} AS key, 0 AS fit
     FROM unnest(${parameter(ids)}::uuid[], ${parameter(distancesKm)}::float8[]) AS place (id, distance),
     LATERAL (SELECT * FROM event.events AS e WHERE e.venue_id = place.id AND ${conditions.join(' AND ')}
       ORDER BY e.starts_on, COALESCE(e.starts_at, 'infinity'), e.id LIMIT ${parameter(list.limit)}) AS e
     ORDER BY ${order} LIMIT ${parameter(list.limit)}`,
    values,
  )
  return { positions: rows.map(toPosition), cutShort: false }
}

/** A statement that finds up to `atMost` of the events, in no order. */
export function matchingEvents(list: EventList, atMost: number): { text: string; values: unknown[] } {
  const { values, parameter } = parameters()
  const conditions = [...termConditions(list, parameter), ...conditionsOf(list, parameter)]
  const text = `SELECT e.type, e.folded_type, e.folded_city, e.venue_id, e.starts_on, e.price_from_minor
    FROM event.events AS e ${joinsOf({ ...list, order: 'date' }, parameter)}
    WHERE ${conditions.join(' AND ')} LIMIT ${parameter(atMost)}`
  return { text, values }
}

/** Whether any event has the terms. */
export async function isAnyFound(db: Queryable, list: EventList): Promise<boolean> {
  const { positions } = await collectEvents(db, { ...list, limit: 1 }, null)
  return positions.length > 0
}

const highestPrice = 1_000_000_000_000
/** An event without a price comes last. */
const shownPrice = `COALESCE(e.price_from_minor, 9007199254740991)`

function keyOf(order: ListOrder): string {
  if (order === 'price') return shownPrice
  return order === 'distance' ? 'place.distance' : '0::float8'
}

/** What brings distances, or venues that are too many to be named. */
function joinsOf({ order, venues }: EventList, parameter: Parameter): string {
  if (venues === null) return ''
  if (!venues.inReach.complete) {
    const join = `JOIN event.venues AS v ON v.id = e.venue_id AND ${venueConditions(venues, parameter)}`
    if (order !== 'distance') return join
    return `${join} CROSS JOIN LATERAL (SELECT ${distanceOf(venues, parameter)} AS distance) AS place`
  }
  if (order !== 'distance') return ''
  const { ids, distancesKm } = venues.inReach
  return `JOIN unnest(${parameter(ids)}::uuid[], ${parameter(distancesKm)}::float8[]) AS place (id, distance) ON place.id = e.venue_id`
}

function termConditions({ terms, without }: EventList, parameter: Parameter): string[] {
  const conditions: string[] = []
  if (terms !== null) conditions.push(`e.search @@ ${parameter(terms)}::tsquery`)
  // As a condition on rows, which are few: the index would read all entries of these terms once more. The planner does not see
  // through the CASE.
  if (without !== null) conditions.push(`CASE WHEN e.search @@ ${parameter(without)}::tsquery THEN false ELSE true END`)
  return conditions
}

function conditionsOf(list: ListConditions, parameter: Parameter): string[] {
  const { takingPlace, venues } = list
  const conditions = [takingPlace ? `e.status IN ('published', 'rescheduled')` : `e.status <> 'draft'`]
  conditions.push(...rangeOf(list, parameter))
  conditions.push(...priceRange(list, parameter))
  if (venues?.inReach.complete) conditions.push(`e.venue_id = ANY(${parameter(venues.inReach.ids)}::uuid[])`)
  return conditions
}

function priceRange({ minPriceMinor, maxPriceMinor }: ListConditions, parameter: Parameter): string[] {
  if (minPriceMinor === undefined && maxPriceMinor === undefined) return []
  return [`${shownPrice} BETWEEN ${parameter(minPriceMinor ?? 0)} AND ${parameter(maxPriceMinor ?? highestPrice)}`]
}

/** The earliest date that is today anywhere on Earth. */
const today = `(now() AT TIME ZONE 'UTC' - interval '12 hours')::date`

function rangeOf({ upcoming, start, end }: ListConditions, parameter: Parameter): string[] {
  const range: string[] = []
  // The first is a bound for the index.
  if (upcoming) range.push(`e.starts_on >= ${today}`, `e.starts_on >= (now() AT TIME ZONE COALESCE(e.tz, 'UTC'))::date`)
  if (start !== undefined) range.push(`e.starts_on >= ${parameter(start)}`)
  if (end !== undefined) range.push(`e.starts_on <= ${parameter(end)}`)
  return range
}

function positionOf(
  { order }: EventList,
  { fit, key, startsOn, startsAt, id }: PagePosition,
  parameter: Parameter,
  leading: readonly ('fit' | 'key')[],
): string {
  return [
    ...(leading.includes('fit') ? [`${parameter(fit)}::int`] : []),
    ...(leading.includes('key') ? [`${parameter(key)}::${order === 'price' ? 'bigint' : 'float8'}`] : []),
    `${parameter(startsOn)}::date`,
    `COALESCE(${parameter(startsAt)}::timestamptz, 'infinity')`,
    `${parameter(id)}::uuid`,
  ].join(', ')
}

function toPosition({ fit, key, startsOn, startsAt, id }: PagePosition): PagePosition {
  return { fit, key: Number(key), startsOn, startsAt, id }
}
