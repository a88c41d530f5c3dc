import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { holdSeats } from '#shared/contracts/booking.ts'
import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { purchaseHold as contract } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'
import { commandScope, requestHash } from '#shared/idempotency.ts'
import { call } from '#shared/messaging/call.ts'
import { remainingMs } from '#shared/messaging/headers.ts'
import { type Operation, type OperationContext, operation } from '#shared/messaging/serve.ts'
import type { Drive } from '../booking-calls.ts'
import { outcomeOf, type Payment } from '../payment.ts'
import { answerFor, giveAnswer, type PurchaseAnswer } from '../purchase-answer.ts'
import { advance, beginWithToken, logMissedStep, type Saga } from '../saga.ts'
import { claimCommand, finishCommand, refuseAsInUse, releaseCommand } from '../store/commands.ts'
import { createPayment, findPaymentByKey } from '../store/payments.ts'

type Request = ParsedRequestOf<typeof contract>

/** Who buys, and under which keys. */
interface Buyer {
  readonly userId: string
  readonly idempotencyKey: string
  /** One key from the buyer's request to the provider: a digest of operation, caller and the buyer's key. */
  readonly purchaseKey: string
}

/** Kept back from the buyer's time for reading the booking and answering. */
const answerReserveMs = 500
/** A worker that has not answered this long after its request's deadline is dead. */
const deadAfterMs = 1_000
const retryPauseMs = 250

/**
 * Pays for a hold, or holds and pays. The same key answers the same, however often and to whichever worker it is sent; at
 * most one charge comes of it. When the outcome is not known in time, answers the booking as it stands.
 */
export function purchaseHold(saga: Saga): Operation {
  const { db, log } = saga
  return operation(contract, async (request, context) => {
    const { caller } = context
    if (caller.role !== 'user') throw new TicketingError('unauthenticated', 'Sign in to buy.')
    const idempotencyKey = context.idempotencyKey ?? randomUUID()
    const scope = commandScope(contract.operation, context)
    const command = { scope, key: idempotencyKey, requestHash: requestHash(request) }
    const purchaseKey = createHash('sha256')
      .update(JSON.stringify([scope, idempotencyKey]))
      .digest('base64url')

    const earlier = await claimCommand(db, command, remainingMs(context) + deadAfterMs)
    if (earlier) {
      context.markReplayed()
      return giveAnswer(earlier)
    }
    let kept = false
    try {
      const answer = await buy(saga, { userId: caller.id, idempotencyKey, purchaseKey }, request, context)
      if ('processing' in answer) return answer.processing
      const final = await finishCommand(db, command, answer.final)
      kept = true
      return giveAnswer(final)
    } finally {
      if (!kept) {
        await releaseCommand(db, command, purchaseKey).catch((error: unknown) =>
          log.warn({ err: error }, 'a purchase command stays taken until its time is over'),
        )
      }
    }
  })
}

async function buy(saga: Saga, buyer: Buyer, request: Request, context: OperationContext): Promise<PurchaseAnswer> {
  const drive = { requestId: context.requestId, deadlineAt: context.deadlineAt - answerReserveMs }
  const known = await findPaymentByKey(saga.db, buyer.purchaseKey)
  const holdId = known?.holdId ?? (await holdFor(saga, buyer, request, context))
  try {
    let payment = known ?? (await newPayment(saga, buyer, request, holdId))
    if (payment.status === 'created') payment = await beginWithToken(saga, payment, request.payment_token, drive)
    payment = await driveToOutcome(saga, payment, drive)
    return await answerFor(saga, payment, { drive, answerBy: context.deadlineAt })
  } catch (error) {
    // A buyer who asked for seats learns here which hold keeps them, or never.
    if (error instanceof TicketingError) error.extra.hold_id = holdId
    throw error
  }
}

async function holdFor({ bus }: Saga, buyer: Buyer, request: Request, context: OperationContext): Promise<string> {
  if ('hold_id' in request) return request.hold_id
  const { event_id, seat_nos, best_available } = request
  const selection = { ...(seat_nos && { seat_nos }), ...(best_available && { best_available }) }
  const hold = await call(bus, holdSeats, { event_id, ...selection }, { ...context, idempotencyKey: buyer.purchaseKey })
  return hold.id
}

async function newPayment(saga: Saga, buyer: Buyer, request: Request, holdId: string): Promise<Payment> {
  const wish = {
    userId: buyer.userId,
    holdId,
    idempotencyKey: buyer.idempotencyKey,
    providerKey: buyer.purchaseKey,
    expectedTotalMinor: request.expected_total_minor ?? null,
    expectedCurrency: request.currency ?? null,
  }
  return (await createPayment(saga.db, wish, saga.leaseMs)) ?? refuseAsInUse()
}

/** Drives the payment on until the buyer can be told something, or their time is over. */
async function driveToOutcome(saga: Saga, payment: Payment, drive: Drive): Promise<Payment> {
  let current = payment
  while (outcomeOf(current) === 'open' && performance.now() < drive.deadlineAt) {
    try {
      current = await advance(saga, current, drive)
    } catch (error) {
      logMissedStep(saga, current, error)
      await pause(retryPauseMs)
    }
  }
  return current
}
