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
import { drive, logMissedStep, type Saga, type StepContext, stepContextOf } from './saga.ts'
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
 * Takes tickets of a paid booking back and refunds them, once per key. When the money is not back in time, answers the
 * booking as it stands; throws when not even the tickets are, so that repeating the request with its key may help.
 */
export function returnTickets(saga: Saga, wanted: TicketReturn, context: OperationContext): Promise<RefundReply> {
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

/** Bookings of others do not exist; tickets that nobody paid for cannot be given back. */
async function paymentFor(
  saga: Saga,
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

async function newRefund(saga: Saga, { payment, wanted, command, stepContext }: RefundInput): Promise<Refund> {
  // The booking learns of the money that came before it learns of money that goes.
  if (!payment.settled) await recordEnd(saga, payment, stepContext)
  const { ticket_ids } = wanted.request
  const wish = {
    paymentId: payment.id,
    ticketIds: ticket_ids === undefined ? null : [...new Set(ticket_ids)],
    reason: wanted.reason,
    requestedBy: command.scope,
    providerKey: command.providerKey,
  }
  return createRefund(saga.postgres, wish, saga.leaseMs)
}

async function answerFor(
  saga: Saga,
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
      logMissedStep(saga, refundSteps, refund, error)
    }
  }
  const booking = await viewBooking(saga.bus, payment, { ...stepContext, deadlineAt: answerBy })
  return { processing: { ...booking, message: returningMessage(money) } }
}
