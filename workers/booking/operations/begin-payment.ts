import type { ParsedRequestOf, ReplyOf } from '#shared/contracts/contract.ts'
import { beginPayment as contract } from '#shared/contracts/payment-steps.ts'
import { once } from '#shared/database/idempotency.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { addFact } from '#shared/facts/outbox.ts'
import { type Key, keyOf, publicId } from '#shared/ids.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { holdFact, noPlaces } from '../facts.ts'
import { lockOwnHold } from '../own-hold.ts'
import { holdEnded, holdExpired } from '../refusals.ts'
import { findBookingOfHold, openBooking } from '../store/bookings.ts'
import { isPast } from '../store/clock.ts'
import { startPaying } from '../store/hold-times.ts'
import type { HoldStatus } from '../store/holds.ts'
import { findSale } from '../store/sales.ts'

interface Beginning {
  readonly request: ParsedRequestOf<typeof contract>
  readonly userId: string
  readonly paymentWindowMs: number
}

/**
 * Begins a payment for a hold. Stores its reply under the idempotency key: a payment whose driver lost the first reply must learn its
 * attempt, while any other payment is refused because the hold is being paid for.
 */
export function beginPayment(
  { postgres }: { postgres: Postgres },
  { paymentWindowMs }: { paymentWindowMs: number },
): Operation {
  return operation(contract, async (request, context) => {
    // `not_after` is not part of the request's identity: it differs at every repetition.
    const { not_after, ...asked } = request
    const command = { schema: 'booking', operation: contract.operation, request: asked, context } as const
    const beginning = { request, userId: requireUser(context.caller), paymentWindowMs }
    return postgres.transaction((db) => once(db, command, () => begin(db, beginning)))
  })
}

async function begin(db: Database, { request, userId, paymentWindowMs }: Beginning): Promise<ReplyOf<typeof contract>> {
  // Checked while this transaction has the key: a saga that gives up the payment later waits for this outcome.
  const { not_after: notAfter } = request
  if (notAfter !== undefined && (await isPast(db, notAfter))) {
    throw new TicketingError('worker_timeout', 'The request to pay arrived too late; try again.')
  }
  const key = keyOf(request.hold_id)
  const hold = await lockOwnHold(db, key, userId)
  if (hold.status !== 'active') throw await notPayable(db, key, hold.status)
  const sale = await findSale(db, key.eventId)
  if (sale === undefined || sale.status === 'cancelled') throw holdEnded('The event is cancelled.')
  const { totalMinor } = hold
  const { currency } = sale
  if ((request.expected_total_minor ?? totalMinor) !== totalMinor || (request.currency ?? currency) !== currency) {
    throw new TicketingError(
      'price_changed',
      'The price has changed since you saw it; total_minor is the current price.',
      {
        extra: { total_minor: totalMinor, currency },
      },
    )
  }
  // Expiry is judged by when a transaction began: one that began a moment later may have just taken a seat.
  const expiresInMs = await startPaying(db, { hold: key, paymentWindowMs })
  if (expiresInMs === null) throw holdExpired()
  const paying = holdFact(key, { what: 'paying', status: 'paying', userId, expiresInMs, ...noPlaces })
  await addFact(db, 'booking', paying)
  const booking = await openBooking(db, { hold: key, userId, totalMinor, currency })
  return {
    booking_id: publicId({ eventId: key.eventId, ownId: booking.ownId }),
    event_id: key.eventId,
    attempt: booking.attempt,
    total_minor: totalMinor,
    currency,
  }
}

async function notPayable(db: Database, hold: Key, status: Exclude<HoldStatus, 'active'>): Promise<TicketingError> {
  const booking = await findBookingOfHold(db, hold)
  const extra = booking && { booking_id: publicId({ eventId: hold.eventId, ownId: booking.ownId }) }
  switch (status) {
    case 'expired':
      return holdExpired()
    case 'released':
      return holdEnded('You gave these places back.')
    case 'paying':
      return new TicketingError('payment_in_progress', 'These seats are already being paid for.', {
        ...(extra && { extra }),
      })
    case 'converted':
      if (booking?.status === 'cancelled') return holdEnded('The booking of these places was cancelled.')
      return new TicketingError('already_purchased', 'You have already bought these seats.', {
        ...(extra && { extra }),
      })
  }
}
