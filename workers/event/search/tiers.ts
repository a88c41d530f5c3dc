import {
  allTerms,
  areKnown,
  eitherOf,
  everywhere,
  mayBeLonger,
  type QueryWords,
  type Term,
  wholeTerm,
} from './terms.ts'

export interface RankedBy {
  /** The `wholeText` of the keyword, which has words again that `QueryWords` have once. */
  readonly whole: string
  readonly performersOfThatName: number
  /** Of all events, more or less. */
  readonly events: number
}

/**
 * Relevance tiers, the best first: what an event must have to be at least as relevant, so each has all that the one before has;
 * `null` when it adds nothing. The artist outranks the mention: Drake comes before A Night for Drake, Drake Bell, the Drake
 * Underground, and Drakensberg. Within a tier events come by date, so the best page of half a million hits is found without a
 * look at each.
 */
export function tiersOf(
  words: QueryWords,
  { whole, performersOfThatName, events }: RankedBy,
): (readonly Term[] | null)[] {
  const isKnown = areKnown(words)
  const artist = performersOfThatName === 0 ? null : [wholeTerm('P', whole, performersOfThatName)]
  // Nobody counts how many events bear one name; there are few.
  const named = isKnown ? eitherOf([artist, [wholeTerm('N', whole, 0)]], events) : null
  const byPerformer = allTerms(words, { fields: ['p'], longer: false })
  // Known words that make the name of an artist or event stand there one by one, too.
  const orArtist = (terms: readonly Term[] | null): readonly Term[] | null =>
    isKnown || terms === null ? terms : eitherOf([artist, terms], events)
  return [
    artist,
    named,
    byPerformer === null ? null : eitherOf([named ?? artist, byPerformer], events),
    orArtist(allTerms(words, { fields: ['p', 'n'], longer: false })),
    orArtist(allTerms(words, { fields: ['p', 'n', 'v', 'c'], longer: false })),
    orArtist(allTerms(words, { fields: everywhere, longer: false })),
    mayBeLonger(words) ? anywhere(words) : null,
  ]
}

/** All that has the words at all. */
export function anywhere(words: QueryWords): readonly Term[] | null {
  return allTerms(words, { fields: everywhere, longer: true })
}
