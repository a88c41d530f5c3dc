import { viewVenue as contract } from '#shared/contracts/venues.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type ListParts, showPage } from '../event-answers.ts'
import { findAsked } from '../search/find-page.ts'
import { listFingerprint, readCursor } from '../search/page-cursor.ts'
import { readVenue } from '../store/venues-and-performers.ts'

const upcoming = { upcoming: true, takingPlace: true }

/** Shows a venue and its upcoming events by date. Throws `not_found`, and `validation_failed` for a cursor of another list. */
export function viewVenue(parts: ListParts): Operation {
  return operation(contract, async ({ venue_id: venueId, limit, cursor }, context) => {
    const list = listFingerprint({ venueId })
    const after = cursor === undefined ? undefined : readCursor(list, cursor)
    const [venue, positions] = await Promise.all([
      readVenue(parts.postgres, venueId),
      findAsked(parts.postgres, { venue: venueId, conditions: upcoming }, { after, wanted: limit + 1 }),
    ])
    if (venue === undefined) throw new TicketingError('not_found', 'There is no such venue.')
    return { venue, ...(await showPage(parts, { positions, size: limit, list }, context)) }
  })
}
