import { listAvailability } from '#shared/contracts/availability.ts'
import { listEvents, viewEvent, viewLayout } from '#shared/contracts/event.ts'
import { searchEvents } from '#shared/contracts/search.ts'
import { listSeats, viewSeatStates } from '#shared/contracts/seats.ts'
import { catalogueTag, eventTag, placesTag, sharePolicy } from '../cache/share-policy.ts'
import { defineRoute } from './route.ts'

/** Looking around: the same answer for everybody, shared for a short time. */

const eventIdOf = (request: Record<string, unknown>): string => request.event_id as string

/** A browser asks each time, and mostly hears that nothing changed. */
const forASecond = 'public, max-age=0, s-maxage=1, stale-if-error=60'

/**
 * Lists also change with the clock, as dates pass and sales open, and with what is left of each of their events. There is no news of
 * the one, and too much of the other. What is left is 100 ms old when a worker says it (`recent-stock.ts`), and a second when it is
 * last shown.
 */
const shareList = sharePolicy({
  freshForMs: 500,
  staleWhileRevalidateMs: 400,
  cacheControl: forASecond,
  tags: () => ({ strict: [catalogueTag], lenient: [] }),
})

const shareEvent = sharePolicy({
  freshForMs: 2_000,
  staleWhileRevalidateMs: 3_000,
  tags: (request) => ({ strict: [eventTag(eventIdOf(request))], lenient: [placesTag(eventIdOf(request))] }),
})

/** Who has which seat is shown as it was a second ago at most. */
const sharePlaces = sharePolicy({
  freshForMs: 1_000,
  staleWhileRevalidateMs: 0,
  cacheControl: forASecond,
  tags: (request) => ({ strict: [eventTag(eventIdOf(request))], lenient: [placesTag(eventIdOf(request))] }),
})

/** Of up to a thousand events: it ends by its age alone; see `shareList`. */
const shareAvailability = { ...sharePlaces, freshForMs: 900, tags: () => ({ strict: [], lenient: [] }) }

const shareLayout = sharePolicy({
  freshForMs: 60_000,
  staleWhileRevalidateMs: 60_000,
  tags: (request) => ({ strict: [eventTag(eventIdOf(request))], lenient: [] }),
})

export const eventRoutes = [
  defineRoute({
    method: 'GET',
    path: '/events',
    contract: listEvents,
    access: 'public',
    limit: 'browse',
    share: shareList,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/search',
    contract: searchEvents,
    access: 'public',
    limit: 'search',
    share: shareList,
  }),
  defineRoute({
    method: 'GET',
    path: '/availability',
    contract: listAvailability,
    access: 'public',
    limit: 'browse',
    share: shareAvailability,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id',
    contract: viewEvent,
    access: 'public',
    limit: 'browse',
    share: shareEvent,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/tickets',
    contract: listSeats,
    access: 'public',
    limit: 'browse',
    share: sharePlaces,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/layout',
    contract: viewLayout,
    access: 'public',
    limit: 'browse',
    share: shareLayout,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/seats',
    contract: viewSeatStates,
    access: 'public',
    limit: 'browse',
    share: sharePlaces,
  }),
]
