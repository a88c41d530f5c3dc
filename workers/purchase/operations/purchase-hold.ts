import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { holdSeats } from '#shared/contracts/holds.ts'
import { purchaseHold as contract } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'
import { keyInUse } from '#shared/idempotency.ts'
import { call } from '#shared/messaging/call.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, type OperationContext, operation } from '#shared/messaging/serve.ts'
import { type Answer, answerOnce, commandOf } from '../answer-once.ts'
import { outcomeOf, type Payment } from '../payment.ts'
import { answerFor, type PurchaseReply } from '../purchase-answer.ts'
import { advance, beginWithToken, logMissedStep, type Saga, unlessMovedBefore } from '../saga.ts'
import { pauseBeforeRetry, type StepContext, stepContextOf } from '../step-timing.ts'
import type { LongCommand } from '../store/commands.ts'
import { createPayment, findPaymentByKey } from '../store/payments.ts'

type Request = ParsedRequestOf<typeof contract>

/**
 * Pays for a hold, or holds and pays. The same key answers the same, however often and to whichever worker it is sent; at
 * most one charge comes of it. When the outcome is not known in time, answers the booking as it stands.
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
  const holdId = known?.holdId ?? (await holdFor(saga, command, request, context))
  try {
    let payment = known ?? (await newPayment(saga, command, request, { holdId, userId: context.caller.id }))
    if (payment.status === 'created') payment = await beginWithToken(saga, payment, request.payment_token, stepContext)
    payment = await driveToOutcome(saga, payment, stepContext)
    return await answerFor(saga, payment, { stepContext, answerBy: context.deadlineAt })
  } catch (error) {
    // A buyer who asked for seats learns here which hold keeps them, or never.
    if (!(error instanceof TicketingError)) throw error
    throw new TicketingError(error.code, error.message, { extra: { ...error.extra, hold_id: holdId }, cause: error })
  }
}

async function holdFor(
  { bus }: Saga,
  command: LongCommand,
  request: Request,
  context: OperationContext,
): Promise<string> {
  if ('hold_id' in request) return request.hold_id
  const { event_id, seat_nos, best_available, areas } = request
  const selection = {
    ...(seat_nos && { seat_nos }),
    ...(best_available && { best_available }),
    ...(areas && { areas }),
  }
  const holdContext = { ...context, idempotencyKey: command.providerKey }
  return (await call(bus, holdSeats, { event_id, ...selection }, holdContext)).id
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
