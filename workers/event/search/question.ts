import type { Queryable } from '#shared/database/postgres.ts'
import { countReach, isNarrowed, type Reach } from '../store/count-reach.ts'
import type { ListOrder } from '../store/find-events.ts'
import type { ListConditions } from '../store/list-conditions.ts'
import { type KnownTexts, knownWords, readKnown } from '../store/words.ts'
import { filterId, filterTerms, filterTexts, wordsOf } from './filters.ts'
import { fold } from './fold.ts'
import type { Circle } from './geography.ts'
import { askedWords, joinedTexts, type QueryWords, type Term, wholeText } from './terms.ts'

/** The conditions of a list. */
export interface Question {
  readonly listed: ListConditions
  /** How many events each condition admits. */
  readonly reach: Reach
  /** Conditions on the names of performer, venue, city and type. */
  readonly filters: readonly Term[]
  /** The words of the keyword; an event must have all of them. */
  readonly words: QueryWords
  /** The whole folded keyword; '' if none was given. */
  readonly keyword: string
  readonly order: ListOrder | 'relevance'
  /** Number of all events, and of events with a performer named like the keyword; approximate. */
  readonly events: number
  readonly performersOfThatName: number
}

export interface Asked {
  readonly keyword?: string | undefined
  readonly performer?: string | undefined
  readonly venue?: string | undefined
  readonly city?: string | undefined
  readonly type?: string | undefined
  readonly country?: string | undefined
  readonly circle?: Circle | undefined
  /** Default: by relevance with a keyword, else by date. */
  readonly sort?: Question['order'] | undefined
  readonly conditions: Omit<ListConditions, 'performerId' | 'venue'>
}

/** A list of all events is scanned by date, however many there are, so nothing is looked up. */
const nothingKnown: KnownTexts = { events: 10_000_000, words: new Map(), wholes: new Map() }

/** Looks up all conditions; `null` if nothing can match them. Throws `validation_failed` for too many words. */
export async function questionOf(db: Queryable, asked: Asked): Promise<Question | null> {
  const typed = askedWords('keyword', asked.keyword ?? '')
  const texts = filterTexts(asked)
  if (texts === null || (asked.keyword !== undefined && typed.length === 0)) return null
  const { country, circle, performer } = asked
  const id = filterId(asked.venue)
  const venue = (id ?? country ?? circle) === undefined ? undefined : { id, country, circle }
  const listed = { ...asked.conditions, venue, performerId: filterId(performer) }
  const keyword = fold(asked.keyword ?? '')
  const name = { field: 'P', text: wholeText(keyword) } as const
  const words = [...wordsOf(texts), ...typed, ...joinedTexts(typed)]
  const wholes = typed.length === 0 ? texts.wholes : [...texts.wholes, name]
  const isAll = words.length + wholes.length === 0 && !isNarrowed(listed)
  const [known, reach] = isAll
    ? [nothingKnown, {}]
    : await Promise.all([readKnown(db, words, wholes), countReach(db, listed)])
  const filters = filterTerms(texts, known)
  if (filters === null) return null
  return {
    listed,
    reach,
    filters,
    words: knownWords(known, typed),
    keyword,
    order: asked.sort ?? (typed.length === 0 ? 'date' : 'relevance'),
    events: known.events,
    performersOfThatName: known.wholes.get(`P${name.text}`) ?? 0,
  }
}
