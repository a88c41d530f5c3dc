import { z } from 'zod'
import { booking, ticketIds } from './bookings.ts'
import { defineContract } from './contract.ts'
import { bookingId, currency, eventId, holdId, text, totalMinor, utcTime } from './fields.ts'
import { holdRefusals } from './holds.ts'
import { isSelection, selection, selectionMessage } from './places.ts'

/** Operations of the purchase worker, the only one that calls a payment provider. */

/** The states of a payment; `workers/purchase/payment.ts` has the moves between them. */
export const paymentStatuses = [
  'created',
  'authorising',
  'unknown',
  'authorised',
  'capturing',
  'captured',
  'refunded',
  'voiding',
  'voided',
  'failed',
] as const

export type PaymentStatus = (typeof paymentStatuses)[number]

/** The states of a refund; `workers/purchase/refund.ts` has the moves between them. */
export const refundStatuses = ['requested', 'returning', 'done', 'refused'] as const

export type RefundStatus = (typeof refundStatuses)[number]

/** Idempotency-Key of a request. */
const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters')

const payment = {
  payment_token: text(200)
    .optional()
    .meta({
      description: 'Token of the payment provider; required unless the places cost nothing. Card numbers are refused',
      examples: ['tok_ok'],
    }),
  expected_total_minor: totalMinor
    .optional()
    .describe('What the buyer expects to pay, in minor units; another price is refused with `price_changed`'),
  currency: currency.optional().describe('Currency of `expected_total_minor`, ISO 4217'),
}

const bookingWithMessage = booking
  .extend({ message: z.string().describe('What happened, in a sentence for the buyer') })
  .meta({ id: 'BookingWithMessage', description: 'A booking, and what just happened to it' })

export const purchaseHold = defineContract('purchase', 'purchase-hold', {
  summary: 'Pay for a hold, or hold and pay in one call; answers the booking, pending while the payment is under way',
  request: z.union([
    z
      .strictObject({ hold_id: holdId, ...payment })
      .meta({ title: 'Purchase of a hold', description: 'Pays for places that are held' }),
    z
      .strictObject({ event_id: eventId, ...selection, ...payment })
      .refine(isSelection, selectionMessage)
      .meta({ title: 'Purchase of places', description: 'Holds places and pays for them in one call' }),
  ]),
  reply: bookingWithMessage,
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
  // A live worker returns the booking in its current state half a second earlier; for a dead worker, see `viewPurchase`.
  deadlineMs: 5_000,
})

/** Why there is no money for a purchase. `not_authorised`: the payment provider never received the payment, and will refuse it. */
export const paymentFailure = z.enum(['not_authorised', 'declined', 'capture_refused'])

export type PaymentFailure = z.infer<typeof paymentFailure>

/** The outcomes of a purchase that a buyer can see. */
const outcome = z.enum(['processing', 'bought', 'declined', 'lost', 'revoked', 'not_started'])

export type Outcome = z.infer<typeof outcome>

export const viewPurchase = defineContract('purchase', 'view-purchase', {
  summary: 'How a purchase of the caller ended, found by its Idempotency-Key; for a day if it took no money',
  request: z.strictObject({
    idempotency_key: idempotencyKey.describe('The Idempotency-Key of the purchase'),
  }),
  reply: z
    .object({
      idempotency_key: z.string().describe('The Idempotency-Key of the purchase'),
      status: outcome.describe(
        '`processing`: read it again in a second; `declined`: there was no money; the hold may still be active; `lost`: the places could no longer be sold to you, and no money was taken; `revoked`: the money could not be taken, and the places were released; `not_started`: send the purchase again',
      ),
      hold_id: holdId.nullable().describe('The hold that is paid for; null while it is not known'),
      booking_id: bookingId.nullable().describe('The booking, which shows the tickets; null while there is none'),
      decline_code: z.string().nullable().describe('Why the payment provider declined; null if it did not'),
      message: z.string().describe('What happened and what to do next, in a sentence for the buyer'),
    })
    .meta({ id: 'Purchase', description: 'How a purchase goes, or how it ended' }),
  errors: ['not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

const refund = {
  request: z.strictObject({
    booking_id: bookingId,
    ticket_ids: ticketIds,
  }),
  reply: bookingWithMessage,
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

const eventRefunds = z
  .object({
    event_id: eventId,
    status: z.enum(['running', 'done']).describe('Whether refunds are still to come'),
    bookings: z.int().describe('Paid bookings of the event'),
    refunded: z.int().describe('How many of them are refunded'),
    refunded_minor: z.int().describe('Refunded so far, in minor units'),
    started_at: utcTime.describe('When the refunds began'),
    finished_at: utcTime.nullable().describe('When the last refund was paid out; null before'),
  })
  .meta({ id: 'EventRefunds', description: 'Progress of the refunds of a cancelled event' })

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
    provider: z.enum(['sandbox']).describe('The payment provider that reports'),
    body: z.string().max(65_536).describe('The raw body; the signature covers its exact bytes'),
    signature: z.string().max(1_000).describe('The header `Webhook-Signature`'),
  }),
  reply: z.object({
    outcome: z.enum(['applied', 'duplicate']).describe('`duplicate`: it was applied before'),
  }),
  errors: ['bad_signature'],
  deadlineMs: 5_000,
})
