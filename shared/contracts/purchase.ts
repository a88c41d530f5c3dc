import { z } from 'zod'
import { booking, holdRefusals, namesOneSelection, oneSelectionMessage, selection } from './booking.ts'
import { defineContract } from './contract.ts'
import { currency, eventId, priceMinor, publicIdField, text } from './fields.ts'

/** What the purchase worker answers: it alone talks to a payment provider. */

const payment = {
  /** A token of the payment provider. Card numbers never reach this system. */
  payment_token: text(200),
  expected_total_minor: priceMinor.optional(),
  currency: currency.optional(),
}

const purchaseOfHold = z.strictObject({ hold_id: publicIdField, ...payment })

/** Hold and pay in one call. */
const purchaseOfSeats = z
  .strictObject({ event_id: eventId, ...selection, ...payment })
  .refine(namesOneSelection, oneSelectionMessage)

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
