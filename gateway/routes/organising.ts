import { viewInvariants } from '#shared/contracts/audit.ts'
import { listSales, viewBooking } from '#shared/contracts/bookings.ts'
import { listDoubleEntries } from '#shared/contracts/check-in.ts'
import { giveBeacon } from '#shared/contracts/draw.ts'
import { listEvents, viewEvent } from '#shared/contracts/event.ts'
import { changeEventStatus, createEvent } from '#shared/contracts/organising.ts'
import { refundBooking, viewEventRefunds } from '#shared/contracts/purchase.ts'
import { listReports, viewReport } from '#shared/contracts/reports.ts'
import { issueBypass, setWaitingRoom, viewWaitingRoom } from '#shared/contracts/waiting-room.ts'
import { defineRoute } from './route.ts'
import { refundOutcome } from './selling.ts'

/** Routes for organisers, authenticated by their key or signed in at the desk, whose cookie browsers send only to these paths. */
export const organisingRoutes = [
  defineRoute({
    method: 'GET',
    path: '/admin/events',
    contract: listEvents,
    operationId: 'list-organised-events',
    access: 'organiser',
    limit: 'organise',
  }),
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
    method: 'GET',
    path: '/admin/events/:event_id',
    contract: viewEvent,
    operationId: 'view-organised-event',
    access: 'organiser',
    limit: 'organise',
  }),
  defineRoute({
    method: 'GET',
    path: '/admin/events/:event_id/report',
    contract: viewReport,
    access: 'organiser',
    // Desks poll it, and must not use up the quota of changes.
    limit: 'browse',
  }),
  defineRoute({
    method: 'GET',
    path: '/admin/reports',
    contract: listReports,
    access: 'organiser',
    limit: 'organise',
  }),
  defineRoute({
    method: 'POST',
    path: '/admin/events/:event_id/:action',
    contract: changeEventStatus,
    access: 'organiser',
    limit: 'organise',
  }),
  defineRoute({
    method: 'GET',
    path: '/admin/events/:event_id/queue',
    contract: viewWaitingRoom,
    operationId: 'view-organised-waiting-room',
    access: 'organiser',
    // As the report.
    limit: 'browse',
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
    path: '/admin/events/:event_id/double-entries',
    contract: listDoubleEntries,
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
    method: 'GET',
    path: '/admin/bookings/:booking_id',
    contract: viewBooking,
    operationId: 'view-sold-booking',
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
