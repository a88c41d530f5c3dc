import * as booking from '#shared/contracts/booking.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { user } from '#shared/messaging/caller.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { type Begun, begunOf, type Payment } from './payment.ts'

/* What the saga asks of the booking worker, on behalf of the buyer. Each may be repeated: the payment's id is its key. */

/** On whose account a step of the saga is taken. */
export interface Drive {
  /** The buyer's request, or the reconciler's own. */
  readonly requestId: string
  /** `performance.now()` of this process until when the step must be through. */
  readonly deadlineAt: number
}

/** Refused as the contract says; the payment needs no booking yet. */
export async function beginPayment(bus: Bus, payment: Payment, drive: Drive): Promise<Begun> {
  const { holdId, expectedTotalMinor, expectedCurrency } = payment
  const request = {
    hold_id: holdId,
    ...(expectedTotalMinor === null ? {} : { expected_total_minor: expectedTotalMinor }),
    ...(expectedCurrency === null ? {} : { currency: expectedCurrency }),
  }
  const begun = await call(bus, booking.beginPayment, request, contextOf(payment, drive))
  return {
    bookingId: begun.booking_id,
    attempt: begun.attempt,
    amountMinor: begun.total_minor,
    currency: begun.currency,
  }
}

export async function confirmHold(bus: Bus, payment: Payment, drive: Drive): Promise<'CONFIRMED' | 'LOST'> {
  const request = { booking_id: begunOf(payment).bookingId }
  return (await call(bus, booking.confirmHold, request, contextOf(payment, drive))).outcome
}

export async function returnHold(bus: Bus, payment: Payment, drive: Drive): Promise<void> {
  const { bookingId, attempt } = begunOf(payment)
  await call(bus, booking.returnHold, { booking_id: bookingId, attempt }, contextOf(payment, drive))
}

/** Tells the booking that its payment was captured or voided, and answers the booking. */
export function recordPayment(
  bus: Bus,
  payment: Payment,
  status: 'captured' | 'voided',
  drive: Drive,
): Promise<booking.Booking> {
  const { bookingId, attempt, amountMinor } = begunOf(payment)
  const captured_minor = status === 'captured' ? amountMinor : 0
  const request = { booking_id: bookingId, attempt, status, captured_minor }
  return call(bus, booking.recordPayment, request, contextOf(payment, drive))
}

export function viewBooking(bus: Bus, payment: Payment, drive: Drive): Promise<booking.Booking> {
  return call(bus, booking.viewBooking, { booking_id: begunOf(payment).bookingId }, contextOf(payment, drive))
}

function contextOf(payment: Payment, { requestId, deadlineAt }: Drive): MessageContext {
  return { requestId, caller: user(payment.userId), deadlineAt, idempotencyKey: payment.id }
}
