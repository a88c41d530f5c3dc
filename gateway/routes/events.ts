import { listAvailability } from '#shared/contracts/availability.ts'
import { listEvents, viewEvent, viewLayout } from '#shared/contracts/event.ts'
import { searchEvents } from '#shared/contracts/search.ts'
import { listSeats, viewSeatStates } from '#shared/contracts/seats.ts'
import { catalogueTag, eventTag, placesTag, type SharePolicy } from '../cache/share-policy.ts'
import { defineRoute } from './route.ts'

/** Looking around: the same answer for everybody, shared for a short time. */

const eventIdOf = (request: Record<string, unknown>): string => request.event_id as string

/** Lists also change with the clock, as dates pass and sales open, of which there is no news. */
const shareList: SharePolicy = {
  freshForMs: 2_000,
  staleForMs: 3_000,
  cacheControl: 'public, max-age=2, stale-while-revalidate=3, stale-if-error=60',
  tags: () => ({ strict: [catalogueTag], lenient: [] }),
}

const shareEvent: SharePolicy = {
  freshForMs: 2_000,
  staleForMs: 3_000,
  cacheControl: 'public, max-age=2, stale-while-revalidate=3, stale-if-error=60',
  tags: (request) => ({ strict: [eventTag(eventIdOf(request))], lenient: [placesTag(eventIdOf(request))] }),
}

/** Who has which seat is shown as it was a second ago at most; a browser asks each time, and mostly hears that nothing changed. */
const sharePlaces: SharePolicy = {
  freshForMs: 1_000,
  staleForMs: 0,
  cacheControl: 'public, max-age=0, s-maxage=1, stale-if-error=60',
  tags: (request) => ({ strict: [eventTag(eventIdOf(request))], lenient: [placesTag(eventIdOf(request))] }),
}

/** Of up to a thousand events: it ends by its age alone. */
const shareAvailability: SharePolicy = { ...sharePlaces, tags: () => ({ strict: [], lenient: [] }) }

const shareLayout: SharePolicy = {
  freshForMs: 60_000,
  staleForMs: 60_000,
  cacheControl: 'public, max-age=60, stale-while-revalidate=60, stale-if-error=60',
  tags: (request) => ({ strict: [eventTag(eventIdOf(request))], lenient: [] }),
}

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
