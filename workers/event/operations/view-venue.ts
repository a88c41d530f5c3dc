import { viewVenue as contract } from '#shared/contracts/venues.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { ListParts } from '../event-answers.ts'
import { readVenue } from '../store/venues-and-performers.ts'
import { upcomingPage } from '../upcoming-page.ts'

/** Shows a venue with upcoming events, by date. Throws `not_found`, and `validation_failed` for a cursor of another list. */
export function viewVenue(parts: ListParts): Operation {
  return operation(contract, async ({ venue_id: id, limit, cursor }, context) => {
    const [venue, page] = await Promise.all([
      readVenue(parts.postgres, id),
      upcomingPage(parts, { of: { venue: id }, limit, cursor }, context),
    ])
    if (venue === undefined) throw new TicketingError('not_found', 'There is no such venue.')
    return { venue, ...page }
  })
}
