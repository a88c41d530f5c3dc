import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { type Hold, holdSeats } from '#shared/contracts/holds.ts'
import { purchaseHold as contract } from '#shared/contracts/purchase.ts'
import { keyInUse, requestHash } from '#shared/database/idempotency.ts'
import { invalidRequest, TicketingError } from '#shared/errors.ts'
import { callRaw } from '#shared/messaging/call.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { decodeJson } from '#shared/messaging/message.ts'
import { type Operation, type OperationContext, operation } from '#shared/messaging/serve.ts'
import { formatMinor } from '#shared/money.ts'
import { type Answer, answerOnce, commandOf } from '../answer-once.ts'
import { releaseHold } from '../booking-calls.ts'
import { isRefusal, outcomeOf, type Payment } from '../payment.ts'
import { paymentSteps } from '../payment-steps.ts'
import { answerFor, type PurchaseReply } from '../purchase-answer.ts'
import { drive, type Saga, type StepContext, stepContextOf } from '../saga.ts'
import type { LongCommand } from '../store/commands.ts'
import { countRefusedTries, createPayment, findPaymentByKey, isHoldOfWish } from '../store/payments.ts'

type Request = ParsedRequestOf<typeof contract>

/** The hold that a request is to pay for. */
interface WantedHold {
  readonly holdId: string
  /** This very request made it, rather than found it or was told of it. */
  readonly isNew: boolean
}

/** For a payment without a token: nobody is to be asked for money. */
const noToken = 'none'

/**
 * Pays for a hold, or holds and pays; a hold that it made and may not pay for goes back. The same key answers the same,
 * however often and to whichever worker it is sent; at most one charge comes of it. When the outcome is not known in time,
 * answers the booking as it stands.
 */
export function purchaseHold(saga: Saga): Operation {
  return operation(contract, async (request, context) => {
    requireUser(context.caller)
    const command = commandOf(contract, request, context)
    return answerOnce(saga, command, context, () => buy(saga, command, request, context))
  })
}

async function buy(
  saga: Saga,
  command: LongCommand,
  request: Request,
  context: OperationContext,
): Promise<Answer<PurchaseReply>> {
  const stepContext = stepContextOf(context, request.payment_token ?? noToken)
  const earlier = await findPaymentByKey(saga.postgres, command.providerKey)
  // Whose payment did not start has no answer yet: the key is free for another try.
  const known = earlier && outcomeOf(earlier) !== 'not_started' ? earlier : null
  const { holdId, isNew } = known ? { ...known, isNew: false } : await holdFor(saga, command, request, context)
  const hold = { holdId, userId: context.caller.id }
  try {
    const payment = known ?? (await newPayment(saga, command, request, hold))
    const { item, error } = await drive(saga, paymentSteps, payment, stepContext, {
      until: (each) => outcomeOf(each) !== 'processing',
      isNew: known === null,
      patient: true,
    })
    return await answerFor(saga, item, { error, stepContext, answerBy: context.deadlineAt })
  } catch (error) {
    if (!(error instanceof TicketingError)) throw error
    // Seats that were taken only to be paid for, and may not be: their buyer may want them in other words.
    const isReleased = isNew && isRefusal(error) && (await releaseUnpayable(saga, hold, stepContext))
    const refusal = request.payment_token === undefined ? tokenNeededIfDear(error) : error
    // A buyer who asked for seats learns here which hold keeps them, or never.
    const extra = { ...refusal.extra, ...(isReleased ? {} : { hold_id: holdId }) }
    throw new TicketingError(refusal.code, refusal.message, { extra, cause: error })
  }
}

/** A purchase without a token expects to cost nothing. Answers the refusal in its buyer's words where it does cost something. */
function tokenNeededIfDear(refusal: TicketingError): TicketingError {
  const { total_minor, currency } = refusal.extra
  if (refusal.code !== 'price_changed' || total_minor === 0) return refusal
  const detail = `is needed: these places cost ${formatMinor(Number(total_minor), String(currency))}`
  const { code, message, extra } = invalidRequest([{ pointer: '/payment_token', detail }])
  return new TicketingError(code, message, { extra: { ...extra, total_minor, currency } })
}

/**
 * The same hold for every repetition of a request, until one may not pay for it: that one gave it back, and the next is a new
 * try. A buyer whose earlier payment for the same places failed pays for the hold that still keeps them.
 */
async function holdFor(
  { bus, postgres }: Saga,
  { providerKey }: LongCommand,
  request: Request,
  context: OperationContext,
): Promise<WantedHold> {
  if ('hold_id' in request) return { holdId: request.hold_id, isNew: false }
  const tries = await countRefusedTries(postgres, providerKey)
  const idempotencyKey = tries === 0 ? providerKey : `${providerKey}-${tries}`
  try {
    const { body, replayed } = await callRaw(bus, holdSeats, placesOf(request), { ...context, idempotencyKey })
    const { id } = decodeJson(body) as Hold
    return { holdId: id, isNew: !replayed }
  } catch (error) {
    if (!(error instanceof TicketingError)) throw error
    const { hold_id: holdId } = error.extra
    if (error.code === 'hold_exists' && typeof holdId === 'string') {
      const earlier = { holdId, userId: context.caller.id, wish: wishOf(request) }
      if (await isHoldOfWish(postgres, earlier)) return { holdId, isNew: false }
    }
    // No payment has begun, so there is no end to wait for.
    if (error.code !== 'worker_timeout') throw error
    throw new TicketingError('unavailable', 'The seats could not be held in time; send the request again.', {
      cause: error,
    })
  }
}

function placesOf(request: Exclude<Request, { hold_id: string }>) {
  const { payment_token: _token, expected_total_minor: _total, currency: _currency, ...places } = request
  return places
}

/** Tells a wish for the same places; null where a hold was named. */
function wishOf(request: Request): Buffer | null {
  return 'hold_id' in request ? null : requestHash(placesOf(request))
}

/**
 * Releases a hold that cannot be paid for, and answers whether that succeeded; if not, it ends by itself. A hold that somebody is
 * paying for is not released.
 */
async function releaseUnpayable(
  saga: Saga,
  hold: Pick<Payment, 'holdId' | 'userId'>,
  context: StepContext,
): Promise<boolean> {
  try {
    await releaseHold(saga.bus, hold, context)
    return true
  } catch (error) {
    saga.log.warn({ err: error, hold_id: hold.holdId }, 'a hold that cannot be paid for was not released')
    return false
  }
}

async function newPayment(
  saga: Saga,
  { key, providerKey }: LongCommand,
  request: Request,
  { holdId, userId }: Pick<Payment, 'holdId' | 'userId'>,
): Promise<Payment> {
  const wish = {
    userId,
    holdId,
    idempotencyKey: key,
    providerKey,
    wish: wishOf(request),
    expectedTotalMinor: request.payment_token === undefined ? 0 : (request.expected_total_minor ?? null),
    expectedCurrency: request.currency ?? null,
  }
  const payment = await createPayment(saga.postgres, wish, saga.leaseMs)
  if (payment === null) throw keyInUse()
  return payment
}
