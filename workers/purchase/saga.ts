import { setTimeout as pause } from 'node:timers/promises'
import type { Database } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import type { PurchaseMetrics } from './metrics.ts'
import type { Move, Payment } from './payment.ts'
import { type PaymentProvider, ProviderError } from './providers/payment-provider.ts'
import type { Refund, RefundMove } from './refund.ts'

/*
 * The engine that drives payments and refunds. Each is a row with a state and a lease. A step makes the call that the state requires, to
 * the booking worker or the provider, and the answer decides the next move. There is a commit before and after each call, and every call is
 * idempotent by its key. So any driver can continue a row from any state, even two drivers at once.
 */

/** How often a driver that waits for an answer checks whether another one has moved the row. */
const lookAgainMs = 500
const retryPauseMs = 250
/** Reserved from the caller's time for reading the booking and answering. */
const answerReserveMs = 500

/** Everything needed to drive payments and refunds. */
export interface SagaParts extends WorkerParts {
  readonly purchaseMetrics: PurchaseMetrics
  /** The provider for a total. */
  providerFor(amountMinor: number): PaymentProvider
  /** Length of a driver's lease after each move; longer than any single call. */
  readonly leaseMs: number
}

/** The request that a step serves, and its deadline. */
export interface StepContext {
  /** The caller's request, or the reconciler's own. */
  readonly requestId: string
  /** Deadline of the step, as `performance.now()` of this process. */
  readonly deadlineAt: number
  /** The buyer's token, only in the request that pays; tokens are never stored. */
  readonly paymentToken?: string | undefined
}

export interface StepInput extends StepContext {
  /** Another driver, or an unanswered attempt, may already have sent the provider the request of this state. */
  readonly perhapsAsked: boolean
}

export type Driven = Payment | Refund
type MoveOf<Item extends Driven> = Item extends Payment ? Move : RefundMove

/** The steps of payments or of refunds. */
export interface Steps<Item extends Driven> {
  readonly name: 'payment' | 'refund'
  /** The state before any answer. */
  readonly first: Item['status']
  /**
   * Makes the call of the current state and returns the next move; null if nothing is left to do, which is then recorded. Throws if there
   * is no answer.
   */
  ask(saga: SagaParts, item: Item, input: StepInput): Promise<MoveOf<Item> | null>
  /** Null: the item stays, and the step is repeated. */
  moveAfterError(item: Item, error: unknown, input: StepInput): MoveOf<Item> | null
  mayMove(from: Item['status'], to: MoveOf<Item>['to']): boolean
  /** Runs in a transaction of the caller. Null if another driver was faster: nothing is changed then. */
  move(db: Database, item: Item, move: MoveOf<Item>, leaseMs: number): Promise<Item | null>
  read(db: Database, id: string): Promise<Item>
  /** Claims at most `limit` items whose lease has ended, for `leaseMs`. No two callers get the same item. */
  claimDue(db: Database, options: { readonly limit: number; readonly leaseMs: number }): Promise<Item[]>
  /** For log lines. */
  fields(item: Item): Record<string, unknown>
  count(metrics: PurchaseMetrics, item: Item): void
}

export interface DriveOptions<Item> {
  /** The state at which the drive ends, unless its time runs out first. */
  until(item: Item): boolean
  /** This driver has just created the item: no call was made yet. */
  readonly isNew?: boolean
  /** After the first step was answered, repeat unanswered steps while there is time. */
  readonly patient?: boolean
}

/** The item after the drive, and the last error. */
export interface DriveResult<Item> {
  readonly item: Item
  readonly error?: unknown
}

/** Takes the next steps of an item, from any state in which another driver left it. Never throws. */
export async function drive<Item extends Driven>(
  saga: SagaParts,
  steps: Steps<Item>,
  start: Item,
  context: StepContext,
  { until, isNew = false, patient = false }: DriveOptions<Item>,
): Promise<DriveResult<Item>> {
  let current: DriveResult<Item> = { item: start }
  let perhapsAsked = !isNew
  while (!until(current.item) && performance.now() < context.deadlineAt) {
    const { item } = current
    try {
      const { isOwnMove, ...next } = await advance(saga, steps, item, { ...context, perhapsAsked })
      current = { error: current.error, ...next }
      perhapsAsked = !isOwnMove
    } catch (error) {
      current = { item, error }
      logFailedStep(saga, steps, item, error)
      if (!patient || item.status === steps.first) break
      perhapsAsked ||= !(error instanceof ProviderError) || error.requestSent
      await pause(Math.max(0, Math.min(retryPauseMs, context.deadlineAt - performance.now())))
    }
  }
  return current
}

