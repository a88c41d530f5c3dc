import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { listEvents as contract } from '#shared/contracts/event.ts'
import type { Queryable } from '#shared/database/postgres.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type ListParts, showPage } from '../event-answers.ts'
import { filterTerms, filterTexts } from '../search/filters.ts'
import { findPage, type PageWanted, type Question } from '../search/find-page.ts'
import { listFingerprint, readCursor } from '../search/page-cursor.ts'
import type { Place } from '../store/find-events.ts'
import { readKnown } from '../store/words.ts'

/**
 * Lists events by date, with what is left of them; postponed and cancelled ones only where past ones are wanted, too. Throws
 * `validation_failed` for a cursor of another list.
 */
export function listEvents(parts: ListParts): Operation {
  return operation(contract, async (request, context) => {
    const { cursor, limit, ...asked } = request
    const list = listFingerprint(asked)
    const after = cursor === undefined ? undefined : readCursor(list, cursor)
    const places = await findListed(parts.postgres, asked, { after, wanted: limit + 1, shown: true })
    const page = await showPage(parts, { places, size: limit, list }, context)
    return { ...page, message: countMessage(page.items.length, asked.status === 'upcoming') }
  })
}

type Asked = Omit<ParsedRequestOf<typeof contract>, 'cursor' | 'limit'>

async function findListed(db: Queryable, asked: Asked, page: PageWanted): Promise<Place[]> {
  const texts = filterTexts(asked)
  if (texts === null) return []
  const known = await readKnown(db, texts)
  const filters = filterTerms(texts, known)
  if (filters === null) return []
  const { status, start, end, country } = asked
  const upcoming = status === 'upcoming'
  const question: Question = {
    listed: { upcoming, takingPlace: upcoming, start, end },
    venues: { country },
    filters,
    words: [],
    keyword: '',
    order: 'date',
    events: known.events,
    performersOfThatName: 0,
  }
  return findPage(db, question, page)
}

function countMessage(count: number, upcoming: boolean): string {
  return `${count} ${upcoming ? 'upcoming ' : ''}${count === 1 ? 'event' : 'events'}`
}
