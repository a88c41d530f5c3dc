import { listEvents as contract } from '#shared/contracts/event.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/worker.ts'
import { inSearch, showPage } from '../event-answers.ts'
import { filterTerms, filterTexts } from '../search/filters.ts'
import { findPage, type Question } from '../search/find-page.ts'
import { listMark, readCursor } from '../search/page-cursor.ts'
import { readKnown } from '../store/words.ts'

/**
 * Lists events by date, with what is left of them; postponed and cancelled ones only where past ones are wanted, too. Throws
 * `validation_failed` for a cursor of another list.
 */
export function listEvents({ bus, postgres }: WorkerParts): Operation {
  return operation(contract, async (request, context) => {
    const { cursor, limit, ...asked } = request
    const { status, start, end, country } = asked
    const list = listMark(asked)
    const after = cursor === undefined ? undefined : readCursor(list, cursor)
    const upcoming = status === 'upcoming'
    const positions = await inSearch(postgres, async (db) => {
      const texts = filterTexts(asked)
      if (texts === null) return []
      const known = await readKnown(db, texts)
      const filters = filterTerms(texts, known)
      if (filters === null) return []
      const question: Question = {
        listed: { upcoming, takingPlace: upcoming, start, end },
        venues: { country },
        filters,
        words: [],
        order: 'date',
        events: known.events,
        performersOfThatName: 0,
      }
      return findPage(db, question, { after, wanted: limit + 1 })
    })
    const page = await showPage({ bus, postgres }, { positions, size: limit, list }, context)
    return { ...page, message: countMessage(page.items.length, upcoming) }
  })
}

function countMessage(count: number, upcoming: boolean): string {
  return `${count} ${upcoming ? 'upcoming ' : ''}${count === 1 ? 'event' : 'events'}`
}
