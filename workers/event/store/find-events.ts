import type { Queryable } from '#shared/database/postgres.ts'
import type { EventRow } from '../event-view.ts'
import type { PagePosition } from '../search/page-cursor.ts'
import type { Stretch } from '../search/stretches.ts'
import type { AccessPath } from '../search/ways.ts'
import {
  conditionsOf,
  dateOrder,
  matchConditions,
  onRows,
  positionOf,
  priceBounds,
  priceRange,
  rangeOf,
  roundUp,
  shownPrice,
  stretchConditions,
  termConditions,
  venueCondition,
} from './list-conditions.ts'
import { type Parameter, parameters } from './parameters.ts'
import { summaryOfFound } from './read-events.ts'
import { distanceOf, type VenueConditions, type VenuesInReach, venueConditions } from './venues-in-reach.ts'

/*
 * SQL of the ways that `search/ways.ts` chooses from. Statements are planned once for all values (`planOnce`), so each leaves the
 * planner one good way to go: what it must not look up in an index is hidden from it by `onRows` of `list-conditions.ts`.
 */

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
  /** A `tsquery` of the terms that an event must have, by which the index finds it; null: any event. */
  readonly terms: string | null
  /** As `terms`: what is asked of the rows that those find, without the index. */
  readonly termsOnRows: string | null
  /** Share of all events that have these terms, if words come together by chance; 0 without terms. */
  readonly share: number
  /**
   * As `terms`, the best fit first; events are ordered by the first one that they have, then by `order`. Null: none has it. Empty:
   * there is no such order.
   */
  readonly fits: readonly (string | null)[]
  /** As `terms`: events that have them are left out, because they were found before. */
  readonly without: string | null
  readonly after: PagePosition | undefined
  readonly limit: number
  /** Whether all that is found is to be shown, and so is read along. */
  readonly shown: boolean
}

/** A place in a list. */
export interface Place extends PagePosition {
  /** What lists show of the event there; null where that was not asked for. */
  readonly event: EventRow | null
}

/** What is found in one stretch of a list by date, and by how well it fits. */
export interface Step {
  /** Its place among the fits; 0 where nothing is ranked. */
  readonly fit: number
  /** As in `EventList`. */
  readonly terms: string | null
  readonly termsOnRows: string | null
  readonly without: string | null
  readonly stretch: Stretch
  /** Whether the index of venues finds them together with that of terms. */
  readonly byVenues: boolean
  /** Likewise that of prices: for those too rare to be met on the way. */
  readonly byPrices: boolean
  readonly after: PagePosition | undefined
}

/**
 * One step after the other, as far as the page needs: Postgres appends queries in their order, and runs none behind the one that
 * fills the limit.
 */
export async function findInTurn(db: Queryable, list: EventList, steps: readonly Step[]): Promise<Place[]> {
  const { values, parameter } = parameters()
  const prices = priceRange(list, parameter)
  const common = conditionsOf({ ...list, venues: null, minPriceMinor: undefined, maxPriceMinor: undefined }, parameter)
  const isOfEvents = steps.some(({ stretch }) => stretch.by !== 'venues')
  const joins = isOfEvents ? joinsOf(list, parameter) : ''
  const atVenues = isOfEvents ? venueCondition(list, parameter) : []
  const queries = steps.map((step) => {
    const { by } = step.stretch
    const ofPrices = step.byPrices ? prices : prices.map(onRows)
    const conditions = [...stretchConditions(step, parameter), ...ofPrices, ...common.map(onRows)]
    if (step.after !== undefined) conditions.push(`(${dateOrder}) > (${positionOf(list, step.after, parameter, [])})`)
    const columns = `e.id, e.starts_on, e.starts_at, ${step.fit} AS fit`
    const inOrder = `ORDER BY ${dateOrder} LIMIT ${roundUp(list.limit)}`
    if (by === 'venues') {
      const ids = parameter(list.venues?.inReach.ids)
      const ofVenue = `SELECT * FROM event.events AS e WHERE e.venue_id = place.id AND ${conditions.join(' AND ')}`
      return `(SELECT ${columns} FROM unnest(${ids}::uuid[]) AS place (id), LATERAL (
        ${ofVenue} ORDER BY ${dateOrder} LIMIT ${parameter(list.limit)}) AS e ${inOrder})`
    }
    const ofVenues = step.byVenues ? atVenues : atVenues.map(onRows)
    const from = `FROM event.events AS e ${joins} WHERE ${[...conditions, ...ofVenues].join(' AND ')}`
    if (by === 'walking') return `(SELECT ${columns} ${from} ${inOrder})`
    // As a query of its own: for a few ordered rows the planner would rather walk, having no idea how far.
    return `(WITH hit AS MATERIALIZED (SELECT ${columns} ${from}) SELECT * FROM hit AS e ${inOrder})`
  })
  const text = `SELECT id, starts_on AS "startsOn", starts_at AS "startsAt", 0 AS key, fit FROM (
    ${queries.join('\n UNION ALL ')}) AS step LIMIT ${parameter(list.limit)}`
  return await readPlaces(db, list, { text, values })
}

