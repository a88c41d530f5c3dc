import { cancelBooking as contract } from '#shared/contracts/purchase.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { returnTickets } from '../return-tickets.ts'
import type { Saga } from '../saga.ts'

/**
 * Takes tickets back as their buyer wishes, within the sale's policy, and refunds them. Throws `unauthenticated` for everybody
 * but users, and what `returnTickets` throws.
 */
export function cancelBooking(saga: Saga): Operation {
  return operation(contract, async (request, context) => {
    requireUser(context.caller)
    return returnTickets(saga, { contract, reason: 'buyer', request }, context)
  })
}
