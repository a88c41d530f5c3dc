import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { type Hold, holdSeats } from '#shared/contracts/holds.ts'
import { purchaseHold as contract } from '#shared/contracts/purchase.ts'
import { keyInUse } from '#shared/database/idempotency.ts'
import { TicketingError } from '#shared/errors.ts'
import { callRaw } from '#shared/messaging/call.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { decodeJson } from '#shared/messaging/message.ts'
import { type Operation, type OperationContext, operation } from '#shared/messaging/serve.ts'
import { type Answer, answerOnce, commandOf } from '../answer-once.ts'
import { releaseHold } from '../booking-calls.ts'
import { outcomeOf, type Payment } from '../payment.ts'
import { answerFor, type PurchaseReply } from '../purchase-answer.ts'
import { advance, beginWithToken, isRefusal, logMissedStep, type Saga, unlessMovedBefore } from '../saga.ts'
import { pauseBeforeRetry, type StepContext, stepContextOf } from '../step-timing.ts'
import type { LongCommand } from '../store/commands.ts'
import { countRefusedTries, createPayment, findPaymentByKey } from '../store/payments.ts'

type Request = ParsedRequestOf<typeof contract>

/** The hold that a request is to pay for. */
interface WantedHold {
  readonly holdId: string
  /** This very request made it, rather than found it or was told of it. */
  readonly isNew: boolean
}

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
  const stepContext = stepContextOf(context)
  const known = await findPaymentByKey(saga.postgres, command.providerKey)
  const { holdId, isNew } = known ? { ...known, isNew: false } : await holdFor(saga, command, request, context)
  const hold = { holdId, userId: context.caller.id }
  try {
    let payment = known ?? (await newPayment(saga, command, request, hold))
    if (payment.status === 'created') payment = await beginWithToken(saga, payment, request.payment_token, stepContext)
    payment = await driveToOutcome(saga, payment, stepContext)
    return await answerFor(saga, payment, { stepContext, answerBy: context.deadlineAt })
  } catch (error) {
    if (!(error instanceof TicketingError)) throw error
    // Seats that were taken only to be paid for, and may not be: their buyer may want them in other words.
    const isGivenBack = isNew && isRefusal(error) && (await giveBack(saga, hold, stepContext))
    // A buyer who asked for seats learns here which hold keeps them, or never.
    const extra = { ...error.extra, ...(isGivenBack ? {} : { hold_id: holdId }) }
    throw new TicketingError(error.code, error.message, { extra, cause: error })
  }
}

/**
 * The same hold for every repetition of a request, until one may not pay for it: that one gave it back, and the next is a new
 * try.
 */
async function holdFor(
  { bus, postgres }: Saga,
  { providerKey }: LongCommand,
  request: Request,
  context: OperationContext,
): Promise<WantedHold> {
  if ('hold_id' in request) return { holdId: request.hold_id, isNew: false }
  const { event_id, seat_nos, best_available, areas } = request
  const selection = {
    ...(seat_nos && { seat_nos }),
    ...(best_available && { best_available }),
    ...(areas && { areas }),
  }
  const tries = await countRefusedTries(postgres, providerKey)
  const idempotencyKey = tries === 0 ? providerKey : `${providerKey}-${tries}`
  const { body, replayed } = await callRaw(bus, holdSeats, { event_id, ...selection }, { ...context, idempotencyKey })
  const { id } = decodeJson(body) as Hold
  return { holdId: id, isNew: !replayed }
}

/**
 * Gives back a hold that may not be paid for, and answers whether that went well: if not, it ends by itself. A hold that
 * somebody pays for all the same is refused, and stays.
 */
async function giveBack(saga: Saga, hold: Pick<Payment, 'holdId' | 'userId'>, context: StepContext): Promise<boolean> {
  try {
    await releaseHold(saga.bus, hold, context)
    return true
  } catch (error) {
    saga.log.warn({ err: error, hold_id: hold.holdId }, 'a hold that may not be paid for was not given back')
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
    expectedTotalMinor: request.expected_total_minor ?? null,
    expectedCurrency: request.currency ?? null,
  }
  const payment = await createPayment(saga.postgres, wish, saga.leaseMs)
  if (payment === null) throw keyInUse()
  return payment
}

/** Drives the payment on until the buyer can be told something, or their time is over. */
async function driveToOutcome(saga: Saga, payment: Payment, stepContext: StepContext): Promise<Payment> {
  let current = payment
  while (outcomeOf(current) === 'open' && performance.now() < stepContext.deadlineAt) {
    try {
      current = await unlessMovedBefore(saga, current, advance(saga, current, stepContext))
    } catch (error) {
      logMissedStep(saga, current, error)
      await pauseBeforeRetry(stepContext)
    }
  }
  return current
}
