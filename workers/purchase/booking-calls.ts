import type { Booking } from '#shared/contracts/bookings.ts'
import { viewBooking as viewBookingContract } from '#shared/contracts/bookings.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import { type Hold, releaseHold as releaseHoldContract, viewHold as viewHoldContract } from '#shared/contracts/holds.ts'
import * as steps from '#shared/contracts/payment-steps.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { type Caller, system, user } from '#shared/messaging/caller.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { type BegunPayment, begunOf, type Payment } from './payment.ts'
import type { Refund } from './refund.ts'
import type { StepContext } from './saga.ts'

/*
 * What the sagas ask of the booking worker, on behalf of the buyer. Each may be repeated: the id of the payment, of the refund
 * or of a hold to give back is its key.
 */

/**
 * Refused as the contract says; the payment needs no booking yet. A message that is still on its way when the lease is over
 * opens nothing: by then another worker may have taken the payment over and ended it, and nobody would pay for what it opened.
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

/** Gives the places of a hold back; refused as the contract says while it is paid for, and ever after. */
export async function releaseHold(
  bus: Bus,
  { holdId, userId }: Pick<Payment, 'holdId' | 'userId'>,
  context: StepContext,
): Promise<void> {
  await call(bus, releaseHoldContract, { hold_id: holdId }, messageContextOf({ id: holdId, userId }, context))
}

export function confirmHold(
  bus: Bus,
  payment: Payment,
  context: StepContext,
): Promise<ReplyOf<typeof steps.confirmHold>> {
  const request = { booking_id: begunOf(payment).bookingId }
  return call(bus, steps.confirmHold, request, messageContextOf(payment, context))
}

export async function returnHold(bus: Bus, payment: Payment, context: StepContext): Promise<void> {
  const { bookingId, attempt } = begunOf(payment)
  await call(bus, steps.returnHold, { booking_id: bookingId, attempt }, messageContextOf(payment, context))
}

/** Tells the booking that its payment was captured or voided, and answers the booking. */
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

/** Tells the booking that its money is not available after all: its tickets are void then and its places free. */
export async function revokeBooking(bus: Bus, payment: Payment, context: StepContext): Promise<void> {
  const { bookingId, attempt } = begunOf(payment)
  await call(bus, steps.revokeBooking, { booking_id: bookingId, attempt }, messageContextOf(payment, context))
}

export function viewBooking(bus: Bus, payment: Payment, context: StepContext): Promise<Booking> {
  return call(bus, viewBookingContract, { booking_id: begunOf(payment).bookingId }, messageContextOf(payment, context))
}

export function viewHold(bus: Bus, payment: Payment, context: StepContext): Promise<Hold> {
  return call(bus, viewHoldContract, { hold_id: payment.holdId }, messageContextOf(payment, context))
}

/**
 * Takes tickets back and answers what they are worth; when it was not the buyer's wish, on behalf of the system. Refused as the
 * contract says: nothing has happened then.
 */
export async function cancelTickets(bus: Bus, refund: Refund, context: StepContext): Promise<number> {
  const { id, bookingId, ticketIds, reason, userId } = refund
  const tickets = ticketIds === null ? {} : { ticket_ids: [...ticketIds] }
  const request = { booking_id: bookingId, refund_id: id, ...tickets, reason }
  const caller = reason === 'buyer' ? user(userId) : system('purchase')
  return (await call(bus, steps.cancelTickets, request, messageContextOf(refund, context, caller))).amount_minor
}

/** Tells the booking that the money of a refund is back, and answers the booking. */
export function recordRefund(bus: Bus, refund: Refund, context: StepContext): Promise<Booking> {
  const request = { booking_id: refund.bookingId, refund_id: refund.id }
  return call(bus, steps.recordRefund, request, messageContextOf(refund, context))
}

function messageContextOf(
  { id, userId }: Pick<Payment | Refund, 'id' | 'userId'>,
  { requestId, deadlineAt }: StepContext,
  caller: Caller = user(userId),
): MessageContext {
  return { requestId, caller, deadlineAt, idempotencyKey: id }
}
