import { viewInvariants } from '#shared/contracts/audit.ts'
import { listSales } from '#shared/contracts/bookings.ts'
import { giveBeacon } from '#shared/contracts/draw.ts'
import { changeEventStatus, createEvent } from '#shared/contracts/organising.ts'
import { refundBooking, viewEventRefunds } from '#shared/contracts/purchase.ts'
import { issueBypass, setWaitingRoom } from '#shared/contracts/waiting-room.ts'
import { defineRoute } from './route.ts'
import { refundOutcome } from './selling.ts'

/** Routes for organisers, who send their key. */
export const organisingRoutes = [
  defineRoute({
    method: 'POST',
    path: '/admin/events',
    contract: createEvent,
    access: 'organiser',
    limit: 'organise',
    successes: [201],
    outcome: (event) => ({ location: `/events/${event.id}` }),
  }),
  defineRoute({
    method: 'POST',
    path: '/admin/events/:event_id/:action',
    contract: changeEventStatus,
    access: 'organiser',
    limit: 'organise',
  }),
  defineRoute({
    method: 'PUT',
    path: '/admin/events/:event_id/queue',
    contract: setWaitingRoom,
    access: 'organiser',
    limit: 'organise',
  }),
  defineRoute({
    method: 'POST',
    path: '/admin/events/:event_id/queue/passes',
    contract: issueBypass,
    access: 'organiser',
    limit: 'organise',
    successes: [201],
  }),
  defineRoute({
    method: 'PUT',
    path: '/admin/events/:event_id/queue/beacon',
    contract: giveBeacon,
    access: 'organiser',
    limit: 'organise',
  }),
  defineRoute({
    method: 'GET',
    path: '/admin/events/:event_id/sales',
    contract: listSales,
    access: 'organiser',
    limit: 'organise',
  }),
  defineRoute({
    method: 'GET',
    path: '/admin/events/:event_id/refunds',
    contract: viewEventRefunds,
    access: 'organiser',
    limit: 'organise',
  }),
  defineRoute({
    method: 'POST',
    path: '/admin/bookings/:booking_id/refund',
    contract: refundBooking,
    access: 'organiser',
    limit: 'organise',
    needsIdempotencyKey: true,
    successes: [200, 202],
    outcome: refundOutcome,
  }),
  defineRoute({
    method: 'GET',
    path: '/admin/invariants',
    contract: viewInvariants,
    access: 'organiser',
    limit: 'organise',
  }),
]
