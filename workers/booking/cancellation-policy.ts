import type { BookedPaymentStatus, Booking, RefundReason } from '#shared/contracts/bookings.ts'
import { TicketingError } from '#shared/errors.ts'
import { noSuchTicket } from './refusals.ts'

export interface TicketState {
  readonly ownId: string
  readonly status: 'valid' | 'used' | 'void'
  /** Somebody else has it. */
  readonly isPassedOn: boolean
}

export interface CancellationWish {
  readonly reason: RefundReason
  readonly booking: { readonly status: Booking['status']; readonly paymentStatus: BookedPaymentStatus }
  /** All tickets of the booking. */
  readonly tickets: readonly TicketState[]
  /** Own ids of those wanted; `undefined`: all that may be taken back. */
  readonly wanted: readonly string[] | undefined
  /** Until then buyers may give tickets back; null: never. */
  readonly cancelUntil: Date | null
  readonly now: Date
}

/**
 * Own ids of the tickets to take back. Money can go back only once it was taken. A buyer may until the sale's deadline, an
 * organiser at any time; neither may take back a ticket that was used, and a buyer none that somebody else has. Of a cancelled
 * event everything goes back.
 * Throws `not_cancellable` naming a `reason`, and `not_found` for a ticket that the booking does not have.
 */
export function ticketsToTakeBack(wish: CancellationWish): string[] {
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
    if (status === 'void') throw notCancellable('ticket_void', 'One of these tickets is void already.')
    if (status === 'used' && !mayBeUsed) throw notCancellable('ticket_used', 'One of these tickets has been used.')
    if (isPassedOn && !mayBePassedOn) {
      throw notCancellable('passed_on', 'You passed one of these tickets on; only who has it may use it.')
    }
  }
  return wanted
}

function refuseUnpaid({ status, paymentStatus }: CancellationWish['booking']): void {
  if (status === 'cancelled') throw notCancellable('already_cancelled', 'This booking is cancelled already.')
  if (status !== 'confirmed') throw notCancellable('not_confirmed', 'This booking is not confirmed.')
  if (paymentStatus !== 'captured') {
    throw notCancellable('payment_under_way', 'This booking is still being paid for; try again shortly.')
  }
}

function refuseAfterDeadline({ cancelUntil, now }: CancellationWish): void {
  if (cancelUntil === null) throw notCancellable('no_returns', 'Tickets of this event cannot be given back.')
  if (now >= cancelUntil) throw notCancellable('too_late', 'The time to give tickets of this event back is over.')
}

function notCancellable(reason: string, message: string): TicketingError {
  return new TicketingError('not_cancellable', message, { extra: { reason } })
}
