import { invalidRequest } from '#shared/errors.ts'
import { fold, foldedWords } from './fold.ts'

/* What events are found by; migrations 003 and 005 say which terms an event has. */

/** Where a word stands: performers, name, venue, city, type, description. */
export type WordField = 'p' | 'n' | 'v' | 'c' | 't' | 'd'

/** Which text a term is the whole of: one performer, the name, the city, the type. */
export type WholeField = 'P' | 'N' | 'C' | 'T'

export const everywhere: readonly WordField[] = ['p', 'n', 'v', 'c', 't', 'd']
/** Fields whose neighbouring words are terms as one word, too. */
const hasPairs: ReadonlySet<WordField> = new Set(['p', 'n', 'v', 'c'])

/** What the table of words knows of one field. */
interface FieldWords {
  /** Events that have the word itself there, more or less. */
  readonly exact: number
  /** Events that have a word there which begins with it, itself included. */
  readonly prefixed: number
  /** Those words; null: too many to name. */
  readonly words: readonly string[] | null
}

/** A word of a query, and where it stands; fields in which nothing begins with it are absent. */
export interface QueryWord {
  readonly text: string
  readonly fields: ReadonlyMap<WordField, FieldWords>
}

/** Words in their order, the last of which may still be being typed. */
export interface QueryWords {
  readonly words: readonly QueryWord[]
  /** Of each word but the last: what it makes with the next one, written as one word. */
  readonly joined: readonly QueryWord[]
}

/** One condition on an event, as the text of a `tsquery`. */
export interface Term {
  readonly query: string
  /** Events that have it, more or less. */
  readonly events: number
  /** Index entries to gather before anything is found, however rare the other terms are. */
  readonly gathered: number
}

/** As long as the terms of events are, in letters. */
const maxWordLetters = 100
const maxWholeLetters = 200
const minPairLetters = 3
/** More are hardly a question, and each costs a look at every index. */
const maxWords = 12

/**
 * The different words of a member of a request, in their order; a repeated one stands where it comes last. Throws
 * `validation_failed` when there are too many.
 */
export function askedWords(member: 'keyword' | 'performer' | 'venue', text: string): string[] {
  const words = foldedWords(text).map((word) => [...word].slice(0, maxWordLetters).join(''))
  const different = [...new Set(words.toReversed())].toReversed()
  if (different.length <= maxWords) return different
  throw invalidRequest([{ pointer: `/${member}`, detail: `has more than ${maxWords} different words` }])
}

/** Each word with the next one, as one word. */
export function joinedTexts(words: readonly string[]): string[] {
  return words.slice(1).map((word, index) => `${words[index]}${word}`)
}

/** The term of a whole text, without its field; '' for a text without letters and digits: nothing is called that. */
export function wholeText(text: string): string {
  return [...fold(text).replaceAll(' ', '')].slice(0, maxWholeLetters).join('')
}

/** The text as the whole of a field. */
export function wholeTerm(field: WholeField, text: string, events: number): Term {
  return { query: `'${field}${text}'`, events, gathered: 0 }
}

/** Whether the word is known as it stands. A single letter always is: half of everything begins with it. */
function isKnown({ text, fields }: QueryWord): boolean {
  return /^[a-z0-9]$/.test(text) || [...fields.values()].some(({ exact }) => exact > 0)
}

function hasLonger({ text, fields }: QueryWord): boolean {
  return text.length > 1 && [...fields.values()].some(({ exact, prefixed }) => prefixed > exact)
}

export interface TermOptions {
  /** Where the words have to stand. */
  readonly fields: readonly WordField[]
  /** Whether a known last word stands for longer ones, too. Unknown words always do. */
  readonly longer: boolean
}

/**
 * All of the words, each in any of the fields; `null` when one stands in none of them. Two words also stand for one that is
 * written as both together, and one for two.
 */
