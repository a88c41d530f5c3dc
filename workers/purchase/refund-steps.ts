import type { Booking } from '#shared/contracts/bookings.ts'
import * as booking from './booking-calls.ts'
import { amountOf, mayMoveRefund, type Refund, type RefundMove, refundMoveAfterError } from './refund.ts'
import type { SagaParts, StepContext, StepInput, Steps } from './saga.ts'
import { claimDueRefunds, moveRefund, readRefund, settleRefund } from './store/refunds.ts'

/** cancel-tickets → refund at the provider → record-refund. */
export const refundSteps: Steps<Refund> = {
  name: 'refund',
  first: 'requested',
  ask: askNext,
  moveAfterError: refundMoveAfterError,
  mayMove: mayMoveRefund,
  move: moveRefund,
  read: readRefund,
  claimDue: claimDueRefunds,
  fields: ({ id, status, paymentId, eventId, amountMinor }) => ({
    refund_id: id,
    status,
    payment_id: paymentId,
    event_id: eventId,
    amount_minor: amountMinor,
  }),
  count: (metrics, { status }) => metrics.refundMoved(status),
}

async function askNext(saga: SagaParts, refund: Refund, input: StepInput): Promise<RefundMove | null> {
  switch (refund.status) {
    case 'requested':
      return { to: 'returning', amountMinor: await booking.cancelTickets(saga.bus, refund, input) }
    case 'returning':
      await giveMoneyBack(saga, refund, input)
      return { to: 'done' }
    case 'done':
      await recordRefund(saga, refund, input)
      return null
    case 'refused':
      return null
  }
}

/** Reports to the booking that the money has arrived, and returns the booking. */
export async function recordRefund(saga: SagaParts, refund: Refund, context: StepContext): Promise<Booking> {
  const booked = await booking.recordRefund(saga.bus, refund, context)
  await settleRefund(saga.postgres, refund, { wholeBooking: booked.status === 'cancelled' })
  return booked
}

/** A provider may forget a refund's key after some time, so a refund that may have been requested is looked up first. */
async function giveMoneyBack(saga: SagaParts, refund: Refund, { perhapsAsked, deadlineAt }: StepInput): Promise<void> {
  const amountMinor = amountOf(refund)
  const provider = saga.providerFor(amountMinor)
  const request = { key: refund.chargeKey, refundKey: refund.providerKey, amountMinor }
  if (perhapsAsked && (await provider.lookUpRefund(request, deadlineAt))) return
  await provider.refund(request, deadlineAt)
}
