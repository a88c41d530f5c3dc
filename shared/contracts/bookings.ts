import { z } from 'zod'
import { defineContract } from './contract.ts'
import { bookingId, currency, cursor, eventId, page, pageLimit, publicIdField, seq, utcTime } from './fields.ts'
import { place, ticket } from './places.ts'

export const paymentStatus = z
  .enum(['processing', 'authorised', 'captured', 'voided', 'failed'])
  .describe('How far the money was taken')

export type BookedPaymentStatus = z.infer<typeof paymentStatus>

/** The status that buyers see: a captured payment shows whether money was refunded. */
const shownPaymentStatus = z
  .enum([...paymentStatus.options, 'partly_refunded', 'refunded'])
  .describe(
    'State of the payment. The booking is paid once it is `captured`; then `partly_refunded` once some of the money was paid back, and ' +
      '`refunded` once all of it was',
  )

/** Whether the money of a payment was captured, even if some or all of it was refunded. */
export function wasCaptured({ payment: { status } }: Pick<Booking, 'payment'>): boolean {
  return status === 'captured' || status === 'partly_refunded' || status === 'refunded'
}

const returnReason = z
  .enum(['buyer', 'organiser', 'event_cancelled', 'capture_refused'])
  .describe('Why tickets were voided')

export const refundReason = returnReason.exclude(['capture_refused']).describe('Why voided tickets are refunded')

export type RefundReason = z.infer<typeof refundReason>

export const booking = z
  .object({
    id: bookingId,
    event_id: eventId,
    user_id: z.string().describe('The buyer'),
    hold_id: publicIdField.describe('The hold that was paid for'),
    status: z
      .enum(['pending', 'confirmed', 'cancelled', 'expired', 'failed'])
      .describe('`pending` while the payment is in progress; tickets are valid once it is `confirmed`'),
    places: z.array(place).describe('The places as bought; `tickets` says which are still valid'),
    total_minor: z.int().describe('Price of all places, in minor units'),
    refunded_minor: z.int().describe('Refunded so far, in minor units'),
    refund_due_minor: z.int().describe('Still to be refunded, in minor units'),
    currency,
    created_at: utcTime.describe('When the payment began'),
    confirmed_at: utcTime.nullable().describe('When the tickets were issued; null before'),
    cancelled_for: returnReason.nullable().describe('Why the booking was cancelled; null if it was not'),
    tickets: z.array(ticket).describe('One ticket for each place, from the confirmation on'),
    payment: z
      .object({ status: shownPaymentStatus, captured_minor: z.int().describe('Captured so far, in minor units') })
      .describe('The payment of this booking'),
    seq,
  })
  .meta({ id: 'Booking', description: 'Places that a buyer has paid for or is paying for, with their tickets' })

export type Booking = z.infer<typeof booking>

/** Tickets of one booking that are to be cancelled. */
export const ticketIds = z
  .array(publicIdField)
  .min(1)
  .max(100)
  .refine((ids) => new Set(ids).size === ids.length, 'must not name a ticket twice')
  .optional()
  .describe('The tickets to cancel, each once. Default: all that are valid')

export const listBookings = defineContract('booking', 'list-bookings', {
  summary: "The caller's bookings, newest first",
  request: z.strictObject({ limit: pageLimit, cursor: cursor.optional() }),
  reply: page(booking)
    .extend({ message: z.string().describe('The number of bookings, in words') })
    .meta({ id: 'BookingPage', description: 'One page of bookings' }),
  errors: [],
  deadlineMs: 1_000,
  readOnly: true,
})

export const viewBooking = defineContract('booking', 'view-booking', {
  summary: 'A booking of the caller; for organisers any booking',
  request: z.strictObject({ booking_id: bookingId }),
  reply: booking,
  errors: ['not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

export const listSales = defineContract('booking', 'list-sales', {
  summary: 'Organiser: the sale log of an event, newest first: every place sold or returned, and what caused it',
  request: z.strictObject({ event_id: eventId, limit: pageLimit, cursor: cursor.optional() }),
  reply: page(
    z
      .object({
        at: utcTime.describe('When it happened'),
        what: z.enum(['sold', 'returned']).describe('Whether places were sold or came back'),
        origin: z
          .enum(['purchase', 'rescue', ...returnReason.options])
          .describe('What caused it. `rescue`: a payment that ended after its hold, while its places were still free'),
        booking_id: bookingId,
        places: z.int().describe('Number of places'),
        amount_minor: z.int().describe('Their price, in minor units'),
        request_id: z.string().describe('The `X-Request-Id` of the request that caused it'),
      })
      .meta({ id: 'SaleEntry', description: 'One entry of the sale log' }),
  ).meta({ id: 'SaleLogPage', description: 'One page of the sale log' }),
  errors: ['event_not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})
