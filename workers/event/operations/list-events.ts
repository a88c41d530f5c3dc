import { listEvents as contract } from '#shared/contracts/event.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type ListParts, showPage } from '../event-answers.ts'
import { findAsked } from '../search/find-page.ts'
import { listFingerprint, readCursor } from '../search/page-cursor.ts'

/**
 * Lists events by date with their availability. Postponed and cancelled events, and for organisers drafts, are included only together
 * with past ones. Throws `validation_failed` for a cursor of another list.
 */
export function listEvents(parts: ListParts): Operation {
  return operation(contract, async (request, context) => {
    const { cursor, limit, ...asked } = request
    const { status, start, end, ...filters } = asked
    const list = listFingerprint(asked)
    const after = cursor === undefined ? undefined : readCursor(list, cursor)
    const upcoming = status === 'upcoming'
    const drafts = context.caller.role === 'organiser'
    const conditions = { upcoming, takingPlace: upcoming, drafts, start, end }
    const positions = await findAsked(parts.postgres, { ...filters, conditions }, { after, wanted: limit + 1 })
    const page = await showPage(parts, { positions, size: limit, list }, context)
    return { ...page, message: countMessage(page.items.length, upcoming) }
  })
}

function countMessage(count: number, upcoming: boolean): string {
  return `${count} ${upcoming ? 'upcoming ' : ''}${count === 1 ? 'event' : 'events'}`
}
