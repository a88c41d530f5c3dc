import { invalidRequest } from '#shared/errors.ts'
import { fold, foldedWords } from './fold.ts'

/* Terms by which events are found; migrations 003 and 005 define the terms of an event. */

/** The field of a word: performers, name, venue, city, type, description. */
export type WordField = 'p' | 'n' | 'v' | 'c' | 't' | 'd'

/** The field whose whole text is a term: one performer, the name, the city, the type. */
export type WholeField = 'P' | 'N' | 'C' | 'T'

export const everywhere: readonly WordField[] = ['p', 'n', 'v', 'c', 't', 'd']
/** Fields whose neighbouring words are also terms as one word. */
const hasPairs: ReadonlySet<WordField> = new Set(['p', 'n', 'v', 'c'])

/** What the table of words knows about a word in one field. */
interface FieldWords {
  /** Events with exactly this word there, approximately. */
  readonly exact: number
  /** Events with a word there that begins with it, including the word itself. */
  readonly prefixed: number
  /** Those words; null: too many to list. */
  readonly words: readonly string[] | null
}

/** A word of a query with its fields; fields in which no word begins with it are absent. */
export interface QueryWord {
  readonly text: string
  readonly fields: ReadonlyMap<WordField, FieldWords>
}

/** Words in order; the last one may be incomplete. */
export interface QueryWords {
  readonly words: readonly QueryWord[]
  /** For each word except the last: the word that it forms with the next one. */
  readonly joined: readonly QueryWord[]
}

/** One condition on an event, as the text of a `tsquery`. */
export interface Term {
  readonly query: string
  /** Events that match it, approximately. */
  readonly events: number
  /** Index entries to read before anything is found, however rare the other terms are. */
  readonly gathered: number
}

/** Longest word in the terms of events, in letters. */
const maxWordLetters = 100
const maxWholeLetters = 200
const minPairLetters = 3
/** Most words of a query: each costs a lookup in every index. */
const maxWords = 12

/**
 * The different words of a request member, in order; a repeated word counts at its last position. Throws `validation_failed` if there are
 * too many.
 */
export function askedWords(member: 'keyword' | 'performer' | 'venue', text: string): string[] {
  const words = foldedWords(text).map((word) => [...word].slice(0, maxWordLetters).join(''))
  const different = [...new Set(words.toReversed())].toReversed()
  if (different.length <= maxWords) return different
  throw invalidRequest([{ pointer: `/${member}`, detail: `has more than ${maxWords} different words` }])
}

/** Each word joined with the next one. */
export function joinedTexts(words: readonly string[]): string[] {
  return words.slice(1).map((word, index) => `${words[index]}${word}`)
}

/** The term of a whole text, without its field; '' for a text without letters and digits, which no name equals. */
export function wholeText(text: string): string {
  return [...fold(text).replaceAll(' ', '')].slice(0, maxWholeLetters).join('')
}

/** The term for a whole text of a field. */
export function wholeTerm(field: WholeField, text: string, events: number): Term {
  return { query: `'${field}${text}'`, events, gathered: 0 }
}

/** Whether the word is known exactly. A single letter always is: half of all words begin with it. */
function isKnown({ text, fields }: QueryWord): boolean {
  return /^[a-z0-9]$/.test(text) || [...fields.values()].some(({ exact }) => exact > 0)
}

function hasLonger({ text, fields }: QueryWord): boolean {
  return text.length > 1 && [...fields.values()].some(({ exact, prefixed }) => prefixed > exact)
}

export interface TermOptions {
  /** The fields in which to search the words. */
  readonly fields: readonly WordField[]
  /** Whether a known last word also stands for longer words. An unknown word always does. */
  readonly longer: boolean
}

/**
 * Terms for all of the words, each in any of the fields; `null` if a word is in none of them. Two words also match the word that they form
 * together, and one word also matches its two parts.
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

/** Whether every word is known exactly. */
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
    // These are not counted; a longer word is assumed to be rarer.
    if (hasPairs.has(field) && text.length >= minPairLetters) queries.push(`'${field}+${text}'`)
  }
  return queries.length === 0 ? null : { query: `(${queries.join(' | ')})`, events, gathered }
}

/** Matches events with all terms of any of the lists; `null` without lists. `total`: number of all events. */
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

/**
 * All terms as a Postgres `tsquery`; `null` without terms. Folded texts contain only letters, digits and spaces, so nothing needs escaping.
 */
export function termQuery(terms: readonly Term[]): string | null {
  return terms.length === 0 ? null : terms.map(({ query }) => query).join(' & ')
}

/** Estimates how many of `total` events match all terms: between a random distribution and the maximum. */
export function eventsWith(terms: readonly Term[], total: number): number {
  const chance = terms.reduce((share, { events }) => share * Math.min(1, events / total), total)
  return Math.sqrt(chance * Math.min(total, ...terms.map(({ events }) => events)))
}

/** Reading this many index entries costs as much as reading an event. */
const gatheredPerEvent = 8

/** The rarest terms find the events; terms with many index entries are checked on the events found. */
export function splitTerms(terms: readonly Term[]): { indexed: Term[]; onRows: Term[] } {
  const [rarest, ...others] = terms.toSorted((one, other) => one.events - other.events)
  if (rarest === undefined) return { indexed: [], onRows: [] }
  const isCheap = ({ gathered }: Term): boolean => gathered <= gatheredPerEvent * rarest.events
  return { indexed: [rarest, ...others.filter(isCheap)], onRows: others.filter((term) => !isCheap(term)) }
}
