import {
  type Booking,
  beginPayment,
  confirmHold,
  recordPayment,
  returnHold,
  viewBooking,
} from '#shared/contracts/booking.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { user } from '#shared/messaging/caller.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import type { Begun, Payment } from './payment.ts'

/** On whose account a step of the saga is taken. */
export interface Drive {
  /** The buyer's request, or the reconciler's own. */
  readonly requestId: string
  /** `performance.now()` of this process until when the step must be through. */
  readonly deadlineAt: number
}

/** What the saga asks of the booking worker, on behalf of the buyer. Each may be repeated: the payment's id is its key. */
export interface BookingCalls {
  /** Refused as the contract says; the payment needs no booking yet. */
  beginPayment(payment: Payment, drive: Drive): Promise<Begun>
  confirmHold(payment: Payment, drive: Drive): Promise<'CONFIRMED' | 'LOST'>
  returnHold(payment: Payment, drive: Drive): Promise<void>
  /** Tells the booking that its payment was captured or voided, and answers the booking. */
  recordPayment(payment: Payment, status: 'captured' | 'voided', drive: Drive): Promise<Booking>
  viewBooking(payment: Payment, drive: Drive): Promise<Booking>
}

export function bookingCalls(bus: Bus): BookingCalls {
  return {
    async beginPayment(payment, drive) {
      const { holdId, expectedTotalMinor, expectedCurrency } = payment
      const request = {
        hold_id: holdId,
        ...(expectedTotalMinor === null ? {} : { expected_total_minor: expectedTotalMinor }),
        ...(expectedCurrency === null ? {} : { currency: expectedCurrency }),
      }
      const begun = await call(bus, beginPayment, request, contextOf(payment, drive))
      return {
        bookingId: begun.booking_id,
        attempt: begun.attempt,
        amountMinor: begun.total_minor,
        currency: begun.currency,
      }
    },
    async confirmHold(payment, drive) {
      const { bookingId } = begunOf(payment)
      const { outcome } = await call(bus, confirmHold, { booking_id: bookingId }, contextOf(payment, drive))
      return outcome
    },
    async returnHold(payment, drive) {
      const { bookingId, attempt } = begunOf(payment)
      await call(bus, returnHold, { booking_id: bookingId, attempt }, contextOf(payment, drive))
    },
    recordPayment(payment, status, drive) {
      const { bookingId, attempt, amountMinor } = begunOf(payment)
      const captured_minor = status === 'captured' ? amountMinor : 0
      const request = { booking_id: bookingId, attempt, status, captured_minor }
      return call(bus, recordPayment, request, contextOf(payment, drive))
    },
    viewBooking(payment, drive) {
      return call(bus, viewBooking, { booking_id: begunOf(payment).bookingId }, contextOf(payment, drive))
    },
  }
}

/** The booking and price of a payment; every state past `created` has them. */
export function begunOf(payment: Payment): Begun {
  if (payment.begun === null) throw new Error(`payment ${payment.id} is ${payment.status} without a booking`)
  return payment.begun
}

function contextOf(payment: Payment, { requestId, deadlineAt }: Drive): MessageContext {
  return { requestId, caller: user(payment.userId), deadlineAt, idempotencyKey: payment.id }
}
