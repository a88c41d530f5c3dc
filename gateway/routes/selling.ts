import { type Booking, listBookings, viewBooking, wasCaptured } from '#shared/contracts/bookings.ts'
import { abandonHold, changeHold, holdSeats, releaseHold, viewHold } from '#shared/contracts/holds.ts'
import { cancelBooking, purchaseHold, viewPurchase } from '#shared/contracts/purchase.ts'
import { listTickets, transferTicket, viewTicket } from '#shared/contracts/tickets.ts'
import { demoEventId, keyOf } from '#shared/ids.ts'
import { defineRoute, type Outcome } from './route.ts'

/** Holds, purchases and the caller's own bookings and tickets. Never cached. */

export const sellingRoutes = [
  defineRoute({
    method: 'POST',
    path: '/events/:event_id/holds',
    contract: holdSeats,
    access: 'caller',
    limit: 'sell',
    takesHold: 'alone',
    takesPlacesOf: ({ event_id }) => event_id,
    needsIdempotencyKey: true,
    successes: [201],
    outcome: (hold) => ({ location: `/holds/${hold.id}` }),
  }),
  defineRoute({ method: 'GET', path: '/holds/:hold_id', contract: viewHold, access: 'caller', limit: 'my-things' }),
  defineRoute({
    method: 'PATCH',
    path: '/holds/:hold_id',
    contract: changeHold,
    access: 'caller',
    limit: 'sell',
    takesPlacesOf: ({ hold_id, extend }) => (extend ? undefined : keyOf(hold_id).eventId),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/holds/:hold_id',
    contract: releaseHold,
    access: 'caller',
    limit: 'my-things',
    successes: [204],
  }),
  defineRoute({
    method: 'POST',
    path: '/holds/:hold_id/abandon',
    contract: abandonHold,
    access: 'caller',
    limit: 'my-things',
    successes: [204],
  }),
  defineRoute({
    method: 'POST',
    path: '/purchase',
    contract: purchaseHold,
    access: 'caller',
    takesHold: 'with payment',
    takesPlacesOf: (request) => ('event_id' in request ? request.event_id : undefined),
    limit: (body) => (body !== undefined && isBare(body) ? 'demo-purchase' : 'sell'),
    needsIdempotencyKey: true,
    demoBody: { event_id: demoEventId, best_available: { qty: 1 }, payment_token: 'tok_ok' },
    successes: [201, 202],
    outcome: (booking) => ({
      // A purchase is complete when the money is captured. Until then, poll the Location.
      status: wasCaptured(booking) ? 201 : 202,
      location: `/bookings/${booking.id}`,
    }),
    unanswered: {
      contract: viewPurchase,
      of: (idempotencyKey) => ({
        location: `/purchases/${encodeURIComponent(idempotencyKey)}`,
        body: {
          idempotency_key: idempotencyKey,
          status: 'processing',
          hold_id: null,
          booking_id: null,
          decline_code: null,
          message:
            'The purchase was not answered in time. To see how it ends, read the Location or repeat this request with its Idempotency-Key.',
        },
      }),
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/purchases/:idempotency_key',
    contract: viewPurchase,
    access: 'caller',
    limit: 'my-things',
  }),
  defineRoute({ method: 'GET', path: '/bookings', contract: listBookings, access: 'caller', limit: 'my-bookings' }),
  defineRoute({
    method: 'GET',
    path: '/bookings/:booking_id',
    contract: viewBooking,
    access: 'caller',
    limit: 'my-things',
  }),
  defineRoute({
    method: 'POST',
    path: '/bookings/:booking_id/cancel',
    contract: cancelBooking,
    access: 'caller',
    limit: 'sell',
    needsIdempotencyKey: true,
    successes: [200, 202],
    outcome: refundOutcome,
  }),
  defineRoute({ method: 'GET', path: '/tickets', contract: listTickets, access: 'caller', limit: 'my-things' }),
  defineRoute({
    method: 'GET',
    path: '/tickets/:ticket_id',
    contract: viewTicket,
    access: 'caller',
    limit: 'my-things',
  }),
  defineRoute({
    method: 'POST',
    path: '/tickets/:ticket_id/transfer',
    contract: transferTicket,
    access: 'caller',
    limit: 'sell',
    needsIdempotencyKey: true,
  }),
]

/** Whether a body contains nothing but, in demo mode, the caller. */
function isBare({ user_id: _caller, ...body }: Record<string, unknown>): boolean {
  return Object.keys(body).length === 0
}

/** 202 while the refund is still in progress. */
export function refundOutcome({ id, refund_due_minor }: Booking): Outcome<200 | 202> {
  return { status: refund_due_minor === 0 ? 200 : 202, location: `/bookings/${id}` }
}
