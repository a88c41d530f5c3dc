import type { Queryable } from '#shared/database/postgres.ts'
import type { PagePosition } from '../search/page-cursor.ts'
import {
  conditionsOf,
  distanceOf,
  type EventConditions,
  type Indexed,
  shownPrice,
  venueConditions,
} from './list-conditions.ts'
import { type Parameter, parameters } from './parameters.ts'

/*
 * Two ways to a page of events: collect all that match and sort them, or walk in the order of the list until the page is full.
 * Postgres plans these statements once for all values (`planOnce`), so each leaves it one way to go: a CASE hides from it what is
 * not to be looked up in an index, LIMIT and MATERIALIZED keep it from turning one way into the other.
 */

export type ListOrder = 'date' | 'price' | 'distance'

/** One ordered list, and where in it to begin. */
export interface EventList extends EventConditions {
  /** Within a relevance tier. `price` needs a currency, `distance` a circle. */
  readonly order: ListOrder
  readonly after: PagePosition | undefined
  readonly limit: number
}

export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

const position = `id, starts_on AS "startsOn", starts_at AS "startsAt", key, tier`
const dateOrder = `starts_on, COALESCE(starts_at, 'infinity'), id`
const dateOrderOfEvent = `e.starts_on, COALESCE(e.starts_at, 'infinity'), e.id`

export function collectEvents(
  list: EventList,
  by: readonly Indexed[],
  tiers: readonly (string | null)[],
  lastTier = tiers.length - 1,
): Statement {
  const { values, parameter } = parameters()
  const ranked = tiers.flatMap((tier, index) =>
    tier === null ? [] : [`WHEN e.search @@ ${parameter(tier)}::tsquery THEN ${index}`],
  )
  const key = keyOf(list, parameter)
  const { found, asked } = conditionsOf(list, by, parameter)
  const after =
    list.after === undefined ? '' : `WHERE (tier, key, ${dateOrder}) > (${afterOf(list, ['tier', 'key'], parameter)})`
  const text = `WITH hit AS MATERIALIZED (
      SELECT e.id, e.starts_on, e.starts_at, ${key} AS key, ${ranked.length === 0 ? lastTier : `CASE ${ranked.join(' ')} END`} AS tier
      FROM event.events AS e ${list.order === 'distance' ? 'JOIN event.venues AS v ON v.id = e.venue_id' : ''}
      WHERE ${[...found, hidden(asked)].join(' AND ')})
    SELECT ${position} FROM hit ${after} ORDER BY tier, key, ${dateOrder} LIMIT ${parameter(list.limit)}`
  return { text, values }
}

export function walkEvents(list: EventList, { tier, events }: { tier: number; events: number }): Statement {
  const { values, parameter } = parameters()
  const [by, order, columns] =
    list.order === 'price'
      ? (['price', `${shownPrice}, ${dateOrderOfEvent}`, ['key']] as const)
      : (['dates', dateOrderOfEvent, []] as const)
  const { found, asked } = conditionsOf(list, [by], parameter)
  if (list.after !== undefined) found.push(`(${order}) > (${afterOf(list, columns, parameter)})`)
  const text = `SELECT e.id, e.starts_on AS "startsOn", e.starts_at AS "startsAt", ${keyOf(list, parameter)} AS key, ${tier} AS tier
    FROM (SELECT * FROM event.events AS e ${found.length === 0 ? '' : `WHERE ${found.join(' AND ')}`}
      ORDER BY ${order} LIMIT ${roundUp(events)}) AS e
    WHERE ${hidden(asked)} ORDER BY ${order} LIMIT ${parameter(list.limit)}`
  return { text, values }
}

/** So many of the nearest venues are asked for their events. */
const nearestVenues = 1_000

export function walkVenues(list: EventList, tier: number): Statement {
  const { values, parameter } = parameters()
  const { found: ofVenue, asked } = conditionsOf({ ...list, venue: undefined }, ['dates'], parameter)
  const distance = keyOf(list, parameter)
  const key = parameter(list.after?.key ?? 0)
  if (list.after !== undefined) {
    ofVenue.push(`(place.key, ${dateOrderOfEvent}) > (${afterOf(list, ['key'], parameter)})`)
  }
  const text = `SELECT e.id, e.starts_on AS "startsOn", e.starts_at AS "startsAt", place.key, ${tier} AS tier
    FROM (SELECT id, key FROM (SELECT v.id, ${distance} AS key FROM event.venues AS v
          WHERE ${venueConditions(list.venue ?? {}, parameter)} OFFSET 0) AS v
        WHERE key >= ${key}::float8 ORDER BY key FETCH FIRST ${nearestVenues} ROWS WITH TIES) AS place,
      LATERAL (SELECT * FROM event.events AS e
        WHERE ${['e.venue_id = place.id', ...ofVenue, hidden(asked)].join(' AND ')}
        ORDER BY ${dateOrderOfEvent} LIMIT ${parameter(list.limit)}) AS e
    ORDER BY place.key, ${dateOrderOfEvent} LIMIT ${parameter(list.limit)}`
  return { text, values }
}

/** Carries out one of the statements above. */
export async function findPositions(db: Queryable, { text, values }: Statement): Promise<PagePosition[]> {
  const rows = await db.query<PagePosition>(text, values)
  return rows.map((row) => ({ ...row, key: Number(row.key) }))
}

/** Conditions that no index is tried for. */
function hidden(conditions: readonly string[]): string {
  return `CASE WHEN ${conditions.join(' AND ')} THEN true ELSE false END`
}

/** What orders a tier before dates do. */
function keyOf({ order, venue }: EventList, parameter: Parameter): string {
  if (order === 'date') return '0'
  if (order === 'price') return shownPrice
  if (venue?.circle === undefined) throw new Error('a list by distance has no circle')
  return distanceOf(venue.circle, parameter)
}

/** The values of the position behind which the page begins, in the order of the list. */
function afterOf({ order, after }: EventList, leading: readonly ('tier' | 'key')[], parameter: Parameter): string {
  if (after === undefined) throw new Error('the page begins with the list')
  return [
    ...(leading.includes('tier') ? [`${parameter(after.tier)}::int`] : []),
    ...(leading.includes('key') ? [`${parameter(after.key)}::${order === 'distance' ? 'float8' : 'bigint'}`] : []),
    `${parameter(after.startsOn)}::date`,
    `COALESCE(${parameter(after.startsAt)}::timestamptz, 'infinity')`,
    `${parameter(after.id)}::uuid`,
  ].join(', ')
}

/**
 * As part of the statement instead of a value, so that the planner, who plans it once for all values, knows how far it goes; a
 * power of two, so that the statements stay few.
 */
function roundUp(events: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(events, 32)))
}
