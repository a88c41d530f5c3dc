import type { Queryable } from '#shared/database/postgres.ts'
import { type ListConditions, priceConditions, venueConditions } from './list-conditions.ts'
import { parameters } from './parameters.ts'

/** How many rows each condition admits; absent without that condition. */
export interface Reach {
  /** Share of all venues. */
  readonly venueShare?: number
  /** Events of the performer. */
  readonly performed?: number
  /** Events within the prices; `null`: too many to count. */
  readonly priced?: number | null
}

const maxCounted = 1_000

/** Whether a list has any such condition. */
export function isNarrowed({ venue, performerId, currency }: ListConditions): boolean {
  return (venue ?? performerId ?? currency) !== undefined
}

/** Counts what each condition of a list admits. */
export async function countReach(db: Queryable, list: ListConditions): Promise<Reach> {
  if (!isNarrowed(list)) return {}
  const { venue, performerId, currency } = list
  const { values, parameter } = parameters()
  const counts: string[] = []
  if (venue !== undefined) {
    counts.push(`(SELECT count(*)::float8 FROM event.venues AS v WHERE ${venueConditions(venue, parameter)}) /
      (SELECT GREATEST(reltuples, 1) FROM pg_class WHERE oid = 'event.venues'::regclass) AS "venueShare"`)
  }
  if (performerId !== undefined) {
    counts.push(
      `(SELECT count(*)::int FROM event.event_performers WHERE performer_id = ${parameter(performerId)}) AS performed`,
    )
  }
  if (currency !== undefined) {
    counts.push(`(SELECT NULLIF(count(*)::int, ${maxCounted}) FROM (SELECT FROM event.events AS e
      WHERE ${priceConditions(list, parameter)} LIMIT ${maxCounted}) AS priced) AS priced`)
  }
  const [reach = {}] = await db.query<Reach>(`SELECT ${counts.join(', ')}`, values)
  return reach
}
