/* Words that somebody who typed another word may have meant. */

/** With fewer letters everything is near; with more it is no word. The same limits as the index `words_by_spelling`. */
export const minLetters = 3
export const maxLetters = 30
/** In words of at least this many letters two letters may be wrong. */
const longWord = 7

/**
 * The variants of a word without any one of its letters, of a long word without any two, and the word itself. The index has the one-letter
 * variants of each known word, so words match that differ by a missing, added, wrong or misplaced letter.
 */
export function deletionsOf(word: string): string[] {
  const letters = [...word]
  if (letters.length < minLetters || letters.length > maxLetters) return []
  const once = withoutOne(letters)
  const twice = letters.length >= longWord ? once.flatMap((left) => withoutOne([...left])) : []
  return [...new Set([word, ...once, ...twice])]
}

export interface KnownWord {
  readonly word: string
  /** How many events have the word, approximately. */
  readonly events: number
}

export interface NearWord extends KnownWord {
  /** Distance to the typed word, in letters. People seldom mistype the first letter, so that costs half a letter more. */
  readonly distance: number
}

/** Known words sorted by distance, then by frequency. */
export function nearestFirst(typed: string, known: readonly KnownWord[]): NearWord[] {
  const allowed = [...typed].length >= longWord ? 2 : 1
  return known
    .map((each) => ({ each, letters: editDistance(typed, each.word) }))
    .filter(({ each, letters }) => letters <= allowed && each.word !== typed)
    .map(({ each, letters }) => ({ ...each, distance: letters + (each.word[0] === typed[0] ? 0 : 0.5) }))
    .sort(
      (one, other) => one.distance - other.distance || other.events - one.events || (one.word < other.word ? -1 : 1),
    )
}

/**
 * How many letters must be added, removed, replaced or swapped with the next one to turn one word into the other: Damerau–Levenshtein
 * distance, optimal string alignment.
 */
export function editDistance(one: string, other: string): number {
  const from = [...one]
  const to = [...other]
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [row, letter] of from.entries()) {
    const present = [row + 1]
    for (const [column, wanted] of to.entries()) {
      const replaced = at(last, column) + (letter === wanted ? 0 : 1)
      let best = Math.min(at(last, column + 1) + 1, at(present, column) + 1, replaced)
      const isSwap = row > 0 && column > 0 && letter === to[column - 1] && wanted === from[row - 1]
      if (isSwap) best = Math.min(best, at(beforeLast, column - 1) + 1)
      present.push(best)
    }
    beforeLast = last
    last = present
  }
  return at(last, to.length)
}

function at(numbers: readonly number[], index: number): number {
  return numbers[index] ?? Number.POSITIVE_INFINITY
}

function withoutOne(letters: readonly string[]): string[] {
  return letters.map((_, index) => letters.toSpliced(index, 1).join(''))
}
