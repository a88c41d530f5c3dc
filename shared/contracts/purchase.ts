import { z } from 'zod'
import { booking } from './bookings.ts'
import { defineContract } from './contract.ts'
import { currency, eventId, publicIdField, text, totalMinor } from './fields.ts'
import { holdRefusals } from './holds.ts'
import { isSelection, selection, selectionMessage } from './places.ts'

/** Operations of the purchase worker, the only one that talks to a payment provider. */

/** Idempotency-Key of a request. */
const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters')

const payment = {
  payment_token: text(200)
    .optional()
    .describe('Token of the payment provider, never a card number; needed unless the places cost nothing.'),
  expected_total_minor: totalMinor.optional(),
  currency: currency.optional(),
}

export const purchaseHold = defineContract('purchase', 'purchase-hold', {
  summary: 'Pay for a hold, or hold and pay in one call; answers the booking, pending while the payment is under way',
  request: z.union([
    z.strictObject({ hold_id: publicIdField, ...payment }),
    z.strictObject({ event_id: eventId, ...selection, ...payment }).refine(isSelection, selectionMessage),
  ]),
  reply: booking.extend({ message: z.string() }),
  errors: [
    ...holdRefusals,
    'not_found',
    'hold_expired',
    'hold_ended',
    'payment_in_progress',
    'already_purchased',
    'price_changed',
    'payment_declined',
    'provider_unavailable',
  ],
  // A live worker answers the booking as it stands half a second earlier; for one that died, see `viewPurchase`.
  deadlineMs: 5_000,
})

/** What a buyer can be told of a purchase. */
const outcome = z.enum(['processing', 'bought', 'declined', 'lost', 'revoked', 'not_started'])

export type Outcome = z.infer<typeof outcome>

export const viewPurchase = defineContract('purchase', 'view-purchase', {
  summary: 'How a purchase of the caller ended, found by its Idempotency-Key for a day',
  request: z.strictObject({
    idempotency_key: idempotencyKey.describe('The Idempotency-Key that the purchase was sent with.'),
  }),
  reply: z.object({
    idempotency_key: z.string().describe('The Idempotency-Key that the purchase was sent with.'),
    status: outcome.describe(
      'processing: look again in a second; bought; declined: no money, the hold may still live; lost: the places went to others; revoked: the money could not be taken; not_started: nothing was asked for.',
    ),
    hold_id: publicIdField.nullable().describe('The hold that is paid for; null while it is not known.'),
    booking_id: publicIdField.nullable().describe('The booking that shows the tickets; null while there is none.'),
    decline_code: z.string().nullable().describe('Why the payment provider declined; null where it did not.'),
    message: z.string().describe('A sentence for the buyer: what happened and what to do next.'),
  }),
  errors: ['not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

const refund = {
  /** Default: all valid tickets. */
  request: z.strictObject({ booking_id: publicIdField, ticket_ids: z.array(publicIdField).min(1).max(100).optional() }),
  reply: booking.extend({ message: z.string() }),
  errors: ['not_found', 'not_cancellable', 'idempotency_key_in_use', 'idempotency_key_reused'],
  deadlineMs: 8_000,
} as const

export const cancelBooking = defineContract('purchase', 'cancel-booking', {
  summary: 'Buyer: cancel all or some tickets of a booking, as the policy of the sale allows, for a refund',
  ...refund,
})

export const refundBooking = defineContract('purchase', 'refund-booking', {
  summary: 'Organiser: cancel all or some tickets of a booking and refund them',
  ...refund,
})

const eventRefunds = z.object({
  event_id: eventId,
  status: z.enum(['running', 'done']),
  /** Paid bookings of the event, and how many of them are refunded. */
  bookings: z.int(),
  refunded: z.int(),
  refunded_minor: z.int(),
  started_at: z.string(),
  finished_at: z.string().nullable(),
})

export const refundEvent = defineContract('purchase', 'refund-event', {
  summary: 'Refund all bookings of a cancelled event, however long it takes; repeating it changes nothing',
  request: z.strictObject({ event_id: eventId }),
  reply: eventRefunds,
  errors: [],
  deadlineMs: 5_000,
})

export const viewEventRefunds = defineContract('purchase', 'view-event-refunds', {
  summary: 'Organiser: progress of the refunds of a cancelled event',
  request: z.strictObject({ event_id: eventId }),
  reply: eventRefunds,
  errors: ['not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

export const receiveWebhook = defineContract('purchase', 'receive-webhook', {
  summary: 'A change reported by a payment provider: verified, stored once and applied before the reply',
  request: z.strictObject({
    provider: z.enum(['sandbox']),
    /** The raw body: its exact bytes are signed. */
    body: z.string().max(65_536),
    signature: z.string().max(1_000),
  }),
  reply: z.object({ outcome: z.enum(['applied', 'duplicate']) }),
  errors: ['bad_signature'],
  deadlineMs: 5_000,
})
