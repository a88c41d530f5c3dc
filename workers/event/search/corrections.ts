import type { Queryable } from '#shared/postgres.ts'
import { findNearWords, readKnown, type WordFrequencies, type WordLookup } from '../store/words.ts'
import { findPage, type Question } from './find-page.ts'
import { type QueryWord, withLongerOfLast } from './terms.ts'

export interface Correction {
  readonly word: string
  readonly used: string
}

export interface CorrectedWords {
  /** What is known of the other texts that were asked for, then of the words, and of a performer of that very name. */
  readonly known: WordFrequencies
  readonly words: readonly QueryWord[]
  /** The keyword with these words in it. */
  readonly text: string
  readonly corrections: readonly Correction[]
  readonly performersOfThatName: number
}

/** A keyword as it was typed. */
export interface Typed {
  /** Its `queryTexts`. */
  readonly words: readonly string[]
  /** Its `wholeText`. */
  readonly text: string
}

/** Puts the nearest known word in the place of each that occurs nowhere; one that is near to none stays, and finds nothing. */
export async function correctWords(db: Queryable, others: WordLookup, typed: Typed): Promise<CorrectedWords> {
  const asTyped = await readWords(db, others, typed)
  const unknown = asTyped.words.filter(({ fields }) => fields.size === 0).map(({ text }) => text)
  const near = await findNearWords(db, unknown)
  const corrections = unknown.flatMap((word, index): Correction[] => {
    const nearest = near[index]?.[0]
    return nearest === undefined ? [] : [{ word, used: nearest.word }]
  })
  if (corrections.length === 0) return { ...asTyped, corrections }
  const corrected = (text: string): string => corrections.find(({ word }) => word === text)?.used ?? text
  const words = typed.words.map(corrected)
  const text = typed.text.split(' ').map(corrected).join(' ')
  return { ...(await readWords(db, others, { words, text })), corrections }
}

async function readWords(db: Queryable, others: WordLookup, { words, text }: Typed) {
  const known = await readKnown(db, {
    words: [...others.words, ...words],
    wholes: [...others.wholes, ...(words.length === 0 ? [] : [{ field: 'P', text } as const])],
  })
  return {
    known,
    words: withLongerOfLast(known.words.slice(others.words.length)),
    text,
    performersOfThatName: known.wholes[others.wholes.length] ?? 0,
  }
}

/** Words for which another one is tried, and how many others for each. */
const triedWords = 4
const triedOthers = 2

/** Another spelling of one word with which something would be found, where nothing was. */
export async function findSuggestion(db: Queryable, question: Question): Promise<string | null> {
  const { words, listed } = question
  const isPriced = listed.minPriceMinor !== undefined || listed.maxPriceMinor !== undefined
  // In whatever order one event is soonest found.
  const order = isPriced ? 'price' : 'date'
  const near = await findNearWords(
    db,
    words.slice(0, triedWords).map(({ text }) => text),
  )
  const tried = near.map((others) => others.slice(0, triedOthers).map(({ word }) => word))
  const known = (await readKnown(db, { words: [...new Set(tried.flat())], wholes: [] })).words
  for (const [index, others] of tried.entries()) {
    for (const other of known.filter(({ text }) => others.includes(text))) {
      const corrected = withLongerOfLast(words.with(index, other))
      const one = { after: undefined, wanted: 1, shown: false }
      const found = await findPage(db, { ...question, words: corrected, order }, one)
      if (found.length > 0) return corrected.map(({ text }) => text).join(' ')
    }
  }
  return null
}
