import { setTimeout as pause } from 'node:timers/promises'
import type { Booking } from '#shared/contracts/bookings.ts'
import { beginPayment } from '#shared/contracts/payment-steps.ts'
import { keyInUse } from '#shared/database/idempotency.ts'
import { TicketingError } from '#shared/errors.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import * as booking from './booking-calls.ts'
import type { PurchaseMetrics } from './metrics.ts'
import {
  type BegunPayment,
  begunOf,
  captureRefused,
  type Move,
  mayMove,
  moveAfterAsking,
  moveAfterCapture,
  moveAfterConfirm,
  notAuthorised,
  type Payment,
} from './payment.ts'
import { type PaymentProvider, ProviderError } from './providers/payment-provider.ts'
import type { StepContext } from './step-timing.ts'
import { movePayment, readPayment, settlePayment } from './store/payments.ts'

/*
 * begin-payment → authorise → confirm-hold → capture. A commit stands before and after each call to the provider, and
 * every call is repeatable by its key, so that a payment may be driven on from wherever a driver left it, by anybody, even
 * by two at once.
 */

/** How often a driver that waits for the provider looks whether somebody else knows more. */
const lookAgainMs = 500

/** What driving payments and refunds needs. */
export interface Saga extends WorkerParts {
  readonly purchaseMetrics: PurchaseMetrics
  /** The provider that is asked for a total. */
  providerFor(amountMinor: number): PaymentProvider
  /** How long a payment is a driver's own after each move; longer than any single call. */
  readonly leaseMs: number
}

/**
 * The first step, which needs the buyer's token: opens the booking and asks for the money. Answers the payment with the
 * provider's answer, `unknown` when there was none. Throws the booking worker's refusal (the payment has failed then), and
 * `idempotency_key_in_use` when another driver was faster: only one ever asks for the money of a payment.
 */
export async function beginWithToken(
  saga: Saga,
  payment: Payment,
  token: string,
  context: StepContext,
): Promise<Payment> {
  const begun = await openBooking(saga, payment, context)
  const authorising = await tryMove(saga, payment, { to: 'authorising', begun })
  if (authorising === null) throw keyInUse()
  const { amountMinor, currency } = begun
  try {
    const answered = saga
      .providerFor(amountMinor)
      .authorise({ key: payment.providerKey, amountMinor, currency, token }, context.deadlineAt)
      .then((charge) => move(saga, authorising, moveAfterAsking(charge)))
    return await unlessMovedBefore(saga, authorising, answered)
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    saga.log.warn({ err: error, payment_id: payment.id }, 'authorise was not answered')
    return move(saga, authorising, { to: error.requestSent ? 'unknown' : 'failed' })
  }
}

/**
 * What a step of this driver answers, or the payment as soon as somebody else has moved it: a webhook may outrun an answer,
 * or come in its place.
 */
export async function unlessMovedBefore(saga: Saga, payment: Payment, step: Promise<Payment>): Promise<Payment> {
  const over = new AbortController()
  try {
    return await Promise.race([step, untilMoved(saga, payment, over.signal)])
  } finally {
    over.abort()
  }
}

async function untilMoved(saga: Saga, payment: Payment, signal: AbortSignal): Promise<Payment> {
  for (;;) {
    await pause(lookAgainMs, undefined, { signal })
    const current = await readPayment(saga.postgres, payment.id).catch(() => payment)
    if (current.status !== payment.status) return current
  }
}

/**
 * Takes the next step of a payment, whoever left it where it is. Answers the payment as it then stands, or throws when
 * somebody did not answer: the payment has not moved then, and the step is to be taken again.
 */
export async function advance(saga: Saga, payment: Payment, context: StepContext): Promise<Payment> {
  switch (payment.status) {
    case 'created':
      return failWithoutToken(saga, payment, context)
    case 'authorising':
    case 'unknown':
      return lookUpCharge(saga, payment, context)
    case 'authorised':
      return confirm(saga, payment, context)
    case 'capturing':
      return capture(saga, payment, context)
    case 'voiding':
      return voidCharge(saga, payment, context)
    case 'captured':
    case 'voided':
      await recordEnd(saga, payment, payment.status, context)
      return { ...payment, settled: true }
    case 'refunded':
      // Its refunds began after it was settled, so the booking knows: whatever left it open again, nothing is left to do.
      return settlePayment(saga.postgres, payment)
    case 'failed':
      return payment.declineCode === captureRefused
        ? revokeBooking(saga, payment, context)
        : returnHold(saga, payment, context)
  }
}

/** Drives a payment on until nothing is left to do; gives up quietly when somebody does not answer. */
export async function driveToEnd(saga: Saga, payment: Payment, context: StepContext): Promise<void> {
  let current = payment
  try {
    while (!current.settled) current = await advance(saga, current, context)
  } catch (error) {
    logMissedStep(saga, current, error)
  }
}

