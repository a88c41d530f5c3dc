import type { Queryable } from '#shared/database/postgres.ts'
import { type EventList, findAtVenues, type Place } from '../store/find-events.ts'
import { findVenues, type VenuesInReach } from '../store/venues-in-reach.ts'

/** Venues that are asked at once for the nearest events, and how many times as many each next time. */
const firstVenues = 10
const growth = 4

/** Venue by venue, the nearest first, however many they are. */
export async function findNearest(
  db: Queryable,
  list: EventList,
  { inReach: nearest, ...conditions }: NonNullable<EventList['venues']>,
): Promise<Place[]> {
  const places: Place[] = []
  let inReach = nearest
  for (;;) {
    places.push(...(await findNearestAmong(db, { ...list, limit: list.limit - places.length }, inReach)))
    const last = inReach.distancesKm.at(-1)
    if (places.length === list.limit || inReach.complete || last === undefined) return places
    inReach = await findVenues(db, conditions, { beyond: last })
  }
}

/** The same among certain venues alone. */
export async function findNearestAmong(
  db: Queryable,
  list: EventList,
  { ids, distancesKm }: VenuesInReach,
): Promise<Place[]> {
  const places: Place[] = []
  let next = 0
  for (let round = firstVenues; next < ids.length && places.length < list.limit; round *= growth) {
    const end = endOfRound(distancesKm, next + round)
    const some = { ids: ids.slice(next, end), distancesKm: distancesKm.slice(next, end) }
    places.push(...(await findAtVenues(db, { ...list, limit: list.limit - places.length }, some)))
    next = end
  }
  return places
}

/** Venues of one distance stay together, because events of theirs may stand among each other. */
function endOfRound(distancesKm: readonly number[], wanted: number): number {
  let end = Math.min(wanted, distancesKm.length)
  while (end < distancesKm.length && distancesKm[end] === distancesKm[end - 1]) end++
  return end
}
