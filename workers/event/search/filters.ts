import type { WordFrequencies, WordLookup } from '../store/words.ts'
import { askedWords } from './asked-words.ts'
import { type Term, usualMatch, type WordField, wholeTerm, wholeText, wordTerm } from './terms.ts'

interface Filters {
  readonly performer?: string | undefined
  readonly venue?: string | undefined
  readonly city?: string | undefined
  readonly type?: string | undefined
}

/** Words of performers and venues, city and type as a whole: what to ask the table of words for, and what to make of it. */
export interface FilterTexts extends WordLookup {
  /** Where each of the words has to stand. */
  readonly fields: readonly WordField[]
}

/** `null` when a filter has neither letters nor digits: nothing is called that. Throws `validation_failed` when it has too many words. */
export function filterTexts({ performer, venue, city, type }: Filters): FilterTexts | null {
  const words: string[] = []
  const fields: WordField[] = []
  for (const [field, member, text] of [
    ['p', 'performer', performer],
    ['v', 'venue', venue],
  ] as const) {
    if (text === undefined) continue
    const texts = askedWords(member, text)
    if (texts.length === 0) return null
    words.push(...texts)
    fields.push(...texts.map(() => field))
  }
  const wholes: WordLookup['wholes'][number][] = []
  for (const [field, text] of [
    ['C', city],
    ['T', type],
  ] as const) {
    if (text === undefined) continue
    if (wholeText(text) === '') return null
    wholes.push({ field, text: wholeText(text) })
  }
  return { words, fields, wholes }
}

/** `null` when nothing fulfils the filters. `known` may know more words and texts behind theirs. */
export function filterTerms({ fields, wholes }: FilterTexts, known: WordFrequencies): Term[] | null {
  const terms: Term[] = []
  for (const [index, field] of fields.entries()) {
    const word = known.words[index]
    const term = word === undefined ? null : wordTerm(word, [field], usualMatch(word))
    if (term === null) return null
    terms.push(term)
  }
  for (const [index, { field, text }] of wholes.entries()) {
    const events = known.wholes[index] ?? 0
    if (events === 0) return null
    terms.push(wholeTerm(field, text, events))
  }
  return terms
}
