import { fold, foldedWords } from './fold.ts'

/* What events are found by; `migrations/003-search.sql` says which terms an event has. */

/** Where a word stands: performers, name, venue, city, type, description. */
export type WordField = 'p' | 'n' | 'v' | 'c' | 't' | 'd'

/** Which text a term is the whole of: one performer, the name, the city, the type. */
export type WholeField = 'P' | 'N' | 'C' | 'T'

export const everywhere: readonly WordField[] = ['p', 'n', 'v', 'c', 't', 'd']

/** What the table of words knows of one field. */
interface FieldWords {
  /** Events that have the word itself there, more or less. */
  readonly exact: number
  /** Events that have a word there which begins with it, itself included. */
  readonly prefixed: number
  /** Those words; null: too many to be named. */
  readonly words: readonly string[] | null
}

/** A word of a query, and where it stands; fields in which nothing begins with it are absent. */
export interface QueryWord {
  readonly text: string
  readonly fields: ReadonlyMap<WordField, FieldWords>
}

/** `exact`: the word itself; `prefix`: also what begins with it. */
export type Match = 'exact' | 'prefix'

/** One condition on an event, as the text of a `tsquery`; what it costs to find and how much it finds. */
export interface Term {
  readonly query: string
  /** Events that have it, more or less. */
  readonly events: number
  /** Entries of the index that have to be read at any rate, however rare the other terms are. */
  readonly entries: number
}

/** As long as the terms of events are, in letters. */
const maxWordLetters = 100
const maxWholeLetters = 200

/** The words of a text of users, in their order; one that comes again only where it comes last. */
export function queryTexts(text: string): string[] {
  return eachOnce(foldedWords(text).map((word) => [...word].slice(0, maxWordLetters).join('')))
}

/** Texts in their order; one that comes again only where it comes last. */
export function eachOnce(texts: readonly string[]): string[] {
  return [...new Set(texts.toReversed())].toReversed()
}

/** '' for a text without letters and digits: nothing is called that. */
export function wholeText(text: string): string {
  return [...fold(text)].slice(0, maxWholeLetters).join('')
}

/** Whether the word is known as it stands. A single letter always is: what begins with it is half of everything. */
export function isWhole({ text, fields }: QueryWord): boolean {
  return /^[a-z0-9]$/.test(text) || [...fields.values()].some(({ exact }) => exact > 0)
}

/** Known words stand for themselves, others for what begins with them. */
export function usualMatch(word: QueryWord): Match {
  return isWhole(word) ? 'exact' : 'prefix'
}

/** A known word without the longer ones that begin with it. */
export function withoutLonger(word: QueryWord): QueryWord {
  if (!isWhole(word)) return word
  const exact = [...word.fields].filter(([, known]) => known.exact > 0)
  const fields = exact.map(
    ([field, known]) => [field, { ...known, prefixed: known.exact, words: [word.text] }] as const,
  )
  return { ...word, fields: new Map(fields) }
}

/** More may be to come of the last word only: it is being typed, and known words before it stand for themselves. */
export function withLongerOfLast(words: readonly QueryWord[]): QueryWord[] {
  return words.map((word, index) => (index < words.length - 1 ? withoutLonger(word) : word))
}

/** The word in any of the fields; `null` when it stands in none of them. */
export function wordTerm(word: QueryWord, fields: readonly WordField[], match: Match): Term | null {
  const queries: string[] = []
  let events = 0
  let entries = 0
  for (const field of fields) {
    const known = word.fields.get(field)
    const count = (match === 'exact' ? known?.exact : known?.prefixed) ?? 0
    if (known === undefined || count === 0) continue
    events += count
    if (match === 'exact') queries.push(`'${field}${word.text}'`)
    else if (known.words !== null) queries.push(...known.words.map((each) => `'${field}${each}'`))
    else {
      // All that begins so is gathered first, entry by entry.
      entries += count
      queries.push(`'${field}${word.text}':*`)
    }
  }
  return queries.length === 0 ? null : { query: `(${queries.join(' | ')})`, events, entries }
}

/** The text as the whole of a field. */
export function wholeTerm(field: WholeField, text: string, events: number): Term {
  return { query: `'${field}${text}'`, events, entries: 0 }
}

/** All of the terms as a Postgres `tsquery`. Folded texts are letters, digits and blanks, so nothing needs escaping. */
export function termQuery(terms: readonly Term[]): string {
  return terms.map(({ query }) => query).join(' & ')
}

/** What to look up in the index, and what to ask only of the rows that it finds. */
export interface SplitTerms {
  readonly indexed: readonly Term[]
  readonly onRows: readonly Term[]
}

/* Chosen by measurements at 1,000,000 events of `bench -- search`; within a factor of two they hardly matter. */

/** Reading an event costs as much as gathering so many entries of words that begin alike. */
const gatheredPerEvent = 8
/** Of so few events it is cheaper to ask for a term that is this many times as frequent than to look it up. */
const fewFound = 300
const muchMoreFrequent = 200

/**
 * The rarest terms find the events. What is not worth looking up beside them: a beginning of words that stands in thousands of entries,
 * or a frequent word, where the others leave few events over. `events` are all that there are.
 */
export function splitTerms(terms: readonly Term[], events: number): SplitTerms {
  const indexed: Term[] = []
  const onRows: Term[] = []
  let likely = events
  let left = Number.POSITIVE_INFINITY
  for (const term of terms.toSorted((one, other) => one.events - other.events)) {
    const isWorthIt =
      term.entries <= left * gatheredPerEvent && (left > fewFound || term.events <= left * muchMoreFrequent)
    const split = isWorthIt ? indexed : onRows
    split.push(term)
    if (!isWorthIt) continue
    likely *= Math.min(1, term.events / events)
    // Words come together more often than chance would have it.
    left = Math.min(left, Math.sqrt(likely * Math.min(term.events, left)))
  }
  return { indexed, onRows }
}
