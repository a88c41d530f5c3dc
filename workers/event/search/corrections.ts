import type { Queryable } from '#shared/database/postgres.ts'
import { findNearWords, readKnown, type WordFrequencies, type WordLookup } from '../store/words.ts'
import { findPage, type Question } from './find-page.ts'
import { eachOnce, type QueryWord, wholeText, withLongerOfLast } from './terms.ts'

export interface Correction {
  readonly word: string
  readonly used: string
}

export interface CorrectedWords {
  /** What is known of the other texts that were asked for, then of the words, and of a performer of that very name. */
  readonly known: WordFrequencies
  readonly words: readonly QueryWord[]
  /** With these words in it. */
  readonly keyword: string
  readonly corrections: readonly Correction[]
  readonly performersOfThatName: number
}

/** A keyword, as it was typed or with corrected words in it: word by word, and as a whole. */
export interface Typed {
  /** The `queryTexts` of the keyword. */
  readonly words: readonly string[]
  /** All of it, folded. */
  readonly keyword: string
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
  const used = new Map(corrections.map(({ word, used }) => [word, used]))
  const words = eachOnce(typed.words.map((word) => used.get(word) ?? word))
  return { ...(await readWords(db, others, { words, keyword: respell(typed.keyword, used) })), corrections }
}

async function readWords(db: Queryable, others: WordLookup, { words, keyword }: Typed) {
  const performer = { field: 'P', text: wholeText(keyword) } as const
  const known = await readKnown(db, {
    words: [...others.words, ...words],
    wholes: [...others.wholes, ...(words.length === 0 ? [] : [performer])],
  })
  return {
    known,
    words: withLongerOfLast(known.words.slice(others.words.length)),
    keyword,
    performersOfThatName: known.wholes[others.wholes.length] ?? 0,
  }
}

/** Puts other words in the place of some. */
function respell(keyword: string, used: ReadonlyMap<string, string>): string {
  return keyword
    .split(' ')
    .map((word) => used.get(word) ?? word)
    .join(' ')
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
  const texts = words.slice(0, triedWords).map(({ text }) => text)
  const near = await findNearWords(db, texts)
  const tried = near.map((others) => others.slice(0, triedOthers).map(({ word }) => word))
  const known = (await readKnown(db, { words: eachOnce(tried.flat()), wholes: [] })).words
  for (const [index, text] of texts.entries()) {
    for (const other of tried[index] ?? []) {
      const respelled = withLongerOfLast(words.map((word) => (word.text === text ? wordOf(known, other) : word)))
      const keyword = respell(question.keyword, new Map([[text, other]]))
      const one = { after: undefined, wanted: 1, shown: false }
      if ((await findPage(db, { ...question, words: respelled, keyword, order }, one)).length > 0) return keyword
    }
  }
  return null
}

function wordOf(known: readonly QueryWord[], text: string): QueryWord {
  return known.find((word) => word.text === text) ?? { text, fields: new Map() }
}
