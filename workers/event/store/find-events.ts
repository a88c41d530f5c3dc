import type { Database } from '#shared/postgres.ts'
import type { EventRow } from '../event-view.ts'
import { fold } from '../fold.ts'
import type { PagePosition } from '../page-cursor.ts'
import { wordQuery } from '../word-query.ts'
import { summaryColumns } from './read-events.ts'

export interface EventCriteria {
  /** From today at the venue on. */
  readonly upcoming: boolean
  /** Only events that take place as announced; else all but drafts. */
  readonly takingPlace: boolean
  readonly keyword?: string | undefined
  readonly performer?: string | undefined
  readonly venue?: string | undefined
  readonly city?: string | undefined
  readonly type?: string | undefined
  readonly country?: string | undefined
  readonly start?: string | undefined
  readonly end?: string | undefined
  readonly minPriceMinor?: number | undefined
  readonly maxPriceMinor?: number | undefined
  /** Begin after this place. */
  readonly after?: PagePosition | undefined
  readonly limit: number
}

export type FoundEvent = EventRow & PagePosition

/** Adds a value to those of the query and answers the `$n` that stands for it. */
type Parameter = (value: unknown) => string

/**
 * Events in the order of rank (when there is a keyword), date, time (unknown last) and id. Words match as prefixes and
 * without accents; city and type match as a whole; a text without words matches nothing.
 */
export async function findEvents(db: Database, criteria: EventCriteria): Promise<FoundEvent[]> {
  const values: unknown[] = []
  const parameter: Parameter = (value) => `$${values.push(value)}`
  const rank = rankOf(criteria, parameter)
  const order = [...(rank === null ? [] : [`-${rank}`]), 'e.starts_on', `COALESCE(e.starts_at, 'infinity')`, 'e.id']
  const conditions = [...matching(criteria, parameter), ...withinDates(criteria, parameter)]
  if (criteria.after !== undefined) {
    conditions.push(`(${order.join(', ')}) > (${placeOf(criteria.after, rank !== null, parameter).join(', ')})`)
  }
  return db.query<FoundEvent>(
    `SELECT ${summaryColumns}, ${rank ?? '0'} AS rank
     FROM event.events e LEFT JOIN event.venues v ON v.id = e.venue_id
     WHERE ${conditions.join(' AND ')}
     ORDER BY ${order.join(', ')}
     LIMIT ${parameter(criteria.limit)}`,
    values,
  )
}

/** As float8, whose text in a cursor is exact. */
function rankOf({ keyword }: EventCriteria, parameter: Parameter): string | null {
  if (keyword === undefined) return null
  return `ts_rank(e.search, ${words(keyword, 'anywhere', parameter)})::float8`
}

function matching(criteria: EventCriteria, parameter: Parameter): string[] {
  const { keyword, performer, venue, city, type, country, minPriceMinor, maxPriceMinor } = criteria
  const conditions: string[] = []
  if (keyword !== undefined) conditions.push(`e.search @@ ${words(keyword, 'anywhere', parameter)}`)
  // The index tells fields apart by weight only, and an event's name weighs as much as a performer's: hence both lines.
  if (performer !== undefined) {
    conditions.push(`e.search @@ ${words(performer, 'performer', parameter)}`)
    conditions.push(`to_tsvector('simple', e.folded_performers) @@ ${words(performer, 'anywhere', parameter)}`)
  }
  if (venue !== undefined) {
    conditions.push(`e.search @@ ${words(venue, 'venue', parameter)}`)
    conditions.push(`to_tsvector('simple', e.folded_venue) @@ ${words(venue, 'anywhere', parameter)}`)
  }
  if (city !== undefined) conditions.push(`e.folded_city = ${parameter(fold(city) || null)}`)
  if (type !== undefined) conditions.push(`e.folded_type = ${parameter(fold(type) || null)}`)
  if (country !== undefined) conditions.push(`v.country = ${parameter(country)}`)
  if (minPriceMinor !== undefined) conditions.push(`e.price_from_minor >= ${parameter(minPriceMinor)}`)
  if (maxPriceMinor !== undefined) conditions.push(`e.price_from_minor <= ${parameter(maxPriceMinor)}`)
  return conditions
}

function withinDates({ takingPlace, upcoming, start, end }: EventCriteria, parameter: Parameter): string[] {
  const conditions = [takingPlace ? `e.status IN ('published', 'rescheduled')` : `e.status <> 'draft'`]
  if (upcoming) {
    // The first is a bound for the index: nowhere on Earth is the date more than a day behind Greenwich.
    conditions.push(`e.starts_on >= (now() AT TIME ZONE 'UTC')::date - 1`)
    conditions.push(`e.starts_on >= (now() AT TIME ZONE COALESCE(e.tz, 'UTC'))::date`)
  }
  if (start !== undefined) conditions.push(`e.starts_on >= ${parameter(start)}`)
  if (end !== undefined) conditions.push(`e.starts_on <= ${parameter(end)}`)
  return conditions
}

function placeOf({ rank, startsOn, startsAt, id }: PagePosition, ranked: boolean, parameter: Parameter): string[] {
  return [
    ...(ranked ? [`-${parameter(rank)}::float8`] : []),
    `${parameter(startsOn)}::date`,
    `COALESCE(${parameter(startsAt)}::timestamptz, 'infinity')`,
    `${parameter(id)}::uuid`,
  ]
}

function words(text: string, field: 'anywhere' | 'performer' | 'venue', parameter: Parameter): string {
  return `to_tsquery('simple', ${parameter(wordQuery(text, field))})`
}
