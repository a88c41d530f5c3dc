import type { ParsedRequestOf, ReplyOf } from '#shared/contracts/contract.ts'
import { searchEvents as contract, maxFacetResults } from '#shared/contracts/search.ts'
import type { Queryable } from '#shared/database/postgres.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type ListParts, showPage } from '../event-answers.ts'
import { type Correction, correctKeyword } from '../search/corrections.ts'
import { filterId, filterTerms, filterTexts, wordsOf } from '../search/filters.ts'
import { findPage, listOf, type Question, waysTo } from '../search/find-page.ts'
import { fold } from '../search/fold.ts'
import { listFingerprint, type PagePosition, readCursor } from '../search/page-cursor.ts'
import { askedWords, joinedTexts, wholeText } from '../search/terms.ts'
import { countFacets, type FacetName, type Facets } from '../store/count-facets.ts'
import { countReach } from '../store/count-reach.ts'
import type { ListConditions } from '../store/list-conditions.ts'
import { knownWords, readKnown } from '../store/words.ts'

type Request = ParsedRequestOf<typeof contract>
type Reply = ReplyOf<typeof contract>

const defaultRadiusKm = 50

/**
 * Finds events that take place, the most relevant first, with what is left of them; past ones only when asked from a date on.
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
    // One more than asked for shows whether there is a next page.
    const found = await find(parts.postgres, request, { after, wanted: skipped + size + 1 })
    return {
      ...(await showPage(parts, { positions: found.positions.slice(skipped), size, list }, context)),
      corrections: [...found.corrections],
      did_you_mean: found.didYouMean,
      ...(facets === undefined ? {} : { facets: await countResults(parts.postgres, found.question, facets) }),
    }
  })
}

interface Found {
  readonly positions: readonly PagePosition[]
  readonly corrections: readonly Correction[]
  readonly didYouMean: string | null
  /** What was searched for in the end; null: nothing can match. */
  readonly question: Question | null
}

const nothing: Found = { positions: [], corrections: [], didYouMean: null, question: null }

/** Searches for what was typed; where that finds nothing, for what was probably meant. */
async function find(
  db: Queryable,
  request: Request,
  page: { after: PagePosition | undefined; wanted: number },
): Promise<Found> {
  const typed = request.keyword === undefined ? [] : askedWords('keyword', request.keyword)
  const question = request.keyword !== undefined && typed.length === 0 ? null : await questionOf(db, request, typed)
  if (question === null) return nothing
  const asTyped = { corrections: [], didYouMean: null, question }
  const positions = await findPage(db, question, page)
  if (positions.length > 0 || typed.length === 0) return { ...asTyped, positions }
  // Behind the last page of what was typed there is nothing to correct.
  const isBehind =
    page.after !== undefined && (await findPage(db, question, { after: undefined, wanted: 1 })).length > 0
  const corrected = isBehind ? null : await correctKeyword(db, question, typed)
  if (corrected === null) return { ...asTyped, positions }
  if (!corrected.replaces) return { ...asTyped, positions, didYouMean: corrected.keyword }
  const meant = { ...question, ...corrected }
  const { corrections, keyword: didYouMean } = corrected
  return { positions: await findPage(db, meant, page), corrections, didYouMean, question: meant }
}

/** `null` when nothing fulfils the filters. */
async function questionOf(db: Queryable, request: Request, typed: readonly string[]): Promise<Question | null> {
  const { sort, start, end, currency, country, lat, lng, radius_km } = request
  const circle =
    lat === undefined || lng === undefined
      ? undefined
      : { latitude: lat, longitude: lng, radiusKm: radius_km ?? defaultRadiusKm }
  const venueId = filterId(request.venue)
  const listed: ListConditions = {
    upcoming: start === undefined,
    takingPlace: true,
    start,
    end,
    performerId: filterId(request.performer),
    currency,
    minPriceMinor: request.min_price_minor,
    maxPriceMinor: request.max_price_minor,
    venue: (venueId ?? country ?? circle) === undefined ? undefined : { id: venueId, country, circle },
  }
  const texts = filterTexts(request)
  if (texts === null) return null
  const keyword = fold(request.keyword ?? '')
  const performer = { field: 'P', text: wholeText(keyword) } as const
  const words = [...wordsOf(texts), ...typed, ...joinedTexts(typed)]
  const [known, reach] = await Promise.all([readKnown(db, words, [...texts.wholes, performer]), countReach(db, listed)])
  const filters = filterTerms(texts, known)
  if (filters === null) return null
  return {
    listed,
    reach,
    filters,
    words: knownWords(known, typed),
    keyword,
    order: sort ?? (request.keyword === undefined ? 'date' : 'relevance'),
    events: known.events,
    performersOfThatName: known.wholes.get(`P${performer.text}`) ?? 0,
  }
}

async function countResults(db: Queryable, question: Question | null, names: readonly FacetName[]): Promise<Facets> {
  let facets: Facets = { counted: 0, capped: false, by: {} }
  const page = { after: undefined, wanted: maxFacetResults + 1 }
  const list = question === null ? null : listOf({ ...question, order: 'date' }, page)
  if (question === null || list === null) return facets
  for (const statement of waysTo(list, question)) {
    facets = await countFacets(db, statement, names)
    if (facets.capped) break
  }
  return facets
}
