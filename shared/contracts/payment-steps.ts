import { z } from 'zod'
import { booking, paymentStatus, refundReason } from './bookings.ts'
import { defineContract } from './contract.ts'
import { currency, eventId, instant, publicIdField, totalMinor } from './fields.ts'

/** Steps of a payment, which the purchase worker calls. Each may be repeated. They have no route. */

export const beginPayment = defineContract('booking', 'begin-payment', {
  summary: 'Turn a hold to paying, hold its places until the payment deadline, and open or reuse its pending booking',
  request: z.strictObject({
    hold_id: publicIdField,
    expected_total_minor: totalMinor.optional(),
    currency: currency.optional(),
    /** By the database's clock: a later message opens nothing, because its payment may have timed out. */
    not_after: instant.optional(),
  }),
  reply: z.object({
    booking_id: publicIdField,
    event_id: eventId,
    /** 1 at first, one more after each declined payment. */
    attempt: z.int().min(1),
    total_minor: totalMinor,
    currency,
  }),
  errors: ['not_found', 'hold_expired', 'hold_ended', 'payment_in_progress', 'already_purchased', 'price_changed'],
  deadlineMs: 2_000,
  endsSale: true,
})

export const returnHold = defineContract('booking', 'return-hold', {
  summary: 'After a declined payment: paying becomes active again; the booking stays pending',
  request: z.strictObject({ booking_id: publicIdField, attempt: z.int().min(1) }),
  reply: z.object({}),
  errors: ['not_found'],
  deadlineMs: 2_000,
  endsSale: true,
})

/** Why a buyer gets no places for an authorised payment. `hold_changed`: the hold is not the one that was paid for. */
const lossReason = z.enum(['seats_taken', 'event_cancelled', 'ticket_limit', 'hold_changed'])

export type LossReason = z.infer<typeof lossReason>

export const confirmHold = defineContract('booking', 'confirm-hold', {
  summary: 'After authorisation: sell the places and confirm the booking in one commit, or answer LOST',
  request: z.strictObject({ booking_id: publicIdField }),
  reply: z.object({
    outcome: z.enum(['CONFIRMED', 'LOST']),
    /** Of LOST; a repetition may be answered without it. */
    reason: lossReason.optional(),
  }),
  errors: ['not_found'],
  deadlineMs: 2_000,
  endsSale: true,
})

export const recordPayment = defineContract('booking', 'record-payment', {
  summary: 'Record the payment status on a booking, and answer the booking',
  request: z.strictObject({
    booking_id: publicIdField,
    attempt: z.int().min(1),
    status: paymentStatus,
    captured_minor: totalMinor,
  }),
  reply: booking,
  errors: ['not_found'],
  deadlineMs: 2_000,
  endsSale: true,
})

export const revokeBooking = defineContract('booking', 'revoke-booking', {
  summary: 'After a final refusal to capture: void the tickets of a confirmed booking, free its places, answer it',
  request: z.strictObject({ booking_id: publicIdField, attempt: z.int().min(1) }),
  reply: booking,
  errors: ['not_found'],
  deadlineMs: 2_000,
  endsSale: true,
})

export const cancelTickets = defineContract('booking', 'cancel-tickets', {
  summary: 'Void tickets of a confirmed booking, free their places, and answer the amount to refund; once per refund',
  request: z.strictObject({
    booking_id: publicIdField,
    /** Repeating it gets the first reply. */
    refund_id: z.uuid(),
    /** Default: all valid tickets. */
    ticket_ids: z.array(publicIdField).min(1).max(100).optional(),
    /** `buyer` obeys the sale's policy. */
    reason: refundReason,
  }),
  reply: z.object({ amount_minor: totalMinor }),
  errors: ['not_found', 'not_cancellable'],
  deadlineMs: 2_000,
  endsSale: true,
})

export const recordRefund = defineContract('booking', 'record-refund', {
  summary: 'Record on a booking that a refund was paid out, and answer the booking; once per refund',
  request: z.strictObject({ booking_id: publicIdField, refund_id: z.uuid() }),
  reply: booking,
  errors: ['not_found'],
  deadlineMs: 2_000,
  endsSale: true,
})
