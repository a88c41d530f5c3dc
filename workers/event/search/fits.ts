import {
  everywhere,
  isWhole,
  type Match,
  type QueryWord,
  type Term,
  usualMatch,
  type WordField,
  wholeTerm,
  wordTerm,
} from './terms.ts'

/* How well an event fits the words of a keyword: in steps instead of by a score, so that the best page of half a million results
 * is found without looking at each. Within a step events come by date. */

/** What an event must have to fit at least so well; `null` when none does. */
type Fit = readonly Term[] | null

/** Nobody counts how many events bear one name; there are hardly more. */
const eventsOfOneName = 20

/**
 * The best fit first; the place of a fit in the list is part of cursors. The artist outranks the mention: Drake comes before Drake
 * Bell, A Night for Drake, the Drake Underground, and Drakensberg. `whole` is the `wholeText` of the keyword, which has words again
 * that `words` have once.
 */
export function fitsOf(words: readonly QueryWord[], whole: string, performersOfThatName: number): Fit[] {
  const usual = (fields: readonly WordField[]): Fit => allWords(words, fields, usualMatch)
  return [
    performersOfThatName === 0 ? null : [wholeTerm('P', whole, performersOfThatName)],
    words.every(isWhole) ? [wholeTerm('N', whole, eventsOfOneName)] : null,
    usual(['p']),
    usual(['p', 'n']),
    usual(['p', 'n', 'v', 'c']),
    usual(everywhere),
    words.some(hasLongerWords) ? anywhere(words) : null,
  ]
}

/** All that has the words at all. */
export function anywhere(words: readonly QueryWord[]): Fit {
  return allWords(words, everywhere, (word) => (hasLongerWords(word) ? 'prefix' : usualMatch(word)))
}

function allWords(words: readonly QueryWord[], fields: readonly WordField[], match: (word: QueryWord) => Match): Fit {
  const terms: Term[] = []
  for (const word of words) {
    const term = wordTerm(word, fields, match(word))
    if (term === null) return null
    terms.push(term)
  }
  return terms
}

/** Whether other words begin with it. */
export function hasLongerWords(word: QueryWord): boolean {
  return word.text.length > 1 && [...word.fields.values()].some(({ exact, prefixed }) => prefixed > exact)
}
