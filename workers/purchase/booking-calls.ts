import type { Booking } from '#shared/contracts/bookings.ts'
import { viewBooking as viewBookingContract } from '#shared/contracts/bookings.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import { type Hold, releaseHold as releaseHoldContract, viewHold as viewHoldContract } from '#shared/contracts/holds.ts'
import * as steps from '#shared/contracts/payment-steps.ts'
import * as privacy from '#shared/contracts/privacy.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { type Caller, system, user } from '#shared/messaging/caller.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { type BegunPayment, begunOf, type Payment } from './payment.ts'
import type { Refund } from './refund.ts'
import type { StepContext } from './saga.ts'
import type { Erasure } from './store/erasures.ts'

/*
 * The calls to the booking worker, on behalf of the buyer. All that change something are idempotent: their key is the id of the payment, of
 * the refund, of the erasure, or of the hold to release.
 */

/**
 * Begins a payment; refused as the contract says. The payment needs no booking yet. A message that is still on its way when the lease ends
 * opens nothing: by then another worker may have taken over the payment and ended it, and nobody would pay for an opened booking.
 */
export async function beginPayment(bus: Bus, payment: Payment, context: StepContext): Promise<BegunPayment> {
  const { id, status, holdId, expectedTotalMinor, expectedCurrency, leaseUntil } = payment
  if (leaseUntil === null) throw new Error(`payment ${id} is ${status} and nobody's`)
  const request = {
    hold_id: holdId,
    not_after: leaseUntil.toISOString(),
    ...(expectedTotalMinor === null ? {} : { expected_total_minor: expectedTotalMinor }),
    ...(expectedCurrency === null ? {} : { currency: expectedCurrency }),
  }
  const begun = await call(bus, steps.beginPayment, request, messageContextOf(payment, context))
  return {
    bookingId: begun.booking_id,
    attempt: begun.attempt,
    amountMinor: begun.total_minor,
    currency: begun.currency,
  }
}

/** Releases a hold. Refused, as the contract says, while it is being paid for and after it was bought. */
export async function releaseHold(
  bus: Bus,
  { holdId, userId }: Pick<Payment, 'holdId' | 'userId'>,
  context: StepContext,
): Promise<void> {
  await call(bus, releaseHoldContract, { hold_id: holdId }, messageContextOf({ id: holdId, userId }, context))
}

/** Sells the places of a hold, whose money is reserved. */
export function confirmHold(
  bus: Bus,
  payment: Payment,
  context: StepContext,
): Promise<ReplyOf<typeof steps.confirmHold>> {
  const request = { booking_id: begunOf(payment).bookingId }
  return call(bus, steps.confirmHold, request, messageContextOf(payment, context))
}

/** Ends the payment of a hold without a sale: the buyer can pay again while it lasts. */
export async function returnHold(bus: Bus, payment: Payment, context: StepContext): Promise<void> {
  const { bookingId, attempt } = begunOf(payment)
  await call(bus, steps.returnHold, { booking_id: bookingId, attempt }, messageContextOf(payment, context))
}

/** Reports a captured or voided payment to the booking, and returns the booking. */
export function recordPayment(bus: Bus, payment: Payment, context: StepContext): Promise<Booking> {
  const { bookingId, attempt, amountMinor } = begunOf(payment)
  const money =
    payment.status === 'voided'
      ? ({ status: 'voided', captured_minor: 0 } as const)
      : ({ status: 'captured', captured_minor: amountMinor } as const)
  return call(
    bus,
    steps.recordPayment,
    { booking_id: bookingId, attempt, ...money },
    messageContextOf(payment, context),
  )
}

/** Reports that a payment's money is not available after all: tickets become void and places free. */
export async function revokeBooking(bus: Bus, payment: Payment, context: StepContext): Promise<void> {
  const { bookingId, attempt } = begunOf(payment)
  await call(bus, steps.revokeBooking, { booking_id: bookingId, attempt }, messageContextOf(payment, context))
}

/** The booking of a payment. */
export function viewBooking(bus: Bus, payment: Payment, context: StepContext): Promise<Booking> {
  return call(bus, viewBookingContract, { booking_id: begunOf(payment).bookingId }, messageContextOf(payment, context))
}

/** The hold of a payment. */
export function viewHold(bus: Bus, payment: Payment, context: StepContext): Promise<Hold> {
  return call(bus, viewHoldContract, { hold_id: payment.holdId }, messageContextOf(payment, context))
}

/**
 * Cancels tickets and returns their value; on behalf of the system unless the buyer wanted it. A refusal, as the contract says, changes
 * nothing.
 */
export async function cancelTickets(bus: Bus, refund: Refund, context: StepContext): Promise<number> {
  const { id, bookingId, ticketIds, reason, userId } = refund
  const tickets = ticketIds === null ? {} : { ticket_ids: [...ticketIds] }
  const request = { booking_id: bookingId, refund_id: id, ...tickets, reason }
  const caller = reason === 'buyer' ? user(userId) : system('purchase')
  return (await call(bus, steps.cancelTickets, request, messageContextOf(refund, context, caller))).amount_minor
}

/** Reports that the money of a refund has arrived, and returns the booking. */
export function recordRefund(bus: Bus, refund: Refund, context: StepContext): Promise<Booking> {
  const request = { booking_id: refund.bookingId, refund_id: refund.id }
  return call(bus, steps.recordRefund, request, messageContextOf(refund, context))
}

/** The booking worker's part of what is stored about a user. */
export function exportBuyer(
  bus: Bus,
  userId: string,
  { requestId, deadlineAt }: StepContext,
): Promise<ReplyOf<typeof privacy.exportBuyer>> {
  return call(bus, privacy.exportBuyer, {}, { requestId, caller: user(userId), deadlineAt })
}

/** Erases a user in the booking worker, once. Refused, as the contract says, while something of the user is in progress. */
export async function eraseBuyer(bus: Bus, { id, userId }: Erasure, context: StepContext): Promise<void> {
  const request = { user_id: userId, erased_id: id }
  // Not on behalf of the user, because the booking worker stores who sent the command.
  await call(bus, privacy.eraseBuyer, request, messageContextOf({ id, userId }, context, system('purchase')))
}

function messageContextOf(
  { id, userId }: Pick<Payment | Refund, 'id' | 'userId'>,
  { requestId, deadlineAt }: StepContext,
  caller: Caller = user(userId),
): MessageContext {
  return { requestId, caller, deadlineAt, idempotencyKey: id }
}
