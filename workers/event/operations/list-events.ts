import { listEvents as contract } from '#shared/contracts/event.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type ListParts, showPage } from '../event-answers.ts'
import { findAsked } from '../search/find-page.ts'
import { listFingerprint, readCursor } from '../search/page-cursor.ts'

/**
 * Lists events by date, with what is left of them; postponed and cancelled ones only where past ones are wanted, too. Throws
 * `validation_failed` for a cursor of another list.
 */
export function listEvents(parts: ListParts): Operation {
  return operation(contract, async (request, context) => {
    const { cursor, limit, ...asked } = request
    const { status, start, end, ...filters } = asked
    const list = listFingerprint(asked)
    const after = cursor === undefined ? undefined : readCursor(list, cursor)
    const upcoming = status === 'upcoming'
    const conditions = { upcoming, takingPlace: upcoming, start, end }
    const positions = await findAsked(parts.postgres, { ...filters, conditions }, { after, wanted: limit + 1 })
    const page = await showPage(parts, { positions, size: limit, list }, context)
    return { ...page, message: countMessage(page.items.length, upcoming) }
  })
}

function countMessage(count: number, upcoming: boolean): string {
  return `${count} ${upcoming ? 'upcoming ' : ''}${count === 1 ? 'event' : 'events'}`
}
