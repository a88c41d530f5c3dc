import type { Queryable } from '#shared/postgres.ts'
import { type EventList, findAtVenues, type Place } from '../store/find-events.ts'
import { findVenues } from '../store/venues-in-reach.ts'

/** Venues that are asked at once for the nearest events, and how many times as many each next time. */
const firstVenues = 10
const growth = 4

/** Venue by venue, the nearest first. */
export async function findNearest(
  db: Queryable,
  list: EventList,
  { inReach: nearest, ...conditions }: NonNullable<EventList['venues']>,
): Promise<Place[]> {
  const places: Place[] = []
  let inReach = nearest
  let next = 0
  let round = firstVenues
  while (places.length < list.limit) {
    const { ids, distancesKm, complete } = inReach
    const end = endOfRound(distancesKm, next + round)
    const some = { ids: ids.slice(next, end), distancesKm: distancesKm.slice(next, end) }
    const found = await findAtVenues(db, { ...list, limit: list.limit - places.length }, some)
    places.push(...found)
    next = end
    round *= growth
    if (next < ids.length) continue
    const last = distancesKm.at(-1)
    if (complete || last === undefined) break
    inReach = await findVenues(db, conditions, { beyond: last })
    next = 0
  }
  return places
}

/** Venues of one distance stay together, because events of theirs may stand among each other. */
function endOfRound(distancesKm: readonly number[], wanted: number): number {
  let end = Math.min(wanted, distancesKm.length)
  while (end < distancesKm.length && distancesKm[end] === distancesKm[end - 1]) end++
  return end
}
