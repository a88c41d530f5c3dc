import { z } from 'zod'
import { TicketingError } from '#shared/errors.ts'
import { booking, refundReason } from './bookings.ts'
import { entry } from './check-in.ts'
import { defineContract } from './contract.ts'
import { bookingId, currency, eventId, holdId, ticketId, totalMinor, userId, utcTime } from './fields.ts'
import { hold } from './holds.ts'
import { paymentStatuses, refundStatuses } from './purchase.ts'
import { passedOnTicket } from './tickets.ts'
import { waitingEntry } from './waiting-list.ts'

/**
 * What people may ask about their own data: to have it, and to have it erased. The purchase worker answers both, and asks the booking worker
 * for its part.
 */

const ofBuyer = z.object({
  holds: z.array(hold).describe('Holds that were not bought, newest first; those that have ended for two days'),
  bookings: z.array(booking).describe('Bookings with their places and tickets, newest first'),
  tickets: z
    .array(passedOnTicket)
    .describe('Tickets that others passed on to the user, newest first, without their codes'),
  admissions: z
    .array(
      entry
        .extend({ ticket_id: ticketId })
        .meta({ id: 'ExportedAdmission', description: 'The admission of a ticket, by its id' }),
    )
    .describe('Where and when the user entered, newest ticket first'),
  waiting_list: z.array(waitingEntry).describe('Entries on waiting lists, newest first'),
  complete: z
    .boolean()
    .describe(
      'False if a list was too long and its oldest items are left out: at most 1,000 items, or 600 KB, of each',
    ),
})

const payment = z
  .object({
    id: z.string().describe('Id of the payment'),
    event_id: eventId,
    hold_id: holdId,
    booking_id: bookingId.nullable().describe('The booking; null if the payment did not begin'),
    idempotency_key: z.string().describe('The Idempotency-Key of the purchase'),
    status: z.enum(paymentStatuses).describe('State of the payment'),
    amount_minor: totalMinor.nullable().describe('The price, in minor units; null if the payment did not begin'),
    captured_minor: totalMinor.describe('Captured, in minor units'),
    refunded_minor: totalMinor.describe('Refunded so far, in minor units'),
    currency: currency.nullable().describe('Currency of these amounts, ISO 4217; null if the payment did not begin'),
    decline_code: z.string().nullable().describe('Why the payment provider declined; null if it did not'),
    created_at: utcTime.describe('When the payment began'),
    refunds: z
      .array(
        z
          .object({
            id: z.string().describe('Id of the refund'),
            ticket_ids: z.array(ticketId).nullable().describe('The tickets to cancel; null: all that were valid'),
            reason: refundReason,
            status: z.enum(refundStatuses).describe('State of the refund'),
            amount_minor: totalMinor.nullable().describe('The amount, in minor units; null until it is known'),
            created_at: utcTime.describe('When the refund was requested'),
          })
          .meta({ id: 'ExportedRefund', description: 'Money that went back, or was to go back' }),
      )
      .describe('Refunds of the payment, oldest first'),
  })
  .meta({ id: 'ExportedPayment', description: 'One attempt to pay for a hold' })

export const exportUser = defineContract('purchase', 'export-user', {
  summary: 'Everything that is stored about the caller, as one document; never payment tokens, which are not stored',
  request: z.strictObject({}),
  reply: z
    .object({
      user_id: z.string().describe('The caller'),
      exported_at: utcTime.describe('When the document was made'),
      ...ofBuyer.shape,
      payments: z.array(payment).describe('Payments with their refunds, newest first'),
    })
    .meta({ id: 'PersonalData', description: 'What is stored about one user' }),
  errors: [],
  deadlineMs: 8_000,
  readOnly: true,
})

export type ExportedPayment = z.infer<typeof payment>
export type ExportedAdmission = z.infer<typeof ofBuyer>['admissions'][number]

export const exportBuyer = defineContract('booking', 'export-buyer', {
  summary: 'The holds, bookings, tickets and waiting-list entries of the caller',
  request: z.strictObject({}),
  reply: ofBuyer,
  errors: [],
  deadlineMs: 5_000,
  readOnly: true,
})

export const eraseUser = defineContract('purchase', 'erase-user', {
  summary:
    'Erase the caller: finished records stay under a random id, open waiting-list entries are left; repeating it changes nothing',
  request: z.strictObject({}),
  reply: z.object({}),
  errors: [
    /** With `reason` and `until`: something of the caller is still in progress. Nothing has changed. */
    'erasure_blocked',
    'idempotency_key_in_use',
  ],
  deadlineMs: 8_000,
})

export const eraseBuyer = defineContract('booking', 'erase-buyer', {
  summary: 'Replace the id of a user in all finished records, once for each replacement, and leave the waiting lists',
  request: z.strictObject({
    user_id: userId,
    erased_id: userId.describe('The id that replaces it'),
  }),
  reply: z.object({}),
  errors: ['erasure_blocked', 'idempotency_key_in_use'],
  deadlineMs: 5_000,
})

/** What keeps a user from being erased. `until`: null if that is not known. */
export interface ErasureBlock {
  readonly reason: 'hold' | 'payment' | 'refund' | 'ticket'
  readonly until: Date | null
}

const blocks: Record<ErasureBlock['reason'], string> = {
  hold: 'you hold places, which you can release or pay for',
  payment: 'a payment of yours is in progress',
  refund: 'a refund to you is in progress',
  ticket: 'you have a ticket that you have not used',
}

/** The refusal to erase a user of whom something is still in progress. */
export function erasureBlocked({ reason, until }: ErasureBlock): TicketingError {
  const end = until?.toISOString() ?? null
  const message = `Nothing was erased: ${blocks[reason]}. Try again ${end === null ? 'later' : `after ${end}`}.`
  return new TicketingError('erasure_blocked', message, { extra: { reason, until: end } })
}
