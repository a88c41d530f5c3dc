import type { RefundReason } from '#shared/contracts/bookings.ts'
import type { ParsedRequestOf, ReplyOf } from '#shared/contracts/contract.ts'
import { cancelTickets as contract } from '#shared/contracts/payment-steps.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Key, keyOf } from '#shared/ids.ts'
import type { Caller } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { ticketsToCancel } from '../cancellation-policy.ts'
import type { BookingMetrics } from '../metrics.ts'
import { noSuchBooking, noSuchTicket } from '../refusals.ts'
import { type BookingState, lockBooking, oweRefund } from '../store/bookings.ts'
import { findCancellation, insertCancellation } from '../store/cancellations.ts'
import { findSale } from '../store/sales.ts'
import { lockTickets } from '../store/tickets.ts'
import { voidAndFree } from '../void-tickets.ts'

interface Cancellation {
  readonly booking: Key
  readonly refund: Key
  readonly reason: RefundReason
  /** Own ids; `undefined`: all that can be cancelled. */
  readonly wanted: readonly string[] | undefined
  readonly requestId: string
}

/** A repetition gets the first answer, even if the policy would no longer allow it. */
export function cancelTickets({ postgres, metrics }: { postgres: Postgres; metrics: BookingMetrics }): Operation {
  return operation(contract, async (request, { caller, requestId }) => {
    const booking = keyOf(request.booking_id)
    const reason = reasonOf(request, caller)
    const wanted = request.ticket_ids?.map((id) => ticketOf(booking, id))
    const refund = { eventId: booking.eventId, ownId: request.refund_id }
    const { returnedPlaces, ...reply } = await postgres.transaction(async (db) => {
      const state = await lockBooking(db, booking)
      if (state === undefined || (reason === 'buyer' && state.userId !== caller.id)) throw noSuchBooking()
      return cancelOnce(db, state, { booking, refund, reason, wanted, requestId })
    })
    metrics.returned(returnedPlaces)
    return reply
  })
}

async function cancelOnce(
  db: Database,
  { status, payment }: BookingState,
  { booking, refund, reason, wanted, requestId }: Cancellation,
): Promise<ReplyOf<typeof contract> & { returnedPlaces: number }> {
  const earlier = await findCancellation(db, refund)
  if (earlier !== undefined) {
    if (earlier.bookingId !== booking.ownId) throw new Error(`refund ${refund.ownId} is of another booking`)
    return { amount_minor: earlier.amountMinor, returnedPlaces: 0 }
  }
  const sale = await findSale(db, booking.eventId)
  if (sale === undefined) throw new Error(`booking ${booking.ownId} has no sale`)
  const tickets = await lockTickets(db, booking)
  const ticketIds = ticketsToCancel({
    reason,
    booking: { status, paymentStatus: payment.status },
    tickets,
    wanted,
    cancelUntil: sale.cancelUntil,
    now: sale.now,
  })
  const isAll = tickets.every((ticket) => ticket.status === 'void' || ticketIds.includes(ticket.ownId))
  const sellAgain = reason !== 'event_cancelled' && sale.status !== 'cancelled'
  const amountMinor = await voidAndFree(db, { booking, ticketIds, isAll, reason, sellAgain, requestId })
  await insertCancellation(db, refund, { bookingId: booking.ownId, reason, amountMinor })
  await oweRefund(db, booking, amountMinor)
  return { amount_minor: amountMinor, returnedPlaces: ticketIds.length }
}

/** The reason of a refund. Buyers can only give their own; the other reasons are for organisers and the system. */
function reasonOf({ reason }: ParsedRequestOf<typeof contract>, { role }: Caller): RefundReason {
  const mayDecide = reason === 'buyer' ? role === 'user' : role === 'organiser' || role === 'system'
  if (!mayDecide) throw new TicketingError('forbidden', 'You may not cancel tickets for this reason.')
  return reason
}

function ticketOf(booking: Key, publicTicketId: string): string {
  const { eventId, ownId } = keyOf(publicTicketId)
  if (eventId !== booking.eventId) throw noSuchTicket()
  return ownId
}
