import { invalidRequest } from '#shared/errors.ts'
import { queryTexts } from './terms.ts'

/** More are hardly a question, and each costs a look at every index. */
const maxWords = 12

/** The different words of a member of a request. Throws `validation_failed` when there are too many. */
export function askedWords(member: 'keyword' | 'performer' | 'venue', text: string): string[] {
  const words = queryTexts(text)
  if (words.length <= maxWords) return words
  throw invalidRequest([{ pointer: `/${member}`, detail: `has more than ${maxWords} different words` }])
}
