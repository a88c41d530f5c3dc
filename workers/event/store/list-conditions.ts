import { addDays, coverDays, earliestToday, laterDate } from '../search/day-cover.ts'
import type { PagePosition } from '../search/page-cursor.ts'
import type { AccessPath } from '../search/ways.ts'
import type { EventList, ListConditions, Step } from './find-events.ts'
import type { Parameter } from './parameters.ts'

/* What lists ask of an event `e`, as SQL, such that the index that is meant finds it and no other is tried. */

/** The order of every list within what comes before dates. */
export const dateOrder = `e.starts_on, COALESCE(e.starts_at, 'infinity'), e.id`
const firstId = '00000000-0000-0000-0000-000000000000'
const highestPrice = 1_000_000_000_000
/** An event without a price comes last. */
export const shownPrice = `COALESCE(e.price_from_minor, 9007199254740991)`

/** All that is asked of an event, such that it is found by the index of terms, that of venues, or both. */
export function matchConditions(list: EventList, by: AccessPath, parameter: Parameter): string[] {
  const { terms, upcoming, start, end } = list
  const range = rangeOf(list, parameter)
  const others = conditionsOf({ ...list, venues: null }, parameter)
  const ofTerms = termConditions(list, parameter)
  const ofVenues = venueCondition(list, parameter)
  if (terms === null) return [...ofVenues, ...range, ...others]
  const rest = [...range, ...others].map(onRows)
  if (by === 'venues') return [...ofVenues, ...ofTerms.map(onRows), ...rest]
  const from = upcoming ? laterDate(earliestToday(), start) : (start ?? null)
  const days = dayConditions(from, end === undefined ? null : addDays(end, 1), parameter)
  return [...ofTerms, ...days, ...(by === 'both' ? ofVenues : ofVenues.map(onRows)), ...rest]
}

type Terms = Pick<EventList, 'terms' | 'termsOnRows' | 'without'>

/** What has the terms, and not those that were found before. */
export function termConditions({ terms, termsOnRows, without }: Terms, parameter: Parameter): string[] {
  const conditions: string[] = []
  if (terms !== null) conditions.push(`e.search @@ ${parameter(terms)}::tsquery`)
  if (termsOnRows !== null) conditions.push(onRows(`e.search @@ ${parameter(termsOnRows)}::tsquery`))
  // As a condition on rows, which are few: the index would read all entries of these terms once more.
  if (without !== null) conditions.push(onRows(`NOT e.search @@ ${parameter(without)}::tsquery`))
  return conditions
}

/** What has the terms within a stretch: by the index of terms, which knows days, or as a condition on the rows that are met. */
export function stretchConditions({ stretch, terms, termsOnRows, without }: Step, parameter: Parameter): string[] {
  const { by, from, until } = stretch
  const dates = [
    ...(from === null ? [] : [`e.starts_on >= ${parameter(from)}::date`]),
    // In the order of the list, whose index is then the obvious one.
    ...(until === null ? [] : [`(${dateOrder}) < (${parameter(until)}::date, '-infinity', '${firstId}')`]),
  ]
  if (by !== 'collecting') {
    const ofRows = terms === null ? [] : [onRows(`e.search @@ ${parameter(terms)}::tsquery`)]
    return [...dates, ...ofRows, ...termConditions({ terms: null, termsOnRows, without }, parameter)]
  }
  const conditions = termConditions({ terms, termsOnRows, without }, parameter)
  if (terms === null) return [...conditions, ...(until === null ? dates.map(onRows) : dates)]
  return [...conditions, ...dayConditions(from, until, parameter), ...dates.map(onRows)]
}

/** The dates from `from` on and before `until`, for the index of terms. */
function dayConditions(from: string | null, until: string | null, parameter: Parameter): string[] {
  const days = from === null || until === null ? null : coverDays(from, until)
  return days === null ? [] : [`event.days_of(e.starts_on) && ${parameter(days)}::int[]`]
}

/**
 * As part of the statement instead of a value, so that the planner, who plans it once for all values, knows how far it goes; a power
 * of two, so that the statements stay few.
 */
export function roundUp(limit: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(limit, 32)))
}

/** A condition that the planner finds no index for. */
export function onRows(condition: string): string {
  return `CASE WHEN ${condition} THEN true ELSE false END`
}

/** What is asked beside terms and dates; of venues only where they are few enough to be named. */
export function conditionsOf(list: ListConditions, parameter: Parameter): string[] {
  const { takingPlace, venues } = list
  const conditions = [takingPlace ? `e.status IN ('published', 'rescheduled')` : `e.status <> 'draft'`]
  if (list.upcoming) conditions.push(upcomingCondition(parameter))
  conditions.push(...priceRange(list, parameter))
  conditions.push(...venueCondition({ venues }, parameter))
  return conditions
}

/** None where nothing is asked of venues, or too many are in reach to be named. */
export function venueCondition({ venues }: Pick<ListConditions, 'venues'>, parameter: Parameter): string[] {
  return venues?.inReach.complete ? [`e.venue_id = ANY(${parameter(venues.inReach.ids)}::uuid[])`] : []
}

/** What the prices leave over; none where they are not bounded. */
export function priceRange({ minPriceMinor, maxPriceMinor }: ListConditions, parameter: Parameter): string[] {
  if (minPriceMinor === undefined && maxPriceMinor === undefined) return []
  return [`${shownPrice} BETWEEN ${parameter(minPriceMinor ?? 0)} AND ${parameter(maxPriceMinor ?? highestPrice)}`]
}

/** The same in the order of a list by price, whose index is then the obvious one. */
export function priceBounds({ minPriceMinor, maxPriceMinor }: ListConditions, parameter: Parameter): string[] {
  if (minPriceMinor === undefined && maxPriceMinor === undefined) return []
  const order = `${shownPrice}, ${dateOrder}`
  const [min, max] = [parameter(minPriceMinor ?? 0), parameter(maxPriceMinor ?? highestPrice)]
  return [
    `(${order}) >= (${min}::bigint, '-infinity', '-infinity', '${firstId}')`,
    `(${order}) < (${max}::bigint + 1, '-infinity', '-infinity', '${firstId}')`,
  ]
}

/** The dates of the list, from today everywhere on Earth where it is of what is ahead. */
export function rangeOf({ upcoming, start, end }: ListConditions, parameter: Parameter): string[] {
  const range: string[] = []
  if (upcoming) range.push(`e.starts_on >= ${parameter(earliestToday())}::date`)
  if (start !== undefined) range.push(`e.starts_on >= ${parameter(start)}`)
  if (end !== undefined) range.push(`e.starts_on <= ${parameter(end)}`)
  return range
}

/** By the clock of the database and the zone of the venue; what is ahead everywhere on Earth is not asked for its zone. */
function upcomingCondition(parameter: Parameter): string {
  const surely = parameter(addDays(earliestToday(), 3))
  return `(e.starts_on >= ${surely}::date OR e.starts_on >= (now() AT TIME ZONE COALESCE(e.tz, 'UTC'))::date)`
}

/** The values of a place in the list, as what is to be compared with its order. */
export function positionOf(
  { order }: Pick<EventList, 'order'>,
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
