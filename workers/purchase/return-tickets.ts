import type { Booking } from '#shared/contracts/bookings.ts'
import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import type { cancelBooking, refundBooking } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'
import { timedOut } from '#shared/messaging/message.ts'
import type { OperationContext } from '#shared/messaging/serve.ts'
import { type Answer, answerOnce, commandOf, finalReply } from './answer-once.ts'
import { viewBooking } from './booking-calls.ts'
import type { Payment } from './payment.ts'
import { recordEnd } from './payment-steps.ts'
import { amountOf, type Refund } from './refund.ts'
import { refundedMessage, returningMessage } from './refund-message.ts'
import { recordRefund, refundSteps } from './refund-steps.ts'
import { drive, logFailedStep, type SagaParts, type StepContext, stepContextOf } from './saga.ts'
import type { LongCommand } from './store/commands.ts'
import { findPaymentOfBooking } from './store/payments.ts'
import { createRefund, findRefundByKey } from './store/refunds.ts'

export type RefundReply = Booking & { message: string }

export interface TicketReturn {
  readonly contract: typeof cancelBooking | typeof refundBooking
  readonly reason: 'buyer' | 'organiser'
  readonly request: ParsedRequestOf<typeof cancelBooking>
}

/**
 * Cancels and refunds tickets of a paid booking, once per key. If the money has not arrived in time, returns the booking in its current
 * state. Throws if not even the tickets are cancelled: repeating the request with its key may then help.
 */
export function returnTickets(saga: SagaParts, wanted: TicketReturn, context: OperationContext): Promise<RefundReply> {
  const command = commandOf(wanted.contract, wanted.request, context)
  return answerOnce(saga, command, context, async () => {
    const stepContext = stepContextOf(context)
    const payment = await paymentFor(saga, wanted, context)
    const known = await findRefundByKey(saga.postgres, command.providerKey)
    const refund = known ?? (await newRefund(saga, { payment, wanted, command, stepContext }))
    const driven = await drive(saga, refundSteps, refund, stepContext, {
      until: ({ status }) => status === 'done' || status === 'refused',
      isNew: known === null,
      patient: true,
    })
    if (driven.item.status === 'requested') throw driven.error ?? timedOut()
    return answerFor(saga, { refund: driven.item, payment, stepContext, answerBy: context.deadlineAt })
  })
}

/** Bookings of others count as not found. Unpaid tickets cannot be cancelled. */
async function paymentFor(
  saga: SagaParts,
  { reason, request }: TicketReturn,
  { caller }: OperationContext,
): Promise<Payment> {
  const payment = await findPaymentOfBooking(saga.postgres, request.booking_id)
  if (payment === null || (reason === 'buyer' && payment.userId !== caller.id)) {
    throw new TicketingError('not_found', 'There is no such booking.')
  }
  if (payment.status !== 'captured' && payment.status !== 'refunded') {
    throw new TicketingError('not_cancellable', 'Only a booking that is paid can be cancelled.')
  }
  return payment
}

interface RefundInput {
  readonly payment: Payment
  readonly wanted: TicketReturn
  readonly command: LongCommand
  readonly stepContext: StepContext
}

async function newRefund(saga: SagaParts, { payment, wanted, command, stepContext }: RefundInput): Promise<Refund> {
  // The booking must learn of a payment before it learns of its refund.
  if (!payment.settled) await recordEnd(saga, payment, stepContext)
  const { ticket_ids } = wanted.request
  const refund = {
    paymentId: payment.id,
    ticketIds: ticket_ids === undefined ? null : [...new Set(ticket_ids)],
    reason: wanted.reason,
    requestedBy: command.scope,
    providerKey: command.providerKey,
  }
  return createRefund(saga.postgres, refund, saga.leaseMs)
}

async function answerFor(
  saga: SagaParts,
  {
    refund,
    payment,
    stepContext,
    answerBy,
  }: { refund: Refund; payment: Payment; stepContext: StepContext; answerBy: number },
): Promise<Answer<RefundReply>> {
  if (refund.refusal !== null) {
    const { code, message, extra } = refund.refusal
    throw new TicketingError(code, message, { extra })
  }
  const money = { amountMinor: amountOf(refund), currency: refund.currency }
  if (refund.status === 'done') {
    try {
      return finalReply({ ...(await recordRefund(saga, refund, stepContext)), message: refundedMessage(money) })
    } catch (error) {
      logFailedStep(saga, refundSteps, refund, error)
    }
  }
  const booking = await viewBooking(saga.bus, payment, { ...stepContext, deadlineAt: answerBy })
  return { processing: { ...booking, message: returningMessage(money) } }
}
