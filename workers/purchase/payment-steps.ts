import type { Booking } from '#shared/contracts/bookings.ts'
import * as booking from './booking-calls.ts'
import {
  begunOf,
  type Move,
  mayMove,
  moveAfterAsking,
  moveAfterCapture,
  moveAfterConfirm,
  moveAfterError,
  type Payment,
} from './payment.ts'
import type { PaymentProvider } from './providers/payment-provider.ts'
import type { Saga, StepContext, StepInput, Steps } from './saga.ts'
import { claimDuePayments, movePayment, readPayment, settlePayment } from './store/payments.ts'

/** begin-payment → authorise → confirm-hold → capture → record-payment, and what comes instead when one of them is refused. */
export const paymentSteps: Steps<Payment> = {
  name: 'payment',
  first: 'created',
  ask: askNext,
  moveAfterError: (payment, error, input) =>
    moveAfterError(payment, error, { asksForMoney: asksForMoney(payment, input) }),
  mayMove,
  move: movePayment,
  read: readPayment,
  claimDue: claimDuePayments,
  fields: ({ id, status, failure, declineCode }) => ({ payment_id: id, status, failure, decline_code: declineCode }),
  count: (metrics, payment) => metrics.paymentMoved(payment),
}

async function askNext(saga: Saga, payment: Payment, input: StepInput): Promise<Move | null> {
  switch (payment.status) {
    case 'created':
      return begin(saga, payment, input)
    case 'authorising':
    case 'unknown':
      return moveAfterAsking(await authoriseOrLookUp(saga, payment, input))
    case 'authorised':
      return moveAfterConfirm(await booking.confirmHold(saga.bus, payment, input))
    case 'capturing':
      return capture(saga, payment, input)
    case 'voiding':
      return freeMoney(saga, payment, input)
    case 'captured':
    case 'voided':
      await recordEnd(saga, payment, input)
      return null
    case 'refunded':
      // Its refunds began after it was settled, so the booking knows: whatever left it open again, nothing is left to do.
      return settle(saga, payment)
    case 'failed':
      await tellFailure(saga, payment, input)
      return settle(saga, payment)
  }
}

/** Tells the booking how its payment ended, and answers the booking. */
export async function recordEnd(saga: Saga, payment: Payment, context: StepContext): Promise<Booking> {
  const told = await booking.recordPayment(saga.bus, payment, context)
  await settlePayment(saga.postgres, payment)
  return told
}

/**
 * Without the buyer's token, which went with the worker that had it, the payment fails. Whether the booking worker was asked is
 * unknown then, so it is asked once more with the same key: only so is there an attempt to return the hold from.
 */
async function begin(saga: Saga, payment: Payment, input: StepInput): Promise<Move> {
  const begun = await booking.beginPayment(saga.bus, payment, input)
  if (input.paymentToken === undefined) return { to: 'failed', failure: 'not_asked', begun }
  return { to: 'authorising', begun }
}

/** Money is asked for once, by the driver that has the buyer's token and knows that nobody else has asked. */
function asksForMoney({ status }: Payment, { paymentToken, perhapsAsked }: StepInput): boolean {
  return status === 'authorising' && !perhapsAsked && paymentToken !== undefined
}

function authoriseOrLookUp(saga: Saga, payment: Payment, input: StepInput) {
  const { amountMinor, currency } = begunOf(payment)
  const { providerKey: key } = payment
  const { paymentToken: token = '', deadlineAt } = input
  const provider = providerOf(saga, payment)
  if (!asksForMoney(payment, input)) return provider.lookUp(key, deadlineAt)
  return provider.authorise({ key, amountMinor, currency, token }, deadlineAt)
}

async function capture(saga: Saga, payment: Payment, { deadlineAt }: StepInput): Promise<Move> {
  const charge = await providerOf(saga, payment).capture(payment.providerKey, deadlineAt)
  const next = moveAfterCapture(charge)
  if (next === null) throw new Error(`capture of payment ${payment.id} answered ${charge.state}`)
  return next
}

async function freeMoney(saga: Saga, payment: Payment, { deadlineAt }: StepInput): Promise<Move> {
  const charge = await providerOf(saga, payment).void(payment.providerKey, deadlineAt)
  if (charge.state !== 'voided') throw new Error(`void of payment ${payment.id} answered ${charge.state}`)
  return { to: 'voided' }
}

async function tellFailure(saga: Saga, payment: Payment, input: StepInput): Promise<void> {
  if (payment.failure === 'capture_refused') return booking.revokeBooking(saga.bus, payment, input)
  if (payment.failure === 'not_authorised') {
    // A charge that may still arrive is refused beforehand: after this the hold can be paid for anew.
    const { state } = await providerOf(saga, payment).void(payment.providerKey, input.deadlineAt)
    const isTaken = state === 'captured' || state === 'refunded'
    if (isTaken) throw new Error(`payment ${payment.id} failed, but its money was taken`)
  }
  await booking.returnHold(saga.bus, payment, input)
}

async function settle(saga: Saga, payment: Payment): Promise<null> {
  await settlePayment(saga.postgres, payment)
  return null
}

function providerOf(saga: Saga, payment: Payment): PaymentProvider {
  return saga.providerFor(begunOf(payment).amountMinor)
}
