import { viewPerformer as contract } from '#shared/contracts/performers.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type ListParts, showPage } from '../event-answers.ts'
import { listFingerprint, readCursor } from '../search/page-cursor.ts'
import { findUpcomingOf, readPerformer } from '../store/venues-and-performers.ts'

/** Shows a performer and their upcoming events by date. Throws `not_found`, and `validation_failed` for a cursor of another list. */
export function viewPerformer(parts: ListParts): Operation {
  return operation(contract, async ({ performer_id: performerId, limit, cursor }, context) => {
    const list = listFingerprint({ performerId })
    const after = cursor === undefined ? undefined : readCursor(list, cursor)
    const [performer, places] = await Promise.all([
      readPerformer(parts.postgres, performerId),
      findUpcomingOf(parts.postgres, { performerId }, { after, wanted: limit + 1 }),
    ])
    if (performer === undefined) throw new TicketingError('not_found', 'There is no such performer.')
    return { performer, ...(await showPage(parts, { places, size: limit, list }, context)) }
  })
}
