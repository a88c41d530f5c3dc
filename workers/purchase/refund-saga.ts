import type { Booking } from '#shared/contracts/bookings.ts'
import { cancelTickets as contract } from '#shared/contracts/payment-steps.ts'
import { TicketingError } from '#shared/errors.ts'
import * as booking from './booking-calls.ts'
import { ProviderError } from './providers/payment-provider.ts'
import { amountOf, mayMoveRefund, type Refund, type RefundMove } from './refund.ts'
import type { Saga } from './saga.ts'
import type { StepContext } from './step-timing.ts'
import { moveRefund, readRefund, settleRefund } from './store/refunds.ts'

/*
 * cancel-tickets → refund at the provider → record-refund. As with payments a commit stands before and after each call, and
 * every call is repeatable by its key: a refund may be driven on by anybody, even by two at once.
 */

/**
 * Takes the next step of a refund, whoever left it where it is. Answers the refund as it then stands, or throws when somebody
 * did not answer: it has not moved then. `mayHaveBegun` says that another driver may have begun the step before.
 */
export async function advanceRefund(
  saga: Saga,
  refund: Refund,
  context: StepContext,
  { mayHaveBegun }: { mayHaveBegun: boolean },
): Promise<Refund> {
  switch (refund.status) {
    case 'requested':
      return takeTicketsBack(saga, refund, context)
    case 'returning':
      return giveMoneyBack(saga, refund, context, { mayHaveBegun })
    case 'done':
      await recordRefund(saga, refund, context)
      return { ...refund, settled: true }
    case 'refused':
      return refund
  }
}

/** Drives a refund that another driver left to its end; gives up quietly when somebody does not answer. */
export async function driveRefundToEnd(saga: Saga, refund: Refund, context: StepContext): Promise<void> {
  let current = refund
  try {
    while (!current.settled) {
      current = await advanceRefund(saga, current, context, { mayHaveBegun: current.status === refund.status })
    }
  } catch (error) {
    logMissedRefundStep(saga, current, error)
  }
}

/** Somebody who does not answer is to be expected, for a while; whatever else keeps a refund from moving is a bug. */
export function logMissedRefundStep({ log }: Saga, refund: Refund, error: unknown): void {
  const { id, paymentId, eventId, status, isStuck } = refund
  const facts = { err: error, refund_id: id, payment_id: paymentId, event_id: eventId, status }
  const isExpected = error instanceof ProviderError || error instanceof TicketingError
  if (isStuck) log.error(facts, 'a refund is stuck: its step fails again and again')
  else log[isExpected ? 'warn' : 'error'](facts, 'refund step is to be tried again')
}

/** Tells the booking that the money is back, and answers the booking. */
export async function recordRefund(saga: Saga, refund: Refund, context: StepContext): Promise<Booking> {
  const told = await booking.recordRefund(saga.bus, refund, context)
  await settleRefund(saga.postgres, refund, { wholeBooking: told.status === 'cancelled' })
  return told
}

async function takeTicketsBack(saga: Saga, refund: Refund, context: StepContext): Promise<Refund> {
  try {
    const amountMinor = await booking.cancelTickets(saga.bus, refund, context)
    return await move(saga, refund, { to: 'returning', amountMinor })
  } catch (error) {
    if (!(error instanceof TicketingError && contract.errors.includes(error.code))) throw error
    const { code, message, extra } = error
    return move(saga, refund, { to: 'refused', refusal: { code, message, extra } })
  }
}

/** A provider may forget a refund's key after a while, so one that was perhaps asked for is looked up first. */
async function giveMoneyBack(
  saga: Saga,
  refund: Refund,
  context: StepContext,
  { mayHaveBegun }: { mayHaveBegun: boolean },
): Promise<Refund> {
  const amountMinor = amountOf(refund)
  const provider = saga.providerFor(amountMinor)
  const request = { key: refund.chargeKey, refundKey: refund.providerKey, amountMinor }
  if (!mayHaveBegun || !(await provider.lookUpRefund(request, context.deadlineAt))) {
    await provider.refund(request, context.deadlineAt)
  }
  return move(saga, refund, { to: 'done' })
}

/** Answers the refund as it then stands: where another driver was faster, as that one left it. */
async function move(saga: Saga, refund: Refund, step: RefundMove): Promise<Refund> {
  if (!mayMoveRefund(refund.status, step.to)) {
    throw new Error(`refund ${refund.id} may not go from ${refund.status} to ${step.to}`)
  }
  const moved = await moveRefund(saga.postgres, refund, step, saga.leaseMs)
  if (moved === null) return readRefund(saga.postgres, refund.id)
  const { id, paymentId, amountMinor } = moved
  saga.log.info({ refund_id: id, payment_id: paymentId, to: moved.status, amount_minor: amountMinor }, 'refund moved')
  saga.purchaseMetrics.refundMoved(moved.status)
  return moved
}
