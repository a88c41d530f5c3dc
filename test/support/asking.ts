import { deepStrictEqual } from 'node:assert/strict'
import type { Contract, ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous, type Caller } from '#shared/messaging/caller.ts'

export interface AskingOptions {
  readonly caller?: Caller
  readonly idempotencyKey?: string
}

/** Whether answers are right is asked here; how soon they come on a loaded machine is not. */
const patienceMs = 30_000

/** Calls an operation and checks that its reply is what the contract says and nothing else. */
export async function askWorker<C extends Contract>(
  bus: Bus,
  contract: C,
  request: RequestOf<C>,
  { caller = anonymous, idempotencyKey }: AskingOptions = {},
): Promise<ReplyOf<C>> {
  const patient = { ...contract, deadlineMs: Math.max(contract.deadlineMs, patienceMs) }
  const reply = await call(bus, patient, request, {
    requestId: newId(),
    caller,
    deadlineAt: performance.now() + patient.deadlineMs,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  })
  deepStrictEqual(reply, contract.reply.parse(reply))
  return reply
}

const maxTries = 5

/**
 * Asks again while a busy machine lets a worker do without its database, or be too late to begin; `asking` must bear repetition. `busy`:
 * the codes that say so.
 */
export async function askUntilAvailable<Reply>(
  asking: () => Promise<Reply>,
  busy: readonly string[] = ['unavailable', 'worker_timeout'],
): Promise<Reply> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await asking()
    } catch (error) {
      const mayAskAgain = error instanceof TicketingError && busy.includes(error.code)
      if (!mayAskAgain || tries === maxTries) throw error
    }
  }
}