/** Somebody who does not answer is to be expected; whatever else keeps a payment from moving is a bug. */
export function logMissedStep({ log }: Saga, { id, status }: Payment, error: unknown): void {
  const level = error instanceof ProviderError || error instanceof TicketingError ? 'warn' : 'error'
  log[level]({ err: error, payment_id: id, status }, 'payment step is to be tried again')
}

/** Tells the booking how its payment ended, and answers the booking. */
export async function recordEnd(
  saga: Saga,
  payment: Payment,
  end: 'captured' | 'voided',
  context: StepContext,
): Promise<Booking> {
  const told = await booking.recordPayment(saga.bus, payment, end, context)
  await settlePayment(saga.postgres, payment)
  return told
}

async function openBooking(saga: Saga, payment: Payment, context: StepContext): Promise<BegunPayment> {
  try {
    return await booking.beginPayment(saga.bus, payment, context)
  } catch (error) {
    if (isRefusal(error)) await move(saga, payment, { to: 'failed' })
    throw error
  }
}

/**
 * The buyer's token went with the worker that had it. Whether the booking worker was asked is unknown, so it is asked once
 * more with the same key: only then is there an attempt to return the hold from.
 */
async function failWithoutToken(saga: Saga, payment: Payment, context: StepContext): Promise<Payment> {
  try {
    const begun = await booking.beginPayment(saga.bus, payment, context)
    return await move(saga, payment, { to: 'failed', begun })
  } catch (error) {
    if (!isRefusal(error)) throw error
    return move(saga, payment, { to: 'failed' })
  }
}

async function lookUpCharge(saga: Saga, payment: Payment, context: StepContext): Promise<Payment> {
  const { provider, providerKey } = chargeOf(saga, payment)
  return move(saga, payment, moveAfterAsking(await provider.lookUp(providerKey, context.deadlineAt)))
}

/** A charge that may still arrive is refused beforehand: after this the hold can be paid for anew. */
async function returnHold(saga: Saga, payment: Payment, context: StepContext): Promise<Payment> {
  if (payment.declineCode === notAuthorised) {
    const { provider, providerKey } = chargeOf(saga, payment)
    const charge = await provider.void(providerKey, context.deadlineAt)
    if (charge.state === 'captured' || charge.state === 'refunded')
      throw new Error(`payment ${payment.id} failed, but its money was taken`)
  }
  await booking.returnHold(saga.bus, payment, context)
  return settlePayment(saga.postgres, payment)
}

async function revokeBooking(saga: Saga, payment: Payment, context: StepContext): Promise<Payment> {
  await booking.revokeBooking(saga.bus, payment, context)
  return settlePayment(saga.postgres, payment)
}

async function confirm(saga: Saga, payment: Payment, context: StepContext): Promise<Payment> {
  return move(saga, payment, moveAfterConfirm(await booking.confirmHold(saga.bus, payment, context)))
}

async function capture(saga: Saga, payment: Payment, context: StepContext): Promise<Payment> {
  const { provider, providerKey } = chargeOf(saga, payment)
  const charge = await provider.capture(providerKey, context.deadlineAt)
  const next = moveAfterCapture(charge)
  if (next === null) throw new Error(`capture of payment ${payment.id} answered ${charge.state}`)
  return move(saga, payment, next)
}

async function voidCharge(saga: Saga, payment: Payment, context: StepContext): Promise<Payment> {
  const { provider, providerKey } = chargeOf(saga, payment)
  const charge = await provider.void(providerKey, context.deadlineAt)
  if (charge.state !== 'voided') throw new Error(`void of payment ${payment.id} answered ${charge.state}`)
  return move(saga, payment, { to: 'voided' })
}

/** Answers the payment as it then stands: where another driver was faster, as that one left it. */
async function move(saga: Saga, payment: Payment, step: Move): Promise<Payment> {
  return (await tryMove(saga, payment, step)) ?? (await readPayment(saga.postgres, payment.id))
}

async function tryMove(saga: Saga, payment: Payment, step: Move): Promise<Payment | null> {
  if (!mayMove(payment.status, step.to)) {
    throw new Error(`payment ${payment.id} may not go from ${payment.status} to ${step.to}`)
  }
  const moved = await movePayment(saga.postgres, payment, step, saga.leaseMs)
  if (moved !== null) {
    const facts = { payment_id: payment.id, from: payment.status, to: moved.status, decline_code: moved.declineCode }
    saga.log.info(facts, 'payment moved')
    saga.purchaseMetrics.paymentMoved(moved)
  }
  return moved
}

function chargeOf(saga: Saga, payment: Payment): { provider: PaymentProvider; providerKey: string } {
  return { provider: saga.providerFor(begunOf(payment).amountMinor), providerKey: payment.providerKey }
}

/** Whether the booking worker refused to have a payment begun, rather than said nothing. */
export function isRefusal(error: unknown): error is TicketingError {
  return error instanceof TicketingError && beginPayment.errors.includes(error.code)
}
