import type { Queryable } from '#shared/database/postgres.ts'
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
/** Of those behind them, which are only looked through when a page is not full before. */
const maxVenuesBehind = 50_000

export interface VenueRange {
  /** Venues nearer than that are left out, in km. */
  readonly from?: number
  /** Venues not farther than that are left out, in km. */
  readonly beyond?: number
}

/** The nearest venues that fulfil the conditions; all of one distance, or none of them. */
export async function findVenues(
  db: Queryable,
  conditions: VenueConditions,
  { from = 0, beyond }: VenueRange,
): Promise<VenuesInReach> {
  const { values, parameter } = parameters()
  const { circle } = conditions
  const bounds = [beyond === undefined ? `distance >= ${parameter(from)}` : `distance > ${parameter(beyond)}`]
  if (circle !== undefined) bounds.push(`distance <= ${parameter(circle.radiusKm)}`)
  const most = beyond === undefined ? maxVenues : maxVenuesBehind
  // OFFSET 0 keeps the planner from calculating each distance several times.
  const found = await db.query<{ id: string; distance: number; venues: number }>(
    `SELECT id, distance, (SELECT GREATEST(reltuples, 0)::int FROM pg_class WHERE oid = 'event.venues'::regclass) AS venues
     FROM (SELECT id, ${distanceOf(conditions, parameter)} AS distance FROM event.venues AS v
       WHERE ${boundsOf(conditions, parameter).join(' AND ')} OFFSET 0) AS near
     WHERE ${bounds.join(' AND ')} ORDER BY distance FETCH FIRST ${most} ROWS WITH TIES`,
    values,
  )
  return {
    ids: found.map(({ id }) => id),
    distancesKm: found.map(({ distance }) => distance),
    complete: found.length < most,
    share: found.length / Math.max(1, found.length, found[0]?.venues ?? 0),
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
export function distanceOf({ circle }: VenueConditions, parameter: Parameter): string {
  if (circle === undefined) return '0::float8'
  const latitude = `${parameter(circle.latitude)}::float8`
  const longitude = `${parameter(circle.longitude)}::float8`
  return `${2 * earthRadiusKm} * asin(sqrt(LEAST(1, power(sin(radians(v.latitude - ${latitude}) / 2), 2) +
    cos(radians(${latitude})) * cos(radians(v.latitude)) * power(sin(radians(v.longitude - ${longitude}) / 2), 2))))`
}
