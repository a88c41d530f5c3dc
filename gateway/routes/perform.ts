import type { Contract, RequestOf } from '#shared/contracts/contract.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { callRaw, type RawReply } from '#shared/messaging/call.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'

/** Performs the operation of a contract. Throws as `callRaw`. */
export type Perform = <C extends Contract>(
  contract: C,
  request: RequestOf<C>,
  context: MessageContext,
) => Promise<RawReply>

/** An operation that the gateway answers itself. */
export type OwnOperation = (request: never, context: MessageContext) => Promise<object>

/** Calls workers, or by name the gateway's own operations. */
export function createPerform(bus: Bus, own: Readonly<Record<string, OwnOperation>>): Perform {
  return async (contract, request, context) => {
    if (contract.worker !== 'gateway') return callRaw(bus, contract, request, context)
    const answer = own[contract.operation]
    if (answer === undefined) throw new Error(`nobody answers ${contract.operation}`)
    const reply = await answer(request as never, context)
    return { body: Buffer.from(JSON.stringify(reply)), replayed: false }
  }
}
