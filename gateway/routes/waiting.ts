import { listAdmissions, viewDraw, viewDrawRanks, viewDrawRoll, viewReceipt } from '#shared/contracts/draw.ts'
import {
  claimPass,
  joinQueue,
  leaveQueue,
  viewQueuePlace,
  viewServing,
  viewWaitingRoom,
} from '#shared/contracts/waiting-room.ts'
import { type CachePolicy, eventTag } from './cache-policy.ts'
import { defineRoute } from './route.ts'

/** The waiting room. Everybody polls one cached answer every few seconds; all other answers belong to one caller. */

/** Half a second here, besides the second for which a gateway caches the state of a room. */
const servingCache: CachePolicy = {
  freshForMs: 500,
  staleWhileRevalidateMs: 0,
  cacheControl: () => 'public, max-age=1',
  tags: ({ event_id }) => ({ purge: [eventTag(event_id as string)], softPurge: [] }),
}

const roomCache: CachePolicy = { ...servingCache, freshForMs: 1_000 }

/** Data that never changes once it exists. Gateways cache it for the rush after the opening. */
const drawPageCache: CachePolicy = {
  ...servingCache,
  freshForMs: 60_000,
  cacheControl: () => 'public, max-age=31536000, immutable',
}

export const waitingRoutes = [
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/queue',
    contract: viewWaitingRoom,
    access: 'public',
    limit: 'browse',
    cache: roomCache,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/queue/serving',
    contract: viewServing,
    access: 'public',
    limit: 'browse',
    cache: servingCache,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/queue/draw',
    contract: viewDraw,
    access: 'public',
    limit: 'browse',
    cache: roomCache,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/queue/draw/roll/:page',
    contract: viewDrawRoll,
    access: 'public',
    limit: 'browse',
    cache: drawPageCache,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/queue/draw/ranks/:page',
    contract: viewDrawRanks,
    access: 'public',
    limit: 'browse',
    cache: drawPageCache,
  }),
  defineRoute({
    method: 'GET',
    path: '/events/:event_id/queue/admissions',
    contract: listAdmissions,
    access: 'public',
    limit: 'browse',
    cache: roomCache,
  }),
  defineRoute({
    method: 'POST',
    path: '/events/:event_id/queue',
    contract: joinQueue,
    access: 'caller',
    limit: 'queue',
    successes: [201],
    outcome: (place) => ({ location: `/queue/${place.id}` }),
  }),
  defineRoute({ method: 'GET', path: '/queue/:place_id', contract: viewQueuePlace, access: 'caller', limit: 'queue' }),
  defineRoute({
    method: 'GET',
    path: '/queue/:place_id/receipt',
    contract: viewReceipt,
    access: 'caller',
    limit: 'queue',
  }),
  defineRoute({
    method: 'POST',
    path: '/queue/:place_id/pass',
    contract: claimPass,
    access: 'caller',
    limit: 'queue',
    successes: [200, 202],
    outcome: ({ pass }) => ({ status: pass === null ? 202 : 200 }),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/queue/:place_id',
    contract: leaveQueue,
    access: 'caller',
    limit: 'queue',
    successes: [204],
  }),
]
