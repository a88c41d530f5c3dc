import { viewEventRefunds as contract } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { Postgres } from '#shared/postgres.ts'
import { readEventRefunds } from '../store/event-refunds.ts'

export function viewEventRefunds({ db }: { db: Postgres }): Operation {
  return operation(contract, async ({ event_id: eventId }, { caller }) => {
    requireOrganiser(caller)
    const refunds = await readEventRefunds(db, eventId)
    if (refunds === undefined)
      throw new TicketingError('not_found', 'The bookings of this event are not being refunded.')
    return refunds
  })
}
