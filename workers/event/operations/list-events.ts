import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { listEvents as contract } from '#shared/contracts/event.ts'
import type { Queryable } from '#shared/database/postgres.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type ListParts, showPage } from '../event-answers.ts'
import { filterId, filterTerms, filterTexts, wordsOf } from '../search/filters.ts'
import { findPage, type PageWanted } from '../search/find-page.ts'
import { listFingerprint, type PagePosition, readCursor } from '../search/page-cursor.ts'
import { countReach } from '../store/count-reach.ts'
import type { ListConditions } from '../store/list-conditions.ts'
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
    const positions = await findListed(parts.postgres, asked, { after, wanted: limit + 1 })
    const page = await showPage(parts, { positions, size: limit, list }, context)
    return { ...page, message: countMessage(page.items.length, asked.status === 'upcoming') }
  })
}

type Asked = Omit<ParsedRequestOf<typeof contract>, 'cursor' | 'limit'>

async function findListed(db: Queryable, asked: Asked, page: PageWanted): Promise<PagePosition[]> {
  const texts = filterTexts(asked)
  if (texts === null) return []
  const { status, start, end, country } = asked
  const upcoming = status === 'upcoming'
  const venueId = filterId(asked.venue)
  const listed: ListConditions = {
    upcoming,
    takingPlace: upcoming,
    start,
    end,
    performerId: filterId(asked.performer),
    venue: (venueId ?? country) === undefined ? undefined : { id: venueId, country },
  }
  const [known, reach] = await Promise.all([readKnown(db, wordsOf(texts), texts.wholes), countReach(db, listed)])
  const filters = filterTerms(texts, known)
  if (filters === null) return []
  const words = { words: [], joined: [] }
  const { events } = known
  const question = {
    listed,
    reach,
    filters,
    words,
    keyword: '',
    order: 'date',
    events,
    performersOfThatName: 0,
  } as const
  return await findPage(db, question, page)
}

function countMessage(count: number, upcoming: boolean): string {
  return `${count} ${upcoming ? 'upcoming ' : ''}${count === 1 ? 'event' : 'events'}`
}
