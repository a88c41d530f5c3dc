import { viewVenue as contract } from '#shared/contracts/venues.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type ListParts, showPage } from '../event-answers.ts'
import { listFingerprint, readCursor } from '../search/page-cursor.ts'
import { findUpcomingOf, readVenue } from '../store/venues-and-performers.ts'

/** Shows a venue and its upcoming events by date. Throws `not_found`, and `validation_failed` for a cursor of another list. */
export function viewVenue(parts: ListParts): Operation {
  return operation(contract, async ({ venue_id: venueId, limit, cursor }, context) => {
    const list = listFingerprint({ venueId })
    const after = cursor === undefined ? undefined : readCursor(list, cursor)
    const [venue, places] = await Promise.all([
      readVenue(parts.postgres, venueId),
      findUpcomingOf(parts.postgres, { venueId }, { after, wanted: limit + 1 }),
    ])
    if (venue === undefined) throw new TicketingError('not_found', 'There is no such venue.')
    return { venue, ...(await showPage(parts, { places, size: limit, list }, context)) }
  })
}