/** Takes all events by their terms, by their venues, or by both, and sorts them; also by their prices where those are rare. */
export async function collectEvents(
  db: Queryable,
  list: EventList,
  by: AccessPath,
  byPrices = false,
): Promise<Place[]> {
  const { values, parameter } = parameters()
  const fits = list.fits.flatMap((fit, index) =>
    fit === null ? [] : [`WHEN e.search @@ ${parameter(fit)}::tsquery THEN ${index}`],
  )
  const conditions = matchConditions(list, by, parameter)
  if (byPrices) conditions.push(...priceRange(list, parameter))
  const order = `fit, key, starts_on, COALESCE(starts_at, 'infinity'), id`
  const after =
    list.after === undefined ? '' : `WHERE (${order}) > (${positionOf(list, list.after, parameter, ['fit', 'key'])})`
  const text = `WITH hit AS MATERIALIZED (
       SELECT e.id, e.starts_on, e.starts_at, ${keyOf(list.order)} AS key,
         ${fits.length === 0 ? '0' : `CASE ${fits.join(' ')} END`} AS fit
       FROM event.events AS e ${joinsOf(list, parameter)} WHERE ${conditions.join(' AND ')})
     SELECT id, starts_on AS "startsOn", starts_at AS "startsAt", key, fit FROM hit ${after}
     ORDER BY ${order} LIMIT ${parameter(list.limit)}`
  return await readPlaces(db, list, { text, values })
}

interface Walked {
  readonly places: Place[]
  /** Whether the walk came to its end with more events ahead, so that there may be others. */
  readonly cutShort: boolean
}

/** Goes through events in the order of their prices, past `atMost` of them. */
export async function walkByPrice(db: Queryable, list: EventList, atMost: number | null): Promise<Walked> {
  const { values, parameter } = parameters()
  const order = `${shownPrice}, ${dateOrder}`
  const range = [...rangeOf(list, parameter), ...priceBounds(list, parameter)]
  if (list.after !== undefined) range.push(`(${order}) > (${positionOf(list, list.after, parameter, ['key'])})`)
  const ofRows = [...termConditions(list, parameter), ...conditionsOf(list, parameter)].map(onRows)
  const text = `SELECT e.id, e.starts_on AS "startsOn", e.starts_at AS "startsAt", ${shownPrice} AS key, 0 AS fit
     FROM (SELECT * FROM event.events AS e ${range.length === 0 ? '' : `WHERE ${range.join(' AND ')}`}
       ORDER BY ${order} ${atMost === null ? '' : `LIMIT ${roundUp(atMost)}`}) AS e ${joinsOf(list, parameter)}
     WHERE ${ofRows.join(' AND ')} ORDER BY ${order} LIMIT ${roundUp(list.limit)}`
  const places = (await readPlaces(db, list, { text, values })).slice(0, list.limit)
  return { places, cutShort: atMost !== null && places.length < list.limit }
}

