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
import type { SagaParts, StepContext, StepInput, Steps } from './saga.ts'
import { claimDuePayments, movePayment, readPayment, settlePayment } from './store/payments.ts'

/** begin-payment → authorise → confirm-hold → capture → record-payment, and the steps after a refusal. */
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

async function askNext(saga: SagaParts, payment: Payment, input: StepInput): Promise<Move | null> {
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
      // Its refunds began after it was settled, so the booking knows the end and nothing is left to do.
      return settle(saga, payment)
    case 'failed':
      await tellFailure(saga, payment, input)
      return settle(saga, payment)
  }
}

/** Reports the end of a payment to the booking, and returns the booking. */
export async function recordEnd(saga: SagaParts, payment: Payment, context: StepContext): Promise<Booking> {
  const booked = await booking.recordPayment(saga.bus, payment, context)
  await settlePayment(saga.postgres, payment)
  return booked
}

/**
 * Without the buyer's token, which was lost with its worker, the payment fails. It is then unknown whether the booking worker was called,
 * so it is called again with the same key: only an attempt that exists can return the hold.
 */
async function begin(saga: SagaParts, payment: Payment, input: StepInput): Promise<Move> {
  const begun = await booking.beginPayment(saga.bus, payment, input)
  if (input.paymentToken === undefined) return { to: 'failed', failure: 'not_asked', begun }
  return { to: 'authorising', begun }
}

/** The money is requested once, by the driver that has the buyer's token and knows that nobody else has requested it. */
function asksForMoney({ status }: Payment, { paymentToken, perhapsAsked }: StepInput): boolean {
  return status === 'authorising' && !perhapsAsked && paymentToken !== undefined
}

function authoriseOrLookUp(saga: SagaParts, payment: Payment, input: StepInput) {
  const { amountMinor, currency } = begunOf(payment)
  const { providerKey: key } = payment
  const { paymentToken: token = '', deadlineAt } = input
  const provider = providerOf(saga, payment)
  if (!asksForMoney(payment, input)) return provider.lookUp(key, deadlineAt)
  return provider.authorise({ key, amountMinor, currency, token }, deadlineAt)
}

async function capture(saga: SagaParts, payment: Payment, { deadlineAt }: StepInput): Promise<Move> {
  const charge = await providerOf(saga, payment).capture(payment.providerKey, deadlineAt)
  const next = moveAfterCapture(charge)
  if (next === null) throw new Error(`capture of payment ${payment.id} answered ${charge.state}`)
  return next
}

async function freeMoney(saga: SagaParts, payment: Payment, { deadlineAt }: StepInput): Promise<Move> {
  const charge = await providerOf(saga, payment).void(payment.providerKey, deadlineAt)
  if (charge.state !== 'voided') throw new Error(`void of payment ${payment.id} answered ${charge.state}`)
  return { to: 'voided' }
}

async function tellFailure(saga: SagaParts, payment: Payment, input: StepInput): Promise<void> {
  if (payment.failure === 'capture_refused') return booking.revokeBooking(saga.bus, payment, input)
  if (payment.failure === 'not_authorised') {
    // Voids a charge that may still arrive: after this the hold can be paid for again.
    const { state } = await providerOf(saga, payment).void(payment.providerKey, input.deadlineAt)
    const isTaken = state === 'captured' || state === 'refunded'
    if (isTaken) throw new Error(`payment ${payment.id} failed, but its money was taken`)
  }
  await booking.returnHold(saga.bus, payment, input)
}

async function settle(saga: SagaParts, payment: Payment): Promise<null> {
  await settlePayment(saga.postgres, payment)
  return null
}

function providerOf(saga: SagaParts, payment: Payment): PaymentProvider {
  return saga.providerFor(begunOf(payment).amountMinor)
}
