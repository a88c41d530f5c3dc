import { type Booking, wasCaptured } from '#shared/contracts/bookings.ts'
import type { Hold } from '#shared/contracts/holds.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Answer, finalRefusal, finalReply } from './answer-once.ts'
import { viewBooking, viewHold } from './booking-calls.ts'
import { begunOf, outcomeOf, type Payment } from './payment.ts'
import { boughtMessage, declinedMessage, lostMessage, processingMessage } from './purchase-message.ts'
import { driveToEnd, logMissedStep, recordEnd, type Saga } from './saga.ts'
import type { StepContext } from './step-timing.ts'

export type PurchaseReply = Booking & { message: string }

/**
 * What the buyer is told of a payment: the bought booking, a refusal, or the booking as it stands (read by `answerBy` at
 * the latest). Throws `provider_unavailable` when the provider was never asked, so that repeating the request may help.
 */
export async function answerFor(
  saga: Saga,
  payment: Payment,
  { stepContext, answerBy }: { stepContext: StepContext; answerBy: number },
): Promise<Answer<PurchaseReply>> {
  const processing = async (): Promise<Answer<PurchaseReply>> => {
    const booking = await viewBooking(saga.bus, payment, { ...stepContext, deadlineAt: answerBy })
    // Another driver was faster, or only the answer to record-payment was lost.
    if (wasCaptured(booking)) return finalPurchase(saga, payment, booking)
    return { processing: { ...booking, message: processingMessage } }
  }
  switch (outcomeOf(payment)) {
    case 'open':
      return processing()
    case 'bought':
      return bought(saga, payment, stepContext).catch((error: unknown) => {
        logMissedStep(saga, payment, error)
        return processing()
      })
    case 'lost':
      await driveToEnd(saga, payment, stepContext)
      return finalRefusal(lost(payment))
    case 'declined':
      await driveToEnd(saga, payment, stepContext)
      return finalRefusal(declined(payment, await holdStatusOf(saga, payment, stepContext)))
    case 'revoked':
      await driveToEnd(saga, payment, stepContext)
      return finalRefusal(revoked(payment))
    case 'not_started':
      await driveToEnd(saga, payment, stepContext)
      throw new TicketingError('provider_unavailable', 'The payment provider is away; nothing was charged. Try again.')
  }
}

async function bought(saga: Saga, payment: Payment, stepContext: StepContext): Promise<Answer<PurchaseReply>> {
  return finalPurchase(saga, payment, await recordEnd(saga, payment, 'captured', stepContext))
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
  const { declineCode, holdId } = payment
  return new TicketingError('payment_declined', declinedMessage(payment, hold), {
    extra: { decline_code: declineCode, hold_id: holdId },
  })
}

function revoked({ declineCode }: Payment): TicketingError {
  return new TicketingError(
    'payment_declined',
    'The money could not be taken, so nothing was charged and your seats were given back.',
    { extra: { decline_code: declineCode } },
  )
}
