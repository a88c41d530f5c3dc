import { deepStrictEqual } from 'node:assert/strict'
import type { Contract, ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous, type Caller } from '#shared/messaging/caller.ts'

export interface AskingOptions {
  readonly caller?: Caller
  readonly idempotencyKey?: string
}

/** Whether answers are right is asked here; how soon they come on a loaded machine is not. */
const patienceMs = 10_000

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
