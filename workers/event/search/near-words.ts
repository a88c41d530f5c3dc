/* Words that somebody may have meant who typed another one. */

/** Too short, and everything is near; too long, and it is no word. As the index `words_by_spelling` has it. */
export const minLetters = 3
export const maxLetters = 30
/** From so many letters on, two of them may be wrong. */
const longWord = 7

/**
 * What is left of a word without any one of its letters, of a long one without any two, and the word itself. Each known word
 * has the same of one letter in the index, so words meet that differ by a letter missing, added, wrong or out of place.
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
  /** How many events have it, more or less. */
  readonly events: number
}

/** The nearest of known words first, among equally near ones those that begin alike, then the most frequent one. */
export function nearestFirst(typed: string, known: readonly KnownWord[]): KnownWord[] {
  const allowed = [...typed].length >= longWord ? 2 : 1
  const initial = (word: string): number => (word[0] === typed[0] ? 0 : 1)
  return known
    .map((each) => ({ each, distance: editDistance(typed, each.word) }))
    .filter(({ each, distance }) => distance <= allowed && each.word !== typed)
    .sort(
      (one, other) =>
        one.distance - other.distance ||
        initial(one.each.word) - initial(other.each.word) ||
        other.each.events - one.each.events ||
        (one.each.word < other.each.word ? -1 : 1),
    )
    .map(({ each }) => each)
}

/**
 * How many letters have to be added, left out, replaced, or swapped with the next one, to make one word the other:
 * Damerau–Levenshtein, optimal string alignment.
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
