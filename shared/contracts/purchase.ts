import { z } from 'zod'
import { booking } from './bookings.ts'
import { defineContract } from './contract.ts'
import { currency, eventId, publicIdField, text, totalMinor } from './fields.ts'
import { holdRefusals } from './holds.ts'
import { isSelection, selection, selectionMessage } from './places.ts'

/** What the purchase worker answers: it alone talks to a payment provider. */

const payment = {
  /** A token of the payment provider. Card numbers never reach this system. */
  payment_token: text(200),
  expected_total_minor: totalMinor.optional(),
  currency: currency.optional(),
}

const purchaseOfHold = z.strictObject({ hold_id: publicIdField, ...payment })

/** Hold and pay in one call. */
const purchaseOfSeats = z
  .strictObject({ event_id: eventId, ...selection, ...payment })
  .refine(isSelection, selectionMessage)

export const purchaseHold = defineContract({
  worker: 'purchase',
  operation: 'purchase-hold',
  summary:
    'Pay for a hold, or hold and pay in one call; answers the confirmed booking, or a pending one while the money is on its way',
  request: z.union([purchaseOfHold, purchaseOfSeats]),
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
  deadlineMs: 8_000,
})

const refundReply = booking.extend({ message: z.string() })
const ticketIds = z.array(publicIdField).min(1).max(100).optional()
const refundErrors = ['not_found', 'not_cancellable', 'idempotency_key_in_use', 'idempotency_key_reused'] as const

export const cancelBooking = defineContract({
  worker: 'purchase',
  operation: 'cancel-booking',
  summary:
    'Buyer: give all or some tickets of a booking back, as the policy of the sale allows, and get the money back',
  request: z.strictObject({ booking_id: publicIdField, ticket_ids: ticketIds }),
  reply: refundReply,
  errors: refundErrors,
  deadlineMs: 8_000,
})

export const refundBooking = defineContract({
  worker: 'purchase',
  operation: 'refund-booking',
  summary: 'Organiser: take all or some tickets of a booking back and refund them',
  request: z.strictObject({ booking_id: publicIdField, ticket_ids: ticketIds }),
  reply: refundReply,
  errors: refundErrors,
  deadlineMs: 8_000,
})

/** How far the refunds of a cancelled event are. */
const eventRefunds = z.object({
  event_id: eventId,
  status: z.enum(['running', 'done']),
  /** Paid bookings of the event, and those of them whose money is back. */
  bookings: z.int(),
  refunded: z.int(),
  refunded_minor: z.int(),
  started_at: z.string(),
  finished_at: z.string().nullable(),
})

export const refundEvent = defineContract({
  worker: 'purchase',
  operation: 'refund-event',
  summary: 'The event is cancelled: refund all its bookings, however long that takes; asking again changes nothing',
  request: z.strictObject({ event_id: eventId }),
  reply: eventRefunds,
  errors: [],
  deadlineMs: 5_000,
})

export const viewEventRefunds = defineContract({
  worker: 'purchase',
  operation: 'view-event-refunds',
  summary: 'Organiser: how far the refunds of a cancelled event are',
  request: z.strictObject({ event_id: eventId }),
  reply: eventRefunds,
  errors: ['not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

export const receiveWebhook = defineContract({
  worker: 'purchase',
  operation: 'receive-webhook',
  summary: 'A payment provider tells of a change: verified, stored once and applied before it is answered',
  request: z.strictObject({
    provider: z.enum(['sandbox']),
    /** The raw body: its signature is over these very bytes. */
    body: z.string().max(65_536),
    signature: z.string().max(1_000),
  }),
  reply: z.object({ outcome: z.enum(['applied', 'duplicate']) }),
  errors: ['bad_signature'],
  deadlineMs: 5_000,
})
