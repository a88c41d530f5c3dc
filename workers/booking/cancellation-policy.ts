import type { BookedPaymentStatus, Booking, RefundReason } from '#shared/contracts/bookings.ts'
import { TicketingError } from '#shared/errors.ts'
import { noSuchTicket } from './refusals.ts'

export interface TicketState {
  readonly ownId: string
  readonly status: 'valid' | 'used' | 'void'
  /** Somebody else is its holder. */
  readonly isPassedOn: boolean
}

export interface CancellationWish {
  readonly reason: RefundReason
  readonly booking: { readonly status: Booking['status']; readonly paymentStatus: BookedPaymentStatus }
  /** All tickets of the booking. */
  readonly tickets: readonly TicketState[]
  /** Own ids of the wanted tickets; `undefined`: all that can be cancelled. */
  readonly wanted: readonly string[] | undefined
  /** Until when buyers can return tickets; null: never. */
  readonly cancelUntil: Date | null
  readonly now: Date
}

/**
 * Own ids of the tickets to cancel. Money can be refunded only after it was captured. A buyer can cancel until the sale's deadline, an
 * organiser at any time. Neither can cancel a used ticket, and a buyer cannot cancel a ticket that was passed on. For a cancelled event
 * everything can be cancelled.
 * Throws `not_cancellable` with a `reason`, and `not_found` for a ticket that the booking does not have.
 */
export function ticketsToCancel(wish: CancellationWish): string[] {
  refuseUnpaid(wish.booking)
  if (wish.reason === 'buyer') refuseAfterDeadline(wish)
  const known = new Map(wish.tickets.map((ticket) => [ticket.ownId, ticket]))
  const mayBeUsed = wish.reason === 'event_cancelled'
  const mayBePassedOn = wish.reason !== 'buyer'
  if (wish.wanted === undefined) {
    const left = wish.tickets.filter(
      ({ status, isPassedOn }) =>
        (status === 'valid' || (mayBeUsed && status === 'used')) && (mayBePassedOn || !isPassedOn),
    )
    if (left.length === 0) throw notCancellable('no_valid_tickets', 'You have no valid tickets of this booking left.')
    return left.map(({ ownId }) => ownId)
  }
  const wanted = [...new Set(wish.wanted)]
  for (const ownId of wanted) {
    const ticket = known.get(ownId)
    if (ticket === undefined) throw noSuchTicket()
    const { status, isPassedOn } = ticket
    if (status === 'void') throw notCancellable('ticket_void', 'One of these tickets is already void.')
    if (status === 'used' && !mayBeUsed) throw notCancellable('ticket_used', 'One of these tickets has been used.')
    if (isPassedOn && !mayBePassedOn) {
      throw notCancellable('passed_on', 'You passed one of these tickets on; only its holder can use it.')
    }
  }
  return wanted
}

function refuseUnpaid({ status, paymentStatus }: CancellationWish['booking']): void {
  if (status === 'cancelled') throw notCancellable('already_cancelled', 'This booking is already cancelled.')
  if (status !== 'confirmed') throw notCancellable('not_confirmed', 'This booking is not confirmed.')
  if (paymentStatus !== 'captured') {
    throw notCancellable('payment_under_way', 'This booking is still being paid for; try again shortly.')
  }
}

function refuseAfterDeadline({ cancelUntil, now }: CancellationWish): void {
  if (cancelUntil === null) throw notCancellable('no_returns', 'Tickets of this event cannot be given back.')
  if (now >= cancelUntil) throw notCancellable('too_late', 'Tickets of this event can no longer be given back.')
}

function notCancellable(reason: string, message: string): TicketingError {
  return new TicketingError('not_cancellable', message, { extra: { reason } })
}