/** The first events of each of some venues, in the order of their dates or of the venues' distances. */
export async function findAtVenues(
  db: Queryable,
  list: EventList,
  { ids, distancesKm }: Pick<VenuesInReach, 'ids' | 'distancesKm'>,
): Promise<Place[]> {
  const { values, parameter } = parameters()
  const key = keyOf(list.order)
  const order = `${key}, ${dateOrder}`
  const ofRows = [...termConditions(list, parameter), ...conditionsOf({ ...list, venues: null }, parameter)]
  const conditions = [...rangeOf(list, parameter), ...ofRows.map(onRows)]
  if (list.after !== undefined) conditions.push(`(${order}) > (${positionOf(list, list.after, parameter, ['key'])})`)
  const text = `SELECT e.id, e.starts_on AS "startsOn", e.starts_at AS "startsAt", ${key} AS key, 0 AS fit
     FROM unnest(${parameter(ids)}::uuid[], ${parameter(distancesKm)}::float8[]) AS place (id, distance),
     LATERAL (SELECT * FROM event.events AS e WHERE e.venue_id = place.id AND ${conditions.join(' AND ')}
       ORDER BY ${dateOrder} LIMIT ${parameter(list.limit)}) AS e
     ORDER BY ${order} LIMIT ${parameter(list.limit)}`
  return await readPlaces(db, list, { text, values })
}

interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** Carries out a statement that finds places; in one journey with what is shown there. */
async function readPlaces(db: Queryable, { shown }: EventList, { text, values }: Statement): Promise<Place[]> {
  if (!shown) return (await db.query<PagePosition>(text, values)).map((row) => ({ ...toPosition(row), event: null }))
  const rows = await db.query<PagePosition & EventRow>(
    `WITH found AS MATERIALIZED (${text}) SELECT fit, key, event.* FROM found, LATERAL (${summaryOfFound}) AS event`,
    values,
  )
  // SQL promises no order of what is joined.
  return rows.map((row) => ({ ...toPosition(row), event: row })).sort(compareInList)
}

function compareInList(a: PagePosition, b: PagePosition): number {
  return (
    a.fit - b.fit ||
    a.key - b.key ||
    compare(a.startsOn, b.startsOn) ||
    compare(a.startsAt?.getTime() ?? Number.POSITIVE_INFINITY, b.startsAt?.getTime() ?? Number.POSITIVE_INFINITY) ||
    compare(a.id, b.id)
  )
}

function compare<Value extends string | number>(a: Value, b: Value): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** Of more than this share of all events a sample is sooner found by looking at whatever events come first. */
const frequentShare = 0.08

/** Dates and prices may leave little over, and that at the end. */
function isCommon({ share, venues, start, end, minPriceMinor, maxPriceMinor }: EventList): boolean {
  const isBounded = [start, end, minPriceMinor, maxPriceMinor].some((bound) => bound !== undefined)
  return !isBounded && share * (venues?.inReach.share ?? 1) > frequentShare
}

/** A statement that finds up to `atMost` of the events, in no order. */
export function matchingEvents(list: EventList, atMost: number): Statement {
  const { values, parameter } = parameters()
  const found = matchConditions(list, 'both', parameter)
  const conditions = isCommon(list) ? found.map(onRows) : found
  const text = `SELECT e.type, e.folded_type, e.folded_city, e.venue_id, e.starts_on, e.price_from_minor
    FROM event.events AS e ${joinsOf({ ...list, order: 'date' }, parameter)}
    WHERE ${conditions.join(' AND ')} LIMIT ${atMost}`
  return { text, values }
}

function keyOf(order: ListOrder): string {
  if (order === 'price') return shownPrice
  return order === 'distance' ? 'place.distance' : '0::float8'
}

/** What brings distances, or venues that are too many to be named. */
function joinsOf({ order, venues }: EventList, parameter: Parameter): string {
  if (venues === null) return ''
  if (!venues.inReach.complete) {
    // Event by event: the planner has no idea how many venues are in reach, and would begin with those.
    return `CROSS JOIN LATERAL (SELECT ${distanceOf(venues, parameter)} AS distance FROM event.venues AS v
      WHERE v.id = e.venue_id AND ${venueConditions(venues, parameter)} OFFSET 0) AS place`
  }
  if (order !== 'distance') return ''
  const { ids, distancesKm } = venues.inReach
  return `JOIN unnest(${parameter(ids)}::uuid[], ${parameter(distancesKm)}::float8[]) AS place (id, distance) ON place.id = e.venue_id`
}

function toPosition({ fit, key, startsOn, startsAt, id }: PagePosition): PagePosition {
  return { fit, key: Number(key), startsOn, startsAt, id }
}
