import { viewWaitingEntry as contract } from '#shared/contracts/waiting-list.ts'
import type { Database } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { readEntries } from './read-entries.ts'

/** Shows the buyer's latest entry for an event. Throws `not_found` without one. */
export function viewWaitingEntry({ postgres }: { postgres: Database }): Operation {
  return operation(contract, async ({ event_id: eventId }, context) => {
    const userId = requireUser(context.caller)
    const [entry] = await readEntries(postgres, { userId, eventId, limit: 1 })
    if (entry === undefined) throw new TicketingError('not_found', 'You are not on the waiting list of this event.')
    return entry
  })
}
