import { refundBooking as contract } from '#shared/contracts/purchase.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { returnTickets } from '../return-tickets.ts'
import type { SagaParts } from '../saga.ts'

/** Cancels and refunds tickets for an organiser, at any time. Throws `forbidden` for everybody else, and what `returnTickets` throws. */
export function refundBooking(saga: SagaParts): Operation {
  return operation(contract, async (request, context) => {
    requireOrganiser(context.caller)
    return returnTickets(saga, { contract, reason: 'organiser', request }, context)
  })
}
