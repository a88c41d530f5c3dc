import { z } from 'zod'
import { booking, paymentStatus, refundReason, ticketIds } from './bookings.ts'
import { defineContract } from './contract.ts'
import { bookingId, currency, eventId, holdId, instant, totalMinor } from './fields.ts'

/** Steps of a payment, which the purchase worker calls. All are idempotent. They have no route. */

const attempt = z.int().min(1).describe('Number of the payment: 1 for the first, one more after each declined payment')

export const beginPayment = defineContract('booking', 'begin-payment', {
  summary: 'Move a hold to paying, hold its places until the payment deadline, and open or reuse its pending booking',
  request: z.strictObject({
    hold_id: holdId,
    expected_total_minor: totalMinor.optional().describe('What the buyer expects to pay, in minor units'),
    currency: currency.optional().describe('Currency of `expected_total_minor`'),
    not_after: instant
      .optional()
      .describe("By the database's clock: a later message opens nothing, because its payment may have timed out"),
  }),
  reply: z.object({
    booking_id: bookingId,
    event_id: eventId,
    attempt,
    total_minor: totalMinor,
    currency,
  }),
  errors: ['not_found', 'hold_expired', 'hold_ended', 'payment_in_progress', 'already_purchased', 'price_changed'],
  deadlineMs: 2_000,
  isReserved: true,
})

export const returnHold = defineContract('booking', 'return-hold', {
  summary: 'After a declined payment: paying becomes active again; the booking stays pending',
  request: z.strictObject({ booking_id: bookingId, attempt }),
  reply: z.object({}),
  errors: ['not_found'],
  deadlineMs: 2_000,
  isReserved: true,
})

/**
 * Why an authorised payment gets no places. `hold_changed`: the hold is not the one that was paid for, or it expired and the sale has
 * ended.
 */
const lossReason = z.enum(['seats_taken', 'event_cancelled', 'ticket_limit', 'hold_changed'])

export type LossReason = z.infer<typeof lossReason>

export const confirmHold = defineContract('booking', 'confirm-hold', {
  summary: 'After authorisation: sell the places and confirm the booking in one commit, or answer LOST',
  request: z.strictObject({ booking_id: bookingId }),
  reply: z.object({
    outcome: z.enum(['CONFIRMED', 'LOST']).describe('Whether the buyer has the places'),
    reason: lossReason.optional().describe('Why the places are LOST; the answer to a repetition may omit it'),
  }),
  errors: ['not_found'],
  deadlineMs: 2_000,
  isReserved: true,
})

export const recordPayment = defineContract('booking', 'record-payment', {
  summary: 'Record the payment status on a booking, and answer the booking',
  request: z.strictObject({
    booking_id: bookingId,
    attempt,
    status: paymentStatus,
    captured_minor: totalMinor.describe('Captured so far, in minor units'),
  }),
  reply: booking,
  errors: ['not_found'],
  deadlineMs: 2_000,
  isReserved: true,
})

export const revokeBooking = defineContract('booking', 'revoke-booking', {
  summary: 'After a final refusal to capture: void the tickets of a confirmed booking, free its places, answer it',
  request: z.strictObject({ booking_id: bookingId, attempt }),
  reply: booking,
  errors: ['not_found'],
  deadlineMs: 2_000,
  isReserved: true,
})

const refundId = z.uuid().describe('Id of the refund; repeating it gets the first reply')

export const cancelTickets = defineContract('booking', 'cancel-tickets', {
  summary: 'Void tickets of a confirmed booking, free their places, and answer the amount to refund; once per refund',
  request: z.strictObject({
    booking_id: bookingId,
    refund_id: refundId,
    ticket_ids: ticketIds,
    reason: refundReason.describe("Why. `buyer` obeys the sale's policy"),
  }),
  reply: z.object({ amount_minor: totalMinor.describe('The amount to refund, in minor units') }),
  errors: ['not_found', 'not_cancellable'],
  deadlineMs: 2_000,
  isReserved: true,
})

export const recordRefund = defineContract('booking', 'record-refund', {
  summary: 'Record on a booking that a refund was paid out, and answer the booking; once per refund',
  request: z.strictObject({ booking_id: bookingId, refund_id: refundId }),
  reply: booking,
  errors: ['not_found'],
  deadlineMs: 2_000,
  isReserved: true,
})
