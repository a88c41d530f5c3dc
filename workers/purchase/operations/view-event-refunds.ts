import { viewEventRefunds as contract } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { readEventRefunds } from '../store/event-refunds.ts'

/** The progress of a cancelled event's refunds. Throws `forbidden`, and `not_found` if none were started. */
export function viewEventRefunds({ postgres }: WorkerParts): Operation {
  return operation(contract, async ({ event_id: eventId }, { caller }) => {
    requireOrganiser(caller)
    const refunds = await readEventRefunds(postgres, eventId)
    if (refunds === undefined)
      throw new TicketingError('not_found', 'The bookings of this event are not being refunded.')
    return refunds
  })
}
