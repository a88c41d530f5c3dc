import type { Queryable } from '#shared/postgres.ts'
import { boxesAround, type Circle, earthRadiusKm } from '../search/geography.ts'
import { type Parameter, parameters } from './parameters.ts'

/** What is asked of venues. */
export interface VenueConditions {
  readonly country?: string | undefined
  readonly circle?: Circle | undefined
}

export interface VenuesInReach {
  /** The nearest first. */
  readonly ids: readonly string[]
  /** Of each, in km; 0 without a circle. */
  readonly distancesKm: readonly number[]
  /** Whether these are all. */
  readonly complete: boolean
  /** Share of all venues. */
  readonly share: number
}

/** So many are named one by one; of more, each event has to be asked for its venue. */
const maxVenues = 1_000

/** The venues that fulfil the conditions; those nearer than `from` are left out. */
export async function findVenues(db: Queryable, conditions: VenueConditions, from = 0): Promise<VenuesInReach> {
  const { values, parameter } = parameters()
  const { circle } = conditions
  const bounds = [`distance >= ${parameter(from)}`, ...(circle ? [`distance <= ${parameter(circle.radiusKm)}`] : [])]
  // OFFSET 0 keeps the planner from calculating each distance several times.
  const found = await db.query<{ id: string; distance: number; venues: number }>(
    `SELECT id, distance, (SELECT GREATEST(reltuples, 0)::int FROM pg_class WHERE oid = 'event.venues'::regclass) AS venues
     FROM (SELECT id, ${distanceOf(conditions, parameter)} AS distance FROM event.venues AS v
       WHERE ${boundsOf(conditions, parameter).join(' AND ')} OFFSET 0) AS near
     WHERE ${bounds.join(' AND ')} ORDER BY distance, id LIMIT ${maxVenues + 1}`,
    values,
  )
  const complete = found.length <= maxVenues
  const venues = found.slice(0, maxVenues)
  return {
    ids: venues.map(({ id }) => id),
    distancesKm: venues.map(({ distance }) => distance),
    complete,
    share: venues.length / Math.max(1, venues.length, found[0]?.venues ?? 0),
  }
}

/** Conditions on a venue `v` as SQL. */
export function venueConditions(conditions: VenueConditions, parameter: Parameter): string {
  const { circle } = conditions
  const bounds = boundsOf(conditions, parameter)
  if (circle !== undefined) bounds.push(`${distanceOf(conditions, parameter)} <= ${parameter(circle.radiusKm)}::float8`)
  return bounds.join(' AND ')
}

/** What indexes can find; of a circle the boxes around it. */
function boundsOf({ country, circle }: VenueConditions, parameter: Parameter): string[] {
  const bounds: string[] = []
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

/** Kilometres from the middle of the circle to a venue `v`, along a great circle of a sphere; 0 without a circle. */
function distanceOf({ circle }: VenueConditions, parameter: Parameter): string {
  if (circle === undefined) return '0::float8'
  const latitude = `${parameter(circle.latitude)}::float8`
  const longitude = `${parameter(circle.longitude)}::float8`
  return `${2 * earthRadiusKm} * asin(sqrt(LEAST(1, power(sin(radians(v.latitude - ${latitude}) / 2), 2) +
    cos(radians(${latitude})) * cos(radians(v.latitude)) * power(sin(radians(v.longitude - ${longitude}) / 2), 2))))`
}
