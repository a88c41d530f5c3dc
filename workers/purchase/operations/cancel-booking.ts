import { cancelBooking as contract } from '#shared/contracts/purchase.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { returnTickets } from '../refund-answer.ts'
import type { Saga } from '../saga.ts'

export function cancelBooking(saga: Saga): Operation {
  return operation(contract, async (request, context) => {
    requireUser(context.caller)
    return returnTickets(saga, { contract, reason: 'buyer', request }, context)
  })
}