/** Drives an item until nothing is left to do or a call is not answered. */
export async function driveToEnd<Item extends Driven>(
  saga: SagaParts,
  steps: Steps<Item>,
  item: Item,
  context: StepContext,
): Promise<Item> {
  return (await drive(saga, steps, item, context, { until: ({ settled }) => settled })).item
}

/** Logs a failed step: a partner that does not answer as a warning, any other failure as an error. */
export function logFailedStep<Item extends Driven>(
  { log }: SagaParts,
  { name, fields }: Steps<Item>,
  item: Item,
  error: unknown,
): void {
  const isExpected = error instanceof ProviderError || error instanceof TicketingError
  const about = { err: error, kind: name, ...fields(item) }
  if (item.isStuck) log.error(about, 'a step is stuck')
  else log[isExpected ? 'warn' : 'error'](about, 'a step failed')
}

/** The context for the steps of a request. */
export function stepContextOf({ requestId, deadlineAt }: MessageContext, paymentToken?: string): StepContext {
  return { requestId, deadlineAt: deadlineAt - answerReserveMs, paymentToken }
}

interface Advance<Item> extends DriveResult<Item> {
  /** Only this driver has brought the item to this state. */
  readonly isOwnMove: boolean
}

/** Takes one step. Returns the item as soon as another driver has moved it: a webhook can be faster than an answer, or replace it. */
async function advance<Item extends Driven>(
  saga: SagaParts,
  steps: Steps<Item>,
  item: Item,
  input: StepInput,
): Promise<Advance<Item>> {
  const over = new AbortController()
  const asked = steps.ask(saga, item, input).then(
    (move) => ({ move }),
    (error: unknown) => {
      const move = steps.moveAfterError(item, error, input)
      if (move === null) throw error
      if (error instanceof ProviderError)
        saga.log.warn({ err: error, ...steps.fields(item) }, 'the provider did not answer')
      return { move, error }
    },
  )
  const answer = await Promise.race([asked, untilMoved(saga, steps, item, over.signal)]).finally(() => over.abort())
  if ('item' in answer) return { ...answer, isOwnMove: false }
  const { move, ...rest } = answer
  if (move === null) return { item: { ...item, settled: true }, isOwnMove: true }
  return { ...rest, ...(await makeMove(saga, steps, item, move)) }
}

async function untilMoved<Item extends Driven>(
  { postgres }: SagaParts,
  { read }: Steps<Item>,
  item: Item,
  signal: AbortSignal,
): Promise<{ item: Item }> {
  for (;;) {
    await pause(lookAgainMs, undefined, { signal })
    const current = await read(postgres, item.id).catch(() => item)
    if (current.status !== item.status) return { item: current }
  }
}

async function makeMove<Item extends Driven>(
  saga: SagaParts,
  steps: Steps<Item>,
  item: Item,
  move: MoveOf<Item>,
): Promise<Advance<Item>> {
  const { id, status: from } = item
  if (!steps.mayMove(from, move.to)) throw new Error(`${steps.name} ${id} may not go from ${from} to ${move.to}`)
  const moved = await saga.postgres.transaction((db) => steps.move(db, item, move, saga.leaseMs))
  if (moved === null) return { item: await steps.read(saga.postgres, id), isOwnMove: false }
  reportMove(saga, steps, item, moved)
  return { item: moved, isOwnMove: true }
}

/** Logs and counts a committed move. */
export function reportMove<Item extends Driven>(
  { log, purchaseMetrics }: SagaParts,
  { name, fields, count }: Steps<Item>,
  from: Item,
  to: Item,
): void {
  log.info({ kind: name, ...fields(to), from: from.status }, 'the state changed')
  count(purchaseMetrics, to)
}
