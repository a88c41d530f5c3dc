import { viewPerformer as contract } from '#shared/contracts/performers.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type ListParts, showPage } from '../event-answers.ts'
import { findAsked } from '../search/find-page.ts'
import { listFingerprint, readCursor } from '../search/page-cursor.ts'
import { readPerformer } from '../store/venues-and-performers.ts'

const upcoming = { upcoming: true, takingPlace: true }

/** Shows a performer and their upcoming events by date. Throws `not_found`, and `validation_failed` for a cursor of another list. */
export function viewPerformer(parts: ListParts): Operation {
  return operation(contract, async ({ performer_id: performerId, limit, cursor }, context) => {
    const list = listFingerprint({ performerId })
    const after = cursor === undefined ? undefined : readCursor(list, cursor)
    const [performer, positions] = await Promise.all([
      readPerformer(parts.postgres, performerId),
      findAsked(parts.postgres, { performer: performerId, conditions: upcoming }, { after, wanted: limit + 1 }),
    ])
    if (performer === undefined) throw new TicketingError('not_found', 'There is no such performer.')
    return { performer, ...(await showPage(parts, { positions, size: limit, list }, context)) }
  })
}
