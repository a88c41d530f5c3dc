import { cancelBooking as contract } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { returnTickets } from '../refund-answer.ts'
import type { Saga } from '../saga.ts'

export function cancelBooking(saga: Saga): Operation {
  return operation(contract, async (request, context) => {
    if (context.caller.role !== 'user') throw new TicketingError('unauthenticated', 'Sign in to cancel a booking.')
    return returnTickets(saga, { contract, reason: 'buyer', request }, context)
  })
}
