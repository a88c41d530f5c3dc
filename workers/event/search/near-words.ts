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

export interface NearWord extends KnownWord {
  /** How far it is from what was typed, in letters. People seldom mistype the first one: that counts half a letter more. */
  readonly distance: number
}

/** The nearest of known words first, among equally near ones the most frequent. */
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
