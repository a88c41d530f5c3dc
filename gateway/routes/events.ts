import { listAvailability } from '#shared/contracts/availability.ts'
import { listEvents, viewEvent, viewLayout } from '#shared/contracts/event.ts'
import { viewPerformer } from '#shared/contracts/performers.ts'
import { searchEvents } from '#shared/contracts/search.ts'
import { listSeats, viewSeatStates } from '#shared/contracts/seats.ts'
import { viewTicketKeys } from '#shared/contracts/tickets.ts'
import { viewVenue } from '#shared/contracts/venues.ts'
import { type CachePolicy, catalogueTag, eventTag, placesTag, publicFor } from './cache-policy.ts'
import { defineRoute } from './route.ts'

/** Public reads: one answer for everybody, cached briefly. */

const eventIdOf = (request: Record<string, unknown>): string => request.event_id as string

/** Browsers revalidate each time and mostly get a 304. */
const forASecond = 'public, max-age=0, s-maxage=1, stale-if-error=60'

/**
 * Lists change with the clock (dates pass, sales open), which emits no domain events, and with the stock of each of their events, which
 * emits too many. So only age expires a list. The worker's figures are at most 100 ms old (`recent-stock.ts`), so a list shows stock of the
 * last second.
 */
export const listCache: CachePolicy = {
  freshForMs: 500,
  staleWhileRevalidateMs: 400,
  cacheControl: () => forASecond,
  tags: () => ({ purge: [catalogueTag], softPurge: [] }),
}

const eventTimes = { freshForMs: 2_000, staleWhileRevalidateMs: 3_000 }

const eventCache: CachePolicy = {
  ...eventTimes,
  cacheControl: () => publicFor(eventTimes),
  tags: (request) => ({ purge: [eventTag(eventIdOf(request))], softPurge: [placesTag(eventIdOf(request))] }),
}

/** Seat states are at most one second old. */
export const placesCache: CachePolicy = {
  freshForMs: 1_000,
  staleWhileRevalidateMs: 0,
  cacheControl: () => forASecond,
  tags: (request) => ({ purge: [eventTag(eventIdOf(request))], softPurge: [placesTag(eventIdOf(request))] }),
}

/** Covers up to 1,000 events, so only age expires it; see `listCache`. */
const availabilityCache = { ...placesCache, freshForMs: 900, tags: () => ({ purge: [], softPurge: [] }) }

const layoutTimes = { freshForMs: 60_000, staleWhileRevalidateMs: 60_000 }

/** The current layout can change; a version of a layout never does. */
export const layoutCache: CachePolicy = {
  ...layoutTimes,
  cacheControl: ({ version }) =>
    version === undefined ? publicFor(layoutTimes) : 'public, max-age=31536000, immutable',
  tags: (request) => ({ purge: [eventTag(eventIdOf(request))], softPurge: [] }),
}

const ticketKeyTimes = { freshForMs: 60_000, staleWhileRevalidateMs: 240_000 }

/** Keys change every few months, and an old key stays valid next to the new one. */
const ticketKeyCache: CachePolicy = {
  ...ticketKeyTimes,
  cacheControl: () => publicFor(ticketKeyTimes),
  tags: () => ({ purge: [], softPurge: [] }),
}

export const eventRoutes = [
  defineRoute({
    method: 'GET',
    path: '/events',
    contract: listEvents,
    access: 'public',
    limit: 'browse',
    cache: listCache,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/search',
    contract: searchEvents,
    access: 'public',
    limit: 'search',
    cache: listCache,
  }),
  defineRoute({
    method: 'GET',
    path: '/availability',
    contract: listAvailability,
    access: 'public',
    limit: 'browse',
    cache: availabilityCache,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id',
    contract: viewEvent,
    access: 'public',
    limit: 'browse',
    cache: eventCache,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/tickets',
    contract: listSeats,
    access: 'public',
    limit: 'browse',
    cache: placesCache,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/layout',
    contract: viewLayout,
    access: 'public',
    limit: 'browse',
    cache: layoutCache,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/seats',
    contract: viewSeatStates,
    access: 'public',
    limit: 'browse',
    cache: placesCache,
    tellsPosition: true,
  }),
  defineRoute({
    method: 'GET',
    path: '/venues/:venue_id',
    contract: viewVenue,
    access: 'public',
    limit: 'browse',
    cache: listCache,
  }),
  defineRoute({
    method: 'GET',
    path: '/performers/:performer_id',
    contract: viewPerformer,
    access: 'public',
    limit: 'browse',
    cache: listCache,
  }),
  defineRoute({
    method: 'GET',
    path: '/.well-known/jwks.json',
    contract: viewTicketKeys,
    access: 'public',
    limit: 'browse',
    cache: ticketKeyCache,
  }),
]
