import { z } from 'zod'
import { defineContract } from './contract.ts'
import { currency, cursor, eventId, page, pageLimit, publicIdField } from './fields.ts'
import { place, ticket } from './places.ts'

/** How the taking of the money stands, as the purchase worker reports it; the payment itself has more states. */
export const paymentStatus = z.enum(['processing', 'authorised', 'captured', 'voided', 'failed'])

export type BookedPaymentStatus = z.infer<typeof paymentStatus>

/** As buyers see it: once money was paid back, a captured payment says so. */
const shownPaymentStatus = z
  .enum([...paymentStatus.options, 'partly_refunded', 'refunded'])
  .describe(
    'How the payment stands. After a capture: partly_refunded once some of the money was paid back, refunded once all was.',
  )

/** Whether the money of a payment was taken, though some or all of it may have been paid back since. */
export function wasCaptured({ payment: { status } }: Pick<Booking, 'payment'>): boolean {
  return status === 'captured' || status === 'partly_refunded' || status === 'refunded'
}

/** Why tickets were voided. */
const returnReason = z.enum(['buyer', 'organiser', 'event_cancelled', 'capture_refused'])

/** Why voided tickets are refunded. */
export const refundReason = returnReason.exclude(['capture_refused'])

export type RefundReason = z.infer<typeof refundReason>

export const booking = z.object({
  id: publicIdField,
  event_id: eventId,
  user_id: z.string(),
  hold_id: publicIdField,
  status: z.enum(['pending', 'confirmed', 'cancelled', 'expired', 'failed']),
  /** As bought; `tickets` says which are still valid. */
  places: z.array(place),
  total_minor: z.int(),
  refunded_minor: z.int(),
  /** Still to be refunded. */
  refund_due_minor: z.int(),
  currency,
  created_at: z.string(),
  confirmed_at: z.string().nullable(),
  cancelled_for: returnReason.nullable(),
  tickets: z.array(ticket),
  payment: z.object({ status: shownPaymentStatus, captured_minor: z.int() }),
  seq: z.string(),
})

export type Booking = z.infer<typeof booking>

/** Tickets of one booking that are to be cancelled. */
export const ticketIds = z
  .array(publicIdField)
  .min(1)
  .max(100)
  .refine((ids) => new Set(ids).size === ids.length, 'must not name a ticket twice')
  .describe('The tickets to cancel, each once; by default all valid tickets of the booking.')

export const listBookings = defineContract('booking', 'list-bookings', {
  summary: "The caller's bookings, newest first",
  request: z.strictObject({ limit: pageLimit, cursor: cursor.optional() }),
  reply: page(booking).extend({ message: z.string() }),
  errors: [],
  deadlineMs: 1_000,
  readOnly: true,
})

export const viewBooking = defineContract('booking', 'view-booking', {
  summary: 'A booking of the caller',
  request: z.strictObject({ booking_id: publicIdField }),
  reply: booking,
  errors: ['not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

export const listSales = defineContract('booking', 'list-sales', {
  summary: 'Organiser: the sale log of an event, newest first: every place sold or returned, and what caused it',
  request: z.strictObject({ event_id: eventId, limit: pageLimit, cursor: cursor.optional() }),
  reply: page(
    z.object({
      at: z.string(),
      what: z.enum(['sold', 'returned']),
      origin: z.enum(['purchase', 'rescue', ...returnReason.options]),
      booking_id: publicIdField,
      places: z.int(),
      amount_minor: z.int(),
      request_id: z.string(),
    }),
  ),
  errors: ['event_not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})
