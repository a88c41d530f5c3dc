import { type Booking, wasCaptured } from '#shared/contracts/bookings.ts'
import type { Hold } from '#shared/contracts/holds.ts'
import { TicketingError } from '#shared/errors.ts'
import { timedOut } from '#shared/messaging/message.ts'
import { type Answer, finalRefusal, finalReply } from './answer-once.ts'
import { viewBooking, viewHold } from './booking-calls.ts'
import { begunOf, declineCodeOf, isRefusal, outcomeOf, type Payment } from './payment.ts'
import { paymentSteps, recordEnd } from './payment-steps.ts'
import { boughtMessage, declinedMessage, lostMessage, processingMessage, purchaseMessages } from './purchase-message.ts'
import { driveToEnd, logMissedStep, type Saga, type StepContext } from './saga.ts'

export type PurchaseReply = Booking & { message: string }

/**
 * What the buyer is told of a payment that `error` last stood in the way of: the bought booking, a refusal, or the booking as it
 * stands (read by `answerBy` at the latest). Throws what the booking worker refused or did not answer, and `provider_unavailable`
 * when the provider was never asked: repeating the request may help then.
 */
export async function answerFor(
  saga: Saga,
  payment: Payment,
  { error, stepContext, answerBy }: { error: unknown; stepContext: StepContext; answerBy: number },
): Promise<Answer<PurchaseReply>> {
  const processing = async (): Promise<Answer<PurchaseReply>> => {
    const booking = await viewBooking(saga.bus, payment, { ...stepContext, deadlineAt: answerBy })
    // Another driver was faster, or only the answer to record-payment was lost.
    if (wasCaptured(booking)) return finalPurchase(saga, payment, booking)
    return { processing: { ...booking, message: processingMessage } }
  }
  const outcome = outcomeOf(payment)
  if (outcome === 'processing') {
    if (payment.begun === null) throw error ?? timedOut()
    return processing()
  }
  if (outcome === 'bought') {
    return bought(saga, payment, stepContext).catch((missed: unknown) => {
      logMissedStep(saga, paymentSteps, payment, missed)
      return processing()
    })
  }
  await driveToEnd(saga, paymentSteps, payment, stepContext)
  switch (outcome) {
    case 'lost':
      return finalRefusal(lost(payment))
    case 'declined':
      return finalRefusal(declined(payment, await holdStatusOf(saga, payment, stepContext)))
    case 'revoked':
      return finalRefusal(revoked(payment))
    case 'not_started':
      if (isRefusal(error)) throw error
      throw new TicketingError(
        'provider_unavailable',
        'The payment provider is unavailable; nothing was charged. Try again.',
      )
  }
}

async function bought(saga: Saga, payment: Payment, stepContext: StepContext): Promise<Answer<PurchaseReply>> {
  return finalPurchase(saga, payment, await recordEnd(saga, payment, stepContext))
}

function finalPurchase(saga: Saga, payment: Payment, booking: Booking): Answer<PurchaseReply> {
  const { name } = saga.providerFor(begunOf(payment).amountMinor)
  return finalReply({ ...booking, message: boughtMessage(booking, name) })
}

function lost({ lossReason }: Payment): TicketingError {
  const extra = lossReason === null ? {} : { reason: lossReason }
  return new TicketingError('hold_expired', lostMessage(lossReason), { extra })
}

/** `null` when it cannot be known now: the answer is not kept waiting for it. */
async function holdStatusOf(saga: Saga, payment: Payment, context: StepContext): Promise<Hold['status'] | null> {
  try {
    return (await viewHold(saga.bus, payment, context)).status
  } catch (error) {
    saga.log.warn({ err: error, payment_id: payment.id }, 'how the hold of a declined payment stands is unknown')
    return null
  }
}

function declined(payment: Payment, hold: Hold['status'] | null): TicketingError {
  return new TicketingError('payment_declined', declinedMessage(payment, hold), {
    extra: { ...reasonsOf(payment), hold_id: payment.holdId },
  })
}

function revoked(payment: Payment): TicketingError {
  return new TicketingError('payment_declined', purchaseMessages.revoked, { extra: reasonsOf(payment) })
}

function reasonsOf(payment: Payment): Record<string, unknown> {
  return { failure: payment.failure, decline_code: declineCodeOf(payment) }
}
