import {
  joinWaitingList,
  leaveWaitingList,
  listWaitingEntries,
  viewWaitingEntry,
} from '#shared/contracts/waiting-list.ts'
import { defineRoute } from './route.ts'

/** The waiting lists of sold-out events. Never cached: each entry belongs to one buyer. */

export const waitingListRoutes = [
  defineRoute({
    method: 'POST',
    path: '/events/:event_id/waiting-list',
    contract: joinWaitingList,
    access: 'caller',
    limit: 'sell',
    takesPlacesOf: ({ event_id }) => event_id,
    successes: [201],
    outcome: ({ event_id }) => ({ location: `/events/${event_id}/waiting-list` }),
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/waiting-list',
    contract: viewWaitingEntry,
    access: 'caller',
    limit: 'my-things',
  }),
  defineRoute({
    method: 'DELETE',
    path: '/events/:event_id/waiting-list',
    contract: leaveWaitingList,
    access: 'caller',
    limit: 'my-things',
    successes: [204],
  }),
  defineRoute({
    method: 'GET',
    path: '/waiting-list',
    contract: listWaitingEntries,
    access: 'caller',
    limit: 'my-things',
  }),
]
