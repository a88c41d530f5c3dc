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
import { drive, type SagaParts, type StepContext, stepContextOf } from '../saga.ts'
import type { LongCommand } from '../store/commands.ts'
import { countRefusedTries, createPayment, findPaymentByKey, isHoldOfPlaces } from '../store/payments.ts'

type Request = ParsedRequestOf<typeof contract>

/** The hold that a request pays for. */
interface WantedHold {
  readonly holdId: string
  /** Whether this request created the hold. False if the request found or named it. */
  readonly isNew: boolean
}

/** For a payment without a token: no money may be requested. */
const noToken = 'none'

/**
 * Pays for a hold, or holds and pays. Releases a hold that it created and cannot pay for. A key always gets the same answer, however often
 * and to whichever worker it is sent, and causes at most one charge. If the outcome is not known in time, returns the booking in its
 * current state.
 */
export function purchaseHold(saga: SagaParts): Operation {
  return operation(contract, async (request, context) => {
    requireUser(context.caller)
    const command = commandOf(contract, request, context)
    return answerOnce(saga, command, context, () => buy(saga, command, request, context))
  })
}

async function buy(
  saga: SagaParts,
  command: LongCommand,
  request: Request,
  context: OperationContext,
): Promise<Answer<PurchaseReply>> {
  const stepContext = stepContextOf(context, request.payment_token ?? noToken)
  const earlier = await findPaymentByKey(saga.postgres, command.providerKey)
  // A payment that did not start has no answer yet: the key can be used for another try.
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
    // Seats taken only for this payment, which is refused: their buyer may want them in another request.
    const isReleased = isNew && isRefusal(error) && (await releaseUnpayable(saga, hold, stepContext))
    const refusal = request.payment_token === undefined ? tokenNeededIfDear(error) : error
    // Only this answer tells a buyer who asked for seats which hold has them.
    const extra = { ...refusal.extra, ...(isReleased ? {} : { hold_id: holdId }) }
    throw new TicketingError(refusal.code, refusal.message, { extra, cause: error })
  }
}

/** A purchase without a token expects a price of zero. If there is a price, the refusal says that a token is needed. */
function tokenNeededIfDear(refusal: TicketingError): TicketingError {
  const { total_minor, currency } = refusal.extra
  if (refusal.code !== 'price_changed' || total_minor === 0) return refusal
  const detail = `is needed: these places cost ${formatMinor(Number(total_minor), String(currency))}`
  const { code, message, extra } = invalidRequest([{ pointer: '/payment_token', detail }])
  return new TicketingError(code, message, { extra: { ...extra, total_minor, currency } })
}

/**
 * The same hold for every repetition of a request, until a payment for it is refused: that releases it, and the next repetition is a new
 * try. A buyer whose earlier payment for the same places failed pays for the hold that still has them.
 */
async function holdFor(
  { bus, postgres }: SagaParts,
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
      const earlier = { holdId, userId: context.caller.id, placesHash: placesHashOf(request) }
      if (await isHoldOfPlaces(postgres, earlier)) return { holdId, isNew: false }
    }
    // No payment has begun, so there is nothing to wait for.
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

/** Identifies a request for the same places; null if a hold was named. */
function placesHashOf(request: Request): Buffer | null {
  return 'hold_id' in request ? null : requestHash(placesOf(request))
}

/**
 * Releases a hold that cannot be paid for. Returns whether that succeeded; otherwise the hold expires. A hold that is being paid for is not
 * released.
 */
async function releaseUnpayable(
  saga: SagaParts,
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
  saga: SagaParts,
  { key, providerKey }: LongCommand,
  request: Request,
  { holdId, userId }: Pick<Payment, 'holdId' | 'userId'>,
): Promise<Payment> {
  const wanted = {
    userId,
    holdId,
    idempotencyKey: key,
    providerKey,
    placesHash: placesHashOf(request),
    expectedTotalMinor: request.payment_token === undefined ? 0 : (request.expected_total_minor ?? null),
    expectedCurrency: request.currency ?? null,
  }
  const payment = await createPayment(saga.postgres, wanted, saga.leaseMs)
  if (payment === null) throw keyInUse()
  return payment
}
