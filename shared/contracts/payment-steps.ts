import { z } from 'zod'
import { booking, paymentStatus, refundReason } from './bookings.ts'
import { defineContract } from './contract.ts'
import { currency, eventId, instant, publicIdField, totalMinor } from './fields.ts'

/** What the purchase worker asks of the booking worker, step by step. Each may be repeated. No route leads here. */

export const beginPayment = defineContract({
  worker: 'booking',
  operation: 'begin-payment',
  summary: 'Turn a hold to paying, keep its places until the payment deadline, and open or reuse its pending booking',
  request: z.strictObject({
    hold_id: publicIdField,
    expected_total_minor: totalMinor.optional(),
    currency: currency.optional(),
    /**
     * By the database's clock: a message that comes later opens nothing, because its payment may have been given up by then.
     */
    not_after: instant.optional(),
  }),
  reply: z.object({
    booking_id: publicIdField,
    event_id: eventId,
    /** 1 for the first try, one more after each declined payment. */
    attempt: z.int().min(1),
    total_minor: totalMinor,
    currency,
  }),
  errors: ['not_found', 'hold_expired', 'hold_ended', 'payment_in_progress', 'already_purchased', 'price_changed'],
  deadlineMs: 2_000,
})

export const returnHold = defineContract({
  worker: 'booking',
  operation: 'return-hold',
  summary: 'After a declined payment: paying becomes active again; the booking stays pending',
  request: z.strictObject({ booking_id: publicIdField, attempt: z.int().min(1) }),
  reply: z.object({}),
  errors: ['not_found'],
  deadlineMs: 2_000,
})

/**
 * Why a buyer whose money is there gets no places: others have them, the event is cancelled, the buyer got too many other
 * tickets meanwhile, or the hold is no longer the one that was to be paid for.
 */
const lossReason = z.enum(['seats_taken', 'event_cancelled', 'ticket_limit', 'hold_changed'])

export type LossReason = z.infer<typeof lossReason>

export const confirmHold = defineContract({
  worker: 'booking',
  operation: 'confirm-hold',
  summary: 'Money is authorised: sell the places and confirm the booking in one commit, or answer LOST',
  request: z.strictObject({ booking_id: publicIdField }),
  reply: z.object({
    outcome: z.enum(['CONFIRMED', 'LOST']),
    /** Of LOST, where it was decided; a repetition may be answered without. */
    reason: lossReason.optional(),
  }),
  errors: ['not_found'],
  deadlineMs: 2_000,
})

export const recordPayment = defineContract({
  worker: 'booking',
  operation: 'record-payment',
  summary: 'Note on a booking how its payment stands, and answer the booking',
  request: z.strictObject({
    booking_id: publicIdField,
    attempt: z.int().min(1),
    status: paymentStatus,
    captured_minor: totalMinor,
  }),
  reply: booking,
  errors: ['not_found'],
  deadlineMs: 2_000,
})

export const revokeBooking = defineContract({
  worker: 'booking',
  operation: 'revoke-booking',
  summary: 'The money of a confirmed booking was refused for good: void its tickets, give its places back, answer it',
  request: z.strictObject({ booking_id: publicIdField, attempt: z.int().min(1) }),
  reply: booking,
  errors: ['not_found'],
  deadlineMs: 2_000,
})

export const cancelTickets = defineContract({
  worker: 'booking',
  operation: 'cancel-tickets',
  summary:
    'Void tickets of a confirmed booking, give their places back, and answer what is to be refunded; once per refund',
  request: z.strictObject({
    booking_id: publicIdField,
    /** Own id of the refund: a repetition gets the first answer. */
    refund_id: z.uuid(),
    /** Left out: all that are valid. */
    ticket_ids: z.array(publicIdField).min(1).max(100).optional(),
    /** `buyer` obeys the sale's policy. */
    reason: refundReason,
  }),
  reply: z.object({ amount_minor: totalMinor }),
  errors: ['not_found', 'not_cancellable'],
  deadlineMs: 2_000,
})

export const recordRefund = defineContract({
  worker: 'booking',
  operation: 'record-refund',
  summary:
    'Note on a booking that the money of a refund is back with the buyer, and answer the booking; once per refund',
  request: z.strictObject({ booking_id: publicIdField, refund_id: z.uuid() }),
  reply: booking,
  errors: ['not_found'],
  deadlineMs: 2_000,
})
