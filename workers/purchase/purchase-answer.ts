import { type Booking, wasCaptured } from '#shared/contracts/bookings.ts'
import type { Hold } from '#shared/contracts/holds.ts'
import { TicketingError } from '#shared/errors.ts'
import { timedOut } from '#shared/messaging/message.ts'
import { type Answer, finalRefusal, finalReply } from './answer-once.ts'
import { viewBooking, viewHold } from './booking-calls.ts'
import { begunOf, declineCodeOf, isRefusal, outcomeOf, type Payment } from './payment.ts'
import { paymentSteps, recordEnd } from './payment-steps.ts'
import { boughtMessage, declinedMessage, lostMessage, processingMessage, purchaseMessages } from './purchase-message.ts'
import { driveToEnd, logFailedStep, type SagaParts, type StepContext } from './saga.ts'

export type PurchaseReply = Booking & { message: string }

/**
 * The answer to a buyer whose payment stopped at `error`: the booking, a refusal, or the booking in its current state (read by `answerBy`
 * at the latest). Throws the booking worker's errors, and `provider_unavailable` if the provider was never asked: repeating the request may
 * then help.
 */
export async function answerFor(
  saga: SagaParts,
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
      logFailedStep(saga, paymentSteps, payment, missed)
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

async function bought(saga: SagaParts, payment: Payment, stepContext: StepContext): Promise<Answer<PurchaseReply>> {
  return finalPurchase(saga, payment, await recordEnd(saga, payment, stepContext))
}

function finalPurchase(saga: SagaParts, payment: Payment, booking: Booking): Answer<PurchaseReply> {
  const { name } = saga.providerFor(begunOf(payment).amountMinor)
  return finalReply({ ...booking, message: boughtMessage(booking, name) })
}

function lost({ lossReason }: Payment): TicketingError {
  const extra = lossReason === null ? {} : { reason: lossReason }
  return new TicketingError('hold_expired', lostMessage(lossReason), { extra })
}

/** `null` if it cannot be read now: the answer does not wait for it. */
async function holdStatusOf(saga: SagaParts, payment: Payment, context: StepContext): Promise<Hold['status'] | null> {
  try {
    return (await viewHold(saga.bus, payment, context)).status
  } catch (error) {
    saga.log.warn({ err: error, payment_id: payment.id }, 'the hold of a declined payment could not be read')
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
