import type { Queryable } from '#shared/postgres.ts'
import { type EventList, findAtVenues } from '../store/find-events.ts'
import { findVenues, type VenuesInReach } from '../store/venues-in-reach.ts'
import type { PagePosition } from './page-cursor.ts'

/** Venues that are asked at once for the nearest events; twice as many each time. */
const firstVenues = 30
/** More rounds than the venues of the whole world need. */
const maxRounds = 40

/** Venue by venue, the nearest first. */
export async function findNearest(
  db: Queryable,
  list: EventList,
  { inReach: nearest, ...conditions }: NonNullable<EventList['venues']>,
): Promise<PagePosition[]> {
  const positions: PagePosition[] = []
  let inReach = nearest
  let next = 0
  let round = firstVenues
  for (let rounds = 0; rounds < maxRounds && positions.length < list.limit; rounds++) {
    const { ids, distancesKm, complete } = inReach
    const end = endOfRound(inReach, next + round)
    if (end > next) {
      const some = { ids: ids.slice(next, end), distancesKm: distancesKm.slice(next, end) }
      const found = await findAtVenues(db, { ...list, limit: list.limit - positions.length }, some)
      positions.push(...found.positions)
    }
    next = end
    round *= 2
    if (next < ids.length && end > 0 && !isLast(inReach, end)) continue
    if (complete) break
    inReach = await findVenues(db, conditions, distancesKm.at(-1))
    if (inReach.ids.length === 0) break
    next = 0
  }
  return positions
}

/** Venues of one distance stay together; the last ones of an incomplete list may have others beside them. */
function endOfRound({ ids, distancesKm, complete }: VenuesInReach, wanted: number): number {
  let end = Math.min(wanted, ids.length)
  while (end < ids.length && distancesKm[end] === distancesKm[end - 1]) end++
  if (end < ids.length || complete) return end
  const last = distancesKm.at(-1)
  while (end > 0 && distancesKm[end - 1] === last) end--
  // All at one place: then they are taken as they are.
  return end === 0 ? ids.length : end
}

function isLast({ distancesKm }: VenuesInReach, end: number): boolean {
  return distancesKm[end] === distancesKm.at(-1)
}
