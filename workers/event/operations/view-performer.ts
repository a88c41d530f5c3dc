import { viewPerformer as contract } from '#shared/contracts/performers.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { ListParts } from '../event-answers.ts'
import { readPerformer } from '../store/venues-and-performers.ts'
import { upcomingPage } from '../upcoming-page.ts'

/** Shows a performer with upcoming events, by date. Throws `not_found`, and `validation_failed` for a cursor of another list. */
export function viewPerformer(parts: ListParts): Operation {
  return operation(contract, async ({ performer_id: id, limit, cursor }, context) => {
    const [performer, page] = await Promise.all([
      readPerformer(parts.postgres, id),
      upcomingPage(parts, { of: { performer: id }, limit, cursor }, context),
    ])
    if (performer === undefined) throw new TicketingError('not_found', 'There is no such performer.')
    return { performer, ...page }
  })
}
