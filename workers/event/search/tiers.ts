import { allTerms, areKnown, everywhere, mayBeLonger, type QueryWords, type Term, wholeTerm } from './terms.ts'

/**
 * Relevance tiers, the best first: what an event must have to be at least as relevant; `null` when no event can. The artist
 * outranks the mention: Drake comes before Drake Bell, A Night for Drake, the Drake Underground, and Drakensberg. Within a tier
 * events come by date, so the best page of half a million hits is found without a look at each. `whole` is the `wholeText` of the
 * keyword, which has words again that `words` have once.
 */
export function tiersOf(words: QueryWords, whole: string, performersOfThatName: number): (readonly Term[] | null)[] {
  return [
    performersOfThatName === 0 ? null : [wholeTerm('P', whole, performersOfThatName)],
    // Nobody counts how many events bear one name; there are few.
    areKnown(words) ? [wholeTerm('N', whole, 0)] : null,
    allTerms(words, { fields: ['p'], longer: false }),
    allTerms(words, { fields: ['p', 'n'], longer: false }),
    allTerms(words, { fields: ['p', 'n', 'v', 'c'], longer: false }),
    allTerms(words, { fields: everywhere, longer: false }),
    mayBeLonger(words) ? anywhere(words) : null,
  ]
}

/** All that has the words at all. */
export function anywhere(words: QueryWords): readonly Term[] | null {
  return allTerms(words, { fields: everywhere, longer: true })
}
