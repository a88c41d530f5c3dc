import type { Question } from './question.ts'
import { allTerms, areKnown, eitherOf, everywhere, mayBeLonger, type Term, wholeTerm, wholeText } from './terms.ts'

/** The typed keyword, and what is known about its words. */
type Typed = Pick<Question, 'words' | 'keyword' | 'performersOfThatName' | 'events'>

/**
 * Relevance tiers, best first. Each tier is a condition that contains the previous one; `null` if it adds nothing. The artist outranks the
 * mention: Drake comes before A Night for Drake, Drake Bell, the Drake Underground, and Drakensberg. Within a tier events are sorted by
 * date, so the best page of half a million hits is found without reading each.
 */
export function tiersOf(typed: Typed): (readonly Term[] | null)[] {
  const { words, keyword, events } = typed
  const artist = artistOf(typed)
  // Events with one name are not counted; there are few.
  const named = areKnown(words) ? eitherOf([artist, [wholeTerm('N', wholeText(keyword), 0)]], events) : null
  const orArtist = (terms: readonly Term[] | null) => (terms === null ? null : eitherOf([artist, terms], events))
  const byPerformer = allTerms(words, { fields: ['p'], longer: false })
  return [
    artist,
    named,
    byPerformer === null ? null : eitherOf([named ?? artist, byPerformer], events),
    orArtist(allTerms(words, { fields: ['p', 'n'], longer: false })),
    orArtist(allTerms(words, { fields: ['p', 'n', 'v', 'c'], longer: false })),
    orArtist(allTerms(words, { fields: everywhere, longer: false })),
    mayBeLonger(words) ? anywhere(typed) : null,
  ]
}

/** All events with the words, or by the artist of that name, whose name may be written with other words: M.I.A. for mia. */
export function anywhere(typed: Typed): readonly Term[] | null {
  return eitherOf([artistOf(typed), allTerms(typed.words, { fields: everywhere, longer: true })], typed.events)
}

function artistOf({ keyword, performersOfThatName }: Typed): readonly Term[] | null {
  return performersOfThatName === 0 ? null : [wholeTerm('P', wholeText(keyword), performersOfThatName)]
}
