import type { ParsedRequestOf, ReplyOf } from '#shared/contracts/contract.ts'
import { searchEvents as contract } from '#shared/contracts/search.ts'
import type { Queryable } from '#shared/database/postgres.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type ListParts, showPage } from '../event-answers.ts'
import { askedWords } from '../search/asked-words.ts'
import {
  type CorrectedWords,
  type Correction,
  correctWords,
  findSuggestion,
  type Typed,
} from '../search/corrections.ts'
import { filterTerms, filterTexts } from '../search/filters.ts'
import { findPage, listOf, type Question } from '../search/find-page.ts'
import { hasLongerWords } from '../search/fits.ts'
import { fold } from '../search/fold.ts'
import { listFingerprint, type PagePosition, readCursor } from '../search/page-cursor.ts'
import { isWhole, type Term, withoutLonger } from '../search/terms.ts'
import { countFacets, type FacetName, type Facets } from '../store/count-facets.ts'
import type { Place } from '../store/find-events.ts'

type Request = ParsedRequestOf<typeof contract>
type Reply = ReplyOf<typeof contract>

const defaultRadiusKm = 50

/**
 * Finds events that take place, the best fit first, with what is left of them; past ones only when asked from a date on.
 * Throws `validation_failed` for a cursor of another list, and for texts of too many words.
 */
export function searchEvents(parts: ListParts): Operation {
  return operation(contract, async (request, context): Promise<Reply> => {
    const { facets, cursor, page, pageSize, limit, ...asked } = request
    const list = listFingerprint(asked)
    const after =
      cursor === undefined ? undefined : readCursor(list, cursor, { isByDistance: request.sort === 'distance' })
    const size = page === undefined ? limit : (pageSize ?? limit)
    const skipped = ((page ?? 1) - 1) * size
    const { keyword = '' } = request
    const typed = { words: askedWords('keyword', keyword), keyword: fold(keyword) }
    const found = await find(parts.postgres, { request, typed, after, skipped, size })
    return {
      ...(await showPage(parts, { places: found.places, size, list }, context)),
      corrections: [...found.corrections],
      did_you_mean: found.didYouMean,
      ...(facets === undefined ? {} : { facets: found.facets ?? { counted: 0, capped: false, by: {} } }),
    }
  })
}

interface FoundResults {
  readonly places: readonly Place[]
  readonly corrections: readonly Correction[]
  readonly didYouMean: string | null
  readonly facets: Facets | undefined
}

const nothing: FoundResults = { places: [], corrections: [], didYouMean: null, facets: undefined }

interface Wanted {
  readonly request: Request
  readonly typed: Typed
  readonly after: PagePosition | undefined
  readonly skipped: number
  readonly size: number
}

async function find(db: Queryable, { request, typed, after, skipped, size }: Wanted): Promise<FoundResults> {
  const { keyword, facets } = request
  const texts = filterTexts(request)
  if (texts === null || (keyword !== undefined && typed.words.length === 0)) return nothing
  const corrected = await correctWords(db, texts, typed)
  const { corrections, known } = corrected
  const filters = filterTerms(texts, known)
  if (filters === null) return nothing
  const question = questionOf(request, filters, corrected)
  // One more than asked for shows whether there is a next page.
  const found = await findPage(db, question, { after, wanted: skipped + size + 1, shown: skipped === 0 })
  const isNothing = found.length === 0 && after === undefined
  const spelled = corrections.length > 0 ? corrected.keyword : null
  return {
    places: found.slice(skipped),
    corrections,
    didYouMean: isNothing ? await findSuggestion(db, question) : spelled,
    facets: facets === undefined ? undefined : await countResults(db, question, facets),
  }
}

/** Of words as they stand first: what else begins with them is only counted where those are not enough. */
async function countResults(
  db: Queryable,
  question: Question,
  names: readonly FacetName[],
): Promise<Facets | undefined> {
  const { words } = question
  const standsForMore = words.some((word) => isWhole(word) && hasLongerWords(word))
  let facets: Facets | undefined
  for (const counted of standsForMore ? [words.map(withoutLonger), words] : [words]) {
    const list = await listOf(db, { ...question, words: counted }, { after: undefined, wanted: 0, shown: false })
    facets = list === null ? undefined : await countFacets(db, list, names)
    if (facets?.capped) break
  }
  return facets
}

function questionOf(
  request: Request,
  filters: readonly Term[],
  { words, keyword, known, performersOfThatName }: CorrectedWords,
): Question {
  const { sort, start, end, country, lat, lng, radius_km, min_price, max_price } = request
  const circle =
    lat === undefined || lng === undefined
      ? undefined
      : { latitude: lat, longitude: lng, radiusKm: radius_km ?? defaultRadiusKm }
  return {
    listed: {
      upcoming: start === undefined,
      takingPlace: true,
      start,
      end,
      minPriceMinor: min_price,
      maxPriceMinor: max_price,
    },
    venues: { country, circle },
    filters,
    words,
    keyword,
    order: sort ?? (request.keyword === undefined ? 'date' : 'relevance'),
    events: known.events,
    performersOfThatName,
  }
}
