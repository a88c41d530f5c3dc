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
 * The engine that drives payments and refunds. Each is a row with a state and a lease. A step asks the booking worker or the
 * provider what the state waits for, and the answer says which move follows. A commit stands before and after each question, and
 * every question is repeatable by its key: a row may be driven on from wherever a driver left it, by anybody, even by two at once.
 */

/** How often a driver that waits for an answer looks whether somebody else knows more. */
const lookAgainMs = 500
const retryPauseMs = 250
/** Kept back from the caller's time for reading the booking and answering. */
const answerReserveMs = 500

/** What driving payments and refunds needs. */
export interface Saga extends WorkerParts {
  readonly purchaseMetrics: PurchaseMetrics
  /** The provider that is asked for a total. */
  providerFor(amountMinor: number): PaymentProvider
  /** How long a payment is a driver's own after each move; longer than any single call. */
  readonly leaseMs: number
}

/** Whose request a step serves, and its deadline. */
export interface StepContext {
  /** The caller's request, or the reconciler's own. */
  readonly requestId: string
  /** `performance.now()` of this process until when the step must be through. */
  readonly deadlineAt: number
  /** Of the buyer, for the request that pays; tokens are never kept. */
  readonly paymentToken?: string | undefined
}

export interface StepInput extends StepContext {
  /** Another driver, or an attempt that nobody answered, may have asked the provider already for what this state waits for. */
  readonly perhapsAsked: boolean
}

export type Driven = Payment | Refund
type MoveOf<Item extends Driven> = Item extends Payment ? Move : RefundMove

/** The steps of payments or of refunds. */
export interface Steps<Item extends Driven> {
  readonly name: 'payment' | 'refund'
  /** The state in which nobody has answered anything yet. */
  readonly first: Item['status']
  /**
   * Asks what the state waits for, and answers the move that follows; null when nothing is left to do, which is written down.
   * Throws when there is no answer.
   */
  ask(saga: Saga, item: Item, input: StepInput): Promise<MoveOf<Item> | null>
  /** Null: the item stays, and the step is to be taken again. */
  moveAfterError(item: Item, error: unknown, input: StepInput): MoveOf<Item> | null
  mayMove(from: Item['status'], to: MoveOf<Item>['to']): boolean
  /** In a transaction of the caller. Null when another driver was faster: nothing is changed then. */
  move(db: Database, item: Item, move: MoveOf<Item>, leaseMs: number): Promise<Item | null>
  read(db: Database, id: string): Promise<Item>
  /** Takes over at most `limit` items whose drivers went silent, for `leaseMs`; no two callers get the same one. */
  claimDue(db: Database, options: { readonly limit: number; readonly leaseMs: number }): Promise<Item[]>
  /** For log lines. */
  fields(item: Item): Record<string, unknown>
  count(metrics: PurchaseMetrics, item: Item): void
}

export interface Driving<Item> {
  /** Where the drive ends, if not with its time. */
  until(item: Item): boolean
  /** This driver has just created the item: nobody was asked anything. */
  readonly isNew?: boolean
  /** Once the first step was answered, repeat a step that is not, as long as there is time. */
  readonly patient?: boolean
}

/** The item as it then stands, and what stood in its way last. */
export interface Drive<Item> {
  readonly item: Item
  readonly error?: unknown
}

/** Takes the next steps of an item, from any state that another driver left it in. Never throws. */
export async function drive<Item extends Driven>(
  saga: Saga,
  steps: Steps<Item>,
  start: Item,
  context: StepContext,
  { until, isNew = false, patient = false }: Driving<Item>,
): Promise<Drive<Item>> {
  let current: Drive<Item> = { item: start }
  let perhapsAsked = !isNew
  while (!until(current.item) && performance.now() < context.deadlineAt) {
    const { item } = current
    try {
      const { isOwnMove, ...next } = await advance(saga, steps, item, { ...context, perhapsAsked })
      current = { error: current.error, ...next }
      perhapsAsked = !isOwnMove
    } catch (error) {
      current = { item, error }
      logMissedStep(saga, steps, item, error)
      if (!patient || item.status === steps.first) break
      perhapsAsked ||= !(error instanceof ProviderError) || error.requestSent
      await pause(Math.max(0, Math.min(retryPauseMs, context.deadlineAt - performance.now())))
    }
  }
  return current
}

/** Drives an item on until nothing is left to do, or until somebody does not answer. */
export async function driveToEnd<Item extends Driven>(
  saga: Saga,
  steps: Steps<Item>,
  item: Item,
  context: StepContext,
): Promise<Item> {
  return (await drive(saga, steps, item, context, { until: ({ settled }) => settled })).item
}

/** Logs a failed step: a partner that does not answer as a warning, anything else as an error. */
export function logMissedStep<Item extends Driven>(
  { log }: Saga,
  { name, fields }: Steps<Item>,
  item: Item,
  error: unknown,
): void {
  const isExpected = error instanceof ProviderError || error instanceof TicketingError
  const said = { err: error, ...fields(item) }
  if (item.isStuck) log.error(said, `a ${name} is stuck: its step fails again and again`)
  else log[isExpected ? 'warn' : 'error'](said, `${name} step is to be tried again`)
}

/** The time for the steps that a request sets off. */
export function stepContextOf({ requestId, deadlineAt }: MessageContext, paymentToken?: string): StepContext {
  return { requestId, deadlineAt: deadlineAt - answerReserveMs, paymentToken }
}

interface Advance<Item> extends Drive<Item> {
  /** Nobody but this driver has brought it here. */
  readonly isOwnMove: boolean
}

/** Takes one step. Answers the item as soon as somebody else has moved it: a webhook may outrun an answer, or come in its place. */
async function advance<Item extends Driven>(
  saga: Saga,
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
        saga.log.warn({ err: error, ...steps.fields(item) }, 'provider did not answer')
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
  { postgres }: Saga,
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
  saga: Saga,
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

/** Logs and counts a move that is committed. */
export function reportMove<Item extends Driven>(
  { log, purchaseMetrics }: Saga,
  { name, fields, count }: Steps<Item>,
  from: Item,
  to: Item,
): void {
  log.info({ ...fields(to), from: from.status }, `${name} moved`)
  count(purchaseMetrics, to)
}