export function allTerms({ words, joined }: QueryWords, { fields, longer }: TermOptions): Term[] | null {
  const terms: Term[] = []
  const termOf = (index: number): Term | null => {
    const word = words[index] as QueryWord
    const prefix = !isKnown(word) || (longer && index === words.length - 1)
    return wordTerm(word, { fields, prefix })
  }
  for (let index = 0; index < words.length; index++) {
    let term = termOf(index)
    const both = joined[index]
    if (both !== undefined && isKnown(both)) {
      const next = termOf(++index)
      const apart = term === null || next === null ? null : allOf([term, next], Math.min(term.events, next.events))
      term = anyOf([apart, wordTerm(both, { fields, prefix: false })])
    }
    if (term === null) return null
    terms.push(term)
  }
  return terms
}

/** Whether `longer` makes a difference. */
export function mayBeLonger({ words }: QueryWords): boolean {
  const last = words.at(-1)
  return last !== undefined && isKnown(last) && hasLonger(last)
}

/** Whether every word is known as it stands. */
export function areKnown({ words }: QueryWords): boolean {
  return words.every(isKnown)
}

function wordTerm(
  { text, fields: known }: QueryWord,
  { fields, prefix }: { fields: readonly WordField[]; prefix: boolean },
): Term | null {
  const queries: string[] = []
  let events = 0
  let gathered = 0
  for (const field of fields) {
    const { exact = 0, prefixed = 0, words = [] } = known.get(field) ?? {}
    const count = prefix && text.length > 1 ? prefixed : exact
    events += count
    if (count > 0 && count === exact) queries.push(`'${field}${text}'`)
    else if (count > 0 && words !== null) queries.push(...words.map((each) => `'${field}${each}'`))
    else if (count > 0) {
      gathered += count
      queries.push(`'${field}${text}':*`)
    }
    // Nobody counts these; they are as rare as the word is long.
    if (hasPairs.has(field) && text.length >= minPairLetters) queries.push(`'${field}+${text}'`)
  }
  return queries.length === 0 ? null : { query: `(${queries.join(' | ')})`, events, gathered }
}

/** What has all terms of any of the lists; `null` without lists. `total` are all events. */
export function eitherOf(lists: readonly (readonly Term[] | null)[], total: number): readonly Term[] | null {
  const [list, ...others] = lists.filter((each) => each !== null)
  if (list === undefined || others.length === 0) return list ?? null
  const term = anyOf([list, ...others].map((terms) => allOf(terms, eventsWith(terms, total))))
  return term === null ? null : [term]
}

function anyOf(terms: readonly (Term | null)[]): Term | null {
  const some = terms.filter((term) => term !== null)
  if (some.length < 2) return some[0] ?? null
  return merged(some, ' | ', sum(some.map(({ events }) => events)))
}

function allOf(terms: readonly Term[], events: number): Term {
  const [first, ...others] = terms
  return first !== undefined && others.length === 0 ? first : merged(terms, ' & ', events)
}

function merged(terms: readonly Term[], by: string, events: number): Term {
  const query = `(${terms.map((term) => term.query).join(by)})`
  return { query, events, gathered: sum(terms.map(({ gathered }) => gathered)) }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

/** All of the terms as a Postgres `tsquery`; `null` without terms. Folded texts are letters, digits and blanks: nothing to escape. */
export function termQuery(terms: readonly Term[]): string | null {
  return terms.length === 0 ? null : terms.map(({ query }) => query).join(' & ')
}

/** How many of `total` events have all the terms: between what chance would have, and the most there can be. */
export function eventsWith(terms: readonly Term[], total: number): number {
  const chance = terms.reduce((share, { events }) => share * Math.min(1, events / total), total)
  return Math.sqrt(chance * Math.min(total, ...terms.map(({ events }) => events)))
}

/** Gathering so many entries costs as much as reading an event. */
const gatheredPerEvent = 8

/** The rarest terms find the events; what would have to be gathered at length beside them is asked of the events found. */
export function splitTerms(terms: readonly Term[]): { indexed: Term[]; onRows: Term[] } {
  const [rarest, ...others] = terms.toSorted((one, other) => one.events - other.events)
  if (rarest === undefined) return { indexed: [], onRows: [] }
  const isCheap = ({ gathered }: Term): boolean => gathered <= gatheredPerEvent * rarest.events
  return { indexed: [rarest, ...others.filter(isCheap)], onRows: others.filter((term) => !isCheap(term)) }
}
