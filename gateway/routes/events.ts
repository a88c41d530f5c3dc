import { listAvailability, listEvents, searchEvents, viewEvent, viewLayout } from '#shared/contracts/event.ts'
import { listSeats, viewSeatStates } from '#shared/contracts/seats.ts'
import { defineRoute } from './route.ts'

/** Looking around: the same answer for everybody, shared for a short time. */

/** The state of seats may be at most a second old. */
const seatsShareMs = 1_000
const catalogueShareMs = 5_000
const layoutShareMs = 60_000

export const eventRoutes = [
  defineRoute({
    method: 'GET',
    path: '/events',
    contract: listEvents,
    access: 'public',
    limit: 'browse',
    shareForMs: catalogueShareMs,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/search',
    contract: searchEvents,
    access: 'public',
    limit: 'search',
    shareForMs: catalogueShareMs,
  }),
  defineRoute({
    method: 'GET',
    path: '/availability',
    contract: listAvailability,
    access: 'public',
    limit: 'browse',
    shareForMs: seatsShareMs,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id',
    contract: viewEvent,
    access: 'public',
    limit: 'browse',
    shareForMs: catalogueShareMs,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/tickets',
    contract: listSeats,
    access: 'public',
    limit: 'browse',
    shareForMs: seatsShareMs,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/layout',
    contract: viewLayout,
    access: 'public',
    limit: 'browse',
    shareForMs: layoutShareMs,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/seats',
    contract: viewSeatStates,
    access: 'public',
    limit: 'browse',
    shareForMs: seatsShareMs,
  }),
]
