import { type KnownTexts, knownWords, type WholeText } from '../store/words.ts'
import { allTerms, askedWords, joinedTexts, type Term, wholeTerm, wholeText } from './terms.ts'

interface Filters {
  readonly performer?: string | undefined
  readonly venue?: string | undefined
  readonly city?: string | undefined
  readonly type?: string | undefined
}

/** Words of performers and venues; city and type as whole texts. */
export interface FilterTexts {
  readonly words: readonly { readonly field: 'p' | 'v'; readonly texts: readonly string[] }[]
  readonly wholes: readonly WholeText[]
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The id, if a filter is an id instead of a name. */
export function filterId(filter: string | undefined): string | undefined {
  return filter !== undefined && uuid.test(filter) ? filter : undefined
}

/** `null` if a filter has no letters or digits: nothing has such a name. Throws `validation_failed` if it has too many words. */
export function filterTexts({ performer, venue, city, type }: Filters): FilterTexts | null {
  const words: FilterTexts['words'][number][] = []
  const wholes: WholeText[] = []
  if (performer !== undefined && !filterId(performer))
    words.push({ field: 'p', texts: askedWords('performer', performer) })
  if (venue !== undefined && !filterId(venue)) words.push({ field: 'v', texts: askedWords('venue', venue) })
  if (city !== undefined) wholes.push({ field: 'C', text: wholeText(city) })
  if (type !== undefined) wholes.push({ field: 'T', text: wholeText(type) })
  const isEmpty = words.some(({ texts }) => texts.length === 0) || wholes.some(({ text }) => text === '')
  return isEmpty ? null : { words, wholes }
}

/** The words to look up: the words of the texts, and each pair of neighbours written as one. */
export function wordsOf({ words }: FilterTexts): string[] {
  return words.flatMap(({ texts }) => [...texts, ...joinedTexts(texts)])
}

/** `null` if nothing can match the filters. */
export function filterTerms({ words, wholes }: FilterTexts, known: KnownTexts): Term[] | null {
  const terms: Term[] = []
  for (const { field, texts } of words) {
    const ofField = allTerms(knownWords(known, texts), { fields: [field], longer: false })
    if (ofField === null) return null
    terms.push(...ofField)
  }
  for (const { field, text } of wholes) {
    const events = known.wholes.get(`${field}${text}`)
    if (events === undefined) return null
    terms.push(wholeTerm(field, text, events))
  }
  return terms
}
