import type { Queryable } from '#shared/postgres.ts'
import { findNearWords, readKnown, type WordFrequencies, type WordLookup } from '../store/words.ts'
import { findPage, type Question } from './find-page.ts'
import { type QueryWord, wholeText } from './terms.ts'

export interface Correction {
  readonly word: string
  readonly used: string
}

export interface CorrectedWords {
  /** What is known of the other texts that were asked for, then of the words, and of a performer of that very name. */
  readonly known: WordFrequencies
  readonly words: readonly QueryWord[]
  readonly corrections: readonly Correction[]
  readonly performersOfThatName: number
}

/** Puts the nearest known word in the place of each that occurs nowhere; one that is near to none stays, and finds nothing. */
export async function correctWords(
  db: Queryable,
  others: WordLookup,
  typed: readonly string[],
): Promise<CorrectedWords> {
  const asTyped = await readWords(db, others, typed)
  const corrections: Correction[] = []
  const texts: string[] = []
  for (const word of asTyped.words) {
    const [near] = word.fields.size === 0 ? await findNearWords(db, word.text) : []
    texts.push(near?.word ?? word.text)
    if (near !== undefined) corrections.push({ word: word.text, used: near.word })
  }
  return { ...(corrections.length === 0 ? asTyped : await readWords(db, others, texts)), corrections }
}

async function readWords(db: Queryable, others: WordLookup, texts: readonly string[]) {
  const performer = { field: 'P', text: wholeText(texts.join(' ')) } as const
  const known = await readKnown(db, {
    words: [...others.words, ...texts],
    wholes: [...others.wholes, ...(texts.length === 0 ? [] : [performer])],
  })
  return {
    known,
    words: known.words.slice(others.words.length),
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
  for (const [index, word] of words.slice(0, triedWords).entries()) {
    for (const near of (await findNearWords(db, word.text)).slice(0, triedOthers)) {
      const [other] = (await readKnown(db, { words: [near.word], wholes: [] })).words
      if (other === undefined) continue
      const others = words.with(index, other)
      const one = { after: undefined, wanted: 1, shown: false }
      const found = await findPage(db, { ...question, words: others, order }, one)
      if (found.length > 0) return others.map(({ text }) => text).join(' ')
    }
  }
  return null
}
