import type { Queryable } from '#shared/database/postgres.ts'
import {
  collectEvents,
  type EventList,
  eventsBehind,
  findPositions,
  type Statement,
  scanEvents,
  scanVenues,
} from '../store/find-events.ts'
import { accessFor } from './access.ts'
import type { FoundEvent, PagePosition } from './page-cursor.ts'
import { type Asked, type Question, questionOf } from './question.ts'
import { termQuery } from './terms.ts'
import { anywhere, tiersOf } from './tiers.ts'

export interface PageWanted {
  readonly after: PagePosition | undefined
  /** Number of results after that position. */
  readonly wanted: number
}

/** The events of a list after `after`. Throws `validation_failed` for too many words. */
export async function findAsked(db: Queryable, asked: Asked, page: PageWanted): Promise<FoundEvent[]> {
  const question = await questionOf(db, asked)
  return question === null ? [] : await findPage(db, question, page)
}

/** The events of a list after `after`. */
export async function findPage(db: Queryable, question: Question, page: PageWanted): Promise<FoundEvent[]> {
  if (question.order === 'relevance') return await findByRelevance(db, question, page)
  const list = listOf(question, page)
  return list === null ? [] : await findList(db, question, list)
}

/** The list of all events with the words, by date if the order is relevance; `null` if no event has one of the words. */
export function listOf(
  question: Question,
  { after, wanted }: PageWanted,
  ofWords = anywhere(question),
): EventList | null {
  const { listed, filters, order } = question
  if (ofWords === null) return null
  const terms = [...filters, ...ofWords]
  return { ...listed, terms, order: order === 'relevance' ? 'date' : order, after, limit: wanted }
}

/** A statement that finds the first events of a list, or all remaining ones. */
export interface Attempt {
  readonly find: Statement
  /** Finds a row if the list has more events after an unfilled page: then the next attempt is necessary. */
  readonly behind: Statement | null
}

/** The attempts, in order, until the page is full or the list ends. The last attempt leaves nothing out. */
export function attemptsAt(list: EventList, { reach, events }: Question, tier = 0): Attempt[] {
  const { method, indexes, scanLimit } = accessFor(list, reach, events)
  const collecting = { find: collectEvents(list, { by: indexes, tiers: [], tier }), behind: null }
  if (method === 'collect') return [collecting]
  if (list.order === 'distance') return [{ find: scanVenues(list, tier), behind: null }, collecting]
  return [{ find: scanEvents(list, { tier, events: scanLimit }), behind: eventsBehind(list, scanLimit) }, collecting]
}

async function findList(db: Queryable, question: Question, list: EventList, tier = 0): Promise<FoundEvent[]> {
  let found: FoundEvent[] = []
  for (const { find, behind } of attemptsAt(list, question, tier)) {
    found = await findPositions(db, find)
    const isAll = found.length < list.limit && behind !== null && (await findPositions(db, behind)).length === 0
    if (found.length === list.limit || isAll) break
  }
  return found
}

/** Searches the best relevance tiers together while they have few events, then tier by tier until the page is full. */
async function findByRelevance(db: Queryable, question: Question, page: PageWanted): Promise<FoundEvent[]> {
  const { reach, events } = question
  const { after, wanted } = page
  const tiers = tiersOf(question)
  const lists = tiers.map((terms) => (terms === null ? null : listOf(question, page, terms)))
  const accesses = lists.map((list) => (list === null ? null : accessFor(list, reach, events)))
  const queries = tiers.map((terms) => (terms === null ? null : termQuery(terms)))
  const last = accesses.findLastIndex((access) => access?.method === 'collect')
  const [list, access] = [lists[last], accesses[last]]
  const found: FoundEvent[] = []
  if (list && access && (after?.tier ?? 0) <= last) {
    found.push(
      ...(await findPositions(
        db,
        collectEvents(list, { by: access.indexes, tiers: queries.slice(0, last + 1), tier: last }),
      )),
    )
  }
  for (let tier = Math.max(last + 1, after?.tier ?? 0); tier < lists.length && found.length < wanted; tier++) {
    const rest = lists[tier]
    if (!rest) continue
    const without = queries.slice(0, tier).findLast((query) => query !== null) ?? undefined
    const from = after?.tier === tier ? after : undefined
    const more = { ...rest, without, after: from, limit: wanted - found.length }
    found.push(...(await findList(db, question, more, tier)))
  }
  return found
}
