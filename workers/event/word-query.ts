import { foldedWords } from './fold.ts'

/** Weights that the search vector gives to the words of a field. */
const weights = { anywhere: '', performer: 'A', venue: 'B' } as const

/** Postgres refuses words of more than 2,046 bytes; this much of a word finds it as well. */
const maxWordLetters = 100

/**
 * A text of users as a Postgres `tsquery` in which each word is a prefix and all must occur; `null` when it has no words.
 * Folded words are letters and digits alone, so no text of users can be an operator.
 */
export function wordQuery(text: string, field: keyof typeof weights): string | null {
  const words = foldedWords(text)
  if (words.length === 0) return null
  return words.map((word) => `${[...word].slice(0, maxWordLetters).join('')}:*${weights[field]}`).join(' & ')
}
