import { cancelBooking as contract } from '#shared/contracts/purchase.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { returnTickets } from '../return-tickets.ts'
import type { SagaParts } from '../saga.ts'

/**
 * Cancels and refunds tickets for their buyer, within the sale's policy. Throws `unauthenticated` for everybody but users, and what
 * `returnTickets` throws.
 */
export function cancelBooking(saga: SagaParts): Operation {
  return operation(contract, async (request, context) => {
    requireUser(context.caller)
    return returnTickets(saga, { contract, reason: 'buyer', request }, context)
  })
}
