import { addDays, earliestToday, weeksBetween } from '../search/dates.ts'
import { boxesAround, type Circle, earthRadiusKm } from '../search/geography.ts'
import { splitTerms, type Term, termQuery } from '../search/terms.ts'
import type { Parameter } from './parameters.ts'

/** Conditions on the venue of an event. */
export interface VenueConditions {
  readonly id?: string | undefined
  readonly country?: string | undefined
  readonly circle?: Circle | undefined
}

/** Conditions on the events of a list, besides terms. */
export interface ListConditions {
  /** Only from today on, at the venue. */
  readonly upcoming: boolean
  /** Only events that take place as announced; default: all except drafts, unless drafts are wanted. */
  readonly takingPlace: boolean
  readonly drafts?: boolean
  readonly start?: string | undefined
  readonly end?: string | undefined
  readonly performerId?: string | undefined
  readonly currency?: string | undefined
  /** Only with a currency. */
  readonly minPriceMinor?: number | undefined
  readonly maxPriceMinor?: number | undefined
  /** Present if there is any condition on venues. */
  readonly venue?: VenueConditions | undefined
}

export interface EventConditions extends ListConditions {
  readonly terms: readonly Term[]
  /** A `tsquery` of events to leave out, because they were already found. */
  readonly without?: string | undefined
}

/** Conditions that an index can serve. */
export type Indexed = 'terms' | 'venue' | 'performer' | 'price' | 'dates'

/** The price for sorting: events without a price come last. */
export const shownPrice = 'COALESCE(e.price_from_minor, 9007199254740991)'
const highestPrice = 1_000_000_000_000

/** Conditions on an event `e`: those served by the named indexes, and all others. */
export function conditionsOf(
  list: EventConditions,
  indexed: readonly Indexed[],
  parameter: Parameter,
): { found: string[]; asked: string[] } {
  const found: string[] = []
  const ofOthers = list.drafts ? 'true' : `e.status <> 'draft'`
  const asked = [list.takingPlace ? `e.status IN ('published', 'rescheduled')` : ofOthers]
  const add = (index: Indexed, condition: string, ofRows = condition): void => {
    if (indexed.includes(index)) found.push(condition)
    else asked.push(ofRows)
  }
  const { from, to } = dateRange(list)
  if (from !== undefined) add('dates', `e.starts_on >= ${parameter(from)}::date`)
  if (to !== undefined) add('dates', `e.starts_on <= ${parameter(to)}::date`)
  // By the database's clock and the venue's time zone. For a date that is ahead everywhere on Earth the zone is not needed.
  if (list.upcoming) {
    const surely = `e.starts_on >= ${parameter(addDays(earliestToday(), 3))}::date`
    asked.push(`(${surely} OR e.starts_on >= (now() AT TIME ZONE COALESCE(e.tz, 'UTC'))::date)`)
  }
  if (list.performerId !== undefined) {
    const events = `SELECT event_id FROM event.event_performers WHERE performer_id = ${parameter(list.performerId)}::uuid`
    add('performer', `e.id = ANY(ARRAY(${events}))`, `e.id IN (${events})`)
  }
  if (list.currency !== undefined) add('price', priceConditions(list, parameter))
  if (list.venue !== undefined) {
    const venues = `SELECT v.id FROM event.venues AS v WHERE ${venueConditions(list.venue, parameter)}`
    add('venue', `e.venue_id = ANY(ARRAY(${venues}))`, `e.venue_id IN (${venues})`)
  }
  // Last, because they are the most expensive to check on a row.
  if (list.terms.length > 0) {
    const { indexed: looked, onRows } = indexed.includes('terms')
      ? splitTerms(list.terms)
      : { indexed: list.terms, onRows: [] }
    add('terms', `e.search @@ ${parameter(termQuery(looked))}::tsquery`)
    if (onRows.length > 0) asked.push(`e.search @@ ${parameter(termQuery(onRows))}::tsquery`)
    const weeks = from === undefined || to === undefined ? null : weeksBetween(from, to)
    if (weeks !== null && indexed.includes('terms'))
      found.push(`event.days_of(e.starts_on) && ${parameter(weeks)}::int[]`)
  }
  if (list.without !== undefined) asked.push(`NOT e.search @@ ${parameter(list.without)}::tsquery`)
  return { found, asked }
}

/** First and last possible date of an event of the list. */
export function dateRange({ upcoming, start, end }: ListConditions): {
  from?: string | undefined
  to?: string | undefined
} {
  const today = earliestToday()
  return { from: upcoming && (start === undefined || start < today) ? today : start, to: end }
}

/** Conditions on the price of an event `e`. */
export function priceConditions(
  { currency, minPriceMinor, maxPriceMinor }: ListConditions,
  parameter: Parameter,
): string {
  const ofCurrency = `e.currency = ${parameter(currency)}`
  if (minPriceMinor === undefined && maxPriceMinor === undefined) return ofCurrency
  const [min, max] = [parameter(minPriceMinor ?? 0), parameter(maxPriceMinor ?? highestPrice)]
  return `${ofCurrency} AND ${shownPrice} BETWEEN ${min}::bigint AND ${max}::bigint`
}

/** Conditions on a venue `v`. */
export function venueConditions(venue: VenueConditions, parameter: Parameter): string {
  const { circle } = venue
  const bounds = venueBounds(venue, parameter)
  if (circle !== undefined) bounds.push(`${distanceOf(circle, parameter)} <= ${parameter(circle.radiusKm)}::float8`)
  return bounds.join(' AND ')
}

/** The conditions on a venue that indexes can serve; for a circle the boxes around it. */
export function venueBounds({ id, country, circle }: VenueConditions, parameter: Parameter): string[] {
  const bounds: string[] = []
  if (id !== undefined) bounds.push(`v.id = ${parameter(id)}::uuid`)
  if (country !== undefined) bounds.push(`v.country = ${parameter(country)}`)
  if (circle !== undefined) {
    const boxes = boxesAround(circle).map(
      ({ south, north, west, east }) =>
        `v.latitude BETWEEN ${parameter(south)}::float8 AND ${parameter(north)}::float8
          AND v.longitude BETWEEN ${parameter(west)}::float8 AND ${parameter(east)}::float8`,
    )
    bounds.push(`(${boxes.join(' OR ')})`)
  }
  return bounds
}

/** Kilometres from the centre of the circle to a venue `v`, along a great circle of a sphere. */
export function distanceOf({ latitude, longitude }: Circle, parameter: Parameter): string {
  const [lat, lng] = [`${parameter(latitude)}::float8`, `${parameter(longitude)}::float8`]
  return `${2 * earthRadiusKm} * asin(sqrt(LEAST(1, power(sin(radians(v.latitude - ${lat}) / 2), 2) +
    cos(radians(${lat})) * cos(radians(v.latitude)) * power(sin(radians(v.longitude - ${lng}) / 2), 2))))`
}
