import { changeEventStatus, createEvent } from '#shared/contracts/event.ts'
import { defineRoute } from './route.ts'

/** The organiser's side, by key. */
export const organisingRoutes = [
  defineRoute({
    method: 'POST',
    path: '/admin/events',
    contract: createEvent,
    access: 'organiser',
    limit: 'organise',
    outcome: (event) => ({ status: 201, location: `/events/${event.id}` }),
  }),
  defineRoute({
    method: 'POST',
    path: '/admin/events/:event_id/:action',
    contract: changeEventStatus,
    access: 'organiser',
    limit: 'organise',
  }),
]
