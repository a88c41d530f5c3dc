import type { Booking } from '#shared/contracts/booking.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Drive, viewBooking } from './booking-calls.ts'
import { begunOf, notAuthorised, outcomeOf, type Payment } from './payment.ts'
import { boughtMessage, processingMessage } from './purchase-message.ts'
import { driveToEnd, logMissedStep, recordEnd, type Saga } from './saga.ts'
import type { FinalAnswer } from './store/commands.ts'

export type PurchaseReply = Booking & { message: string }

/** Final answers are kept and repeated; one for the time being is given once, and the next repetition asks anew. */
export type PurchaseAnswer = { final: FinalAnswer } | { processing: PurchaseReply }

/**
 * What the buyer is told of a payment: the bought booking, a refusal, or the booking as it stands (read by `answerBy` at
 * the latest). Throws `provider_unavailable` when the provider was never asked, so that repeating the request may help.
 */
export async function answerFor(
  saga: Saga,
  payment: Payment,
  { drive, answerBy }: { drive: Drive; answerBy: number },
): Promise<PurchaseAnswer> {
  const processing = async (): Promise<PurchaseAnswer> => {
    const booking = await viewBooking(saga.bus, payment, { ...drive, deadlineAt: answerBy })
    return { processing: { ...booking, message: processingMessage } }
  }
  switch (outcomeOf(payment)) {
    case 'open':
      return processing()
    case 'bought':
      return bought(saga, payment, drive).catch((error: unknown) => {
        logMissedStep(saga, payment, error)
        return processing()
      })
    case 'lost':
      await driveToEnd(saga, payment, drive)
      return refusal(
        new TicketingError('hold_expired', 'Your hold ran out and the seats went to others; no money was taken.'),
      )
    case 'declined':
      await driveToEnd(saga, payment, drive)
      return refusal(declined(payment))
    case 'not_started':
      await driveToEnd(saga, payment, drive)
      throw new TicketingError('provider_unavailable', 'The payment provider is away; nothing was charged. Try again.')
  }
}

/** Gives a final answer, the first time as every other time. Throws when it was a refusal. */
export function giveAnswer({ errorCode, reply }: FinalAnswer): PurchaseReply {
  if (errorCode === null) return JSON.parse(reply) as PurchaseReply
  const { message, extra } = JSON.parse(reply) as Pick<TicketingError, 'message' | 'extra'>
  throw new TicketingError(errorCode, message, { extra })
}

async function bought(saga: Saga, payment: Payment, drive: Drive): Promise<PurchaseAnswer> {
  const booking = await recordEnd(saga, payment, 'captured', drive)
  const { name } = saga.providerFor(begunOf(payment).amountMinor)
  return { final: { errorCode: null, reply: JSON.stringify({ ...booking, message: boughtMessage(booking, name) }) } }
}

function declined({ declineCode, holdId }: Payment): TicketingError {
  const reason =
    declineCode === notAuthorised ? 'The payment provider did not take the payment.' : 'The payment was declined.'
  return new TicketingError(
    'payment_declined',
    `${reason} Nothing was charged and your seats are still held: pay again.`,
    {
      extra: { decline_code: declineCode, hold_id: holdId },
    },
  )
}

function refusal({ code, message, extra }: TicketingError): PurchaseAnswer {
  return { final: { errorCode: code, reply: JSON.stringify({ message, extra }) } }
}
