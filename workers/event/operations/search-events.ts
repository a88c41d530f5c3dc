import type { ParsedRequestOf, ReplyOf } from '#shared/contracts/contract.ts'
import { searchEvents as contract, maxFacetResults } from '#shared/contracts/search.ts'
import type { Queryable } from '#shared/database/postgres.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type ListParts, showPage } from '../event-answers.ts'
import { type Correction, correctKeyword } from '../search/corrections.ts'
import { attemptsAt, findPage, listOf, type PageWanted } from '../search/find-page.ts'
import { type FoundEvent, listFingerprint, readCursor } from '../search/page-cursor.ts'
import { type Asked, type Question, questionOf } from '../search/question.ts'
import { countFacets, type FacetName, type Facets } from '../store/count-facets.ts'

type Request = ParsedRequestOf<typeof contract>
type Reply = ReplyOf<typeof contract>

const defaultRadiusKm = 50

/**
 * Finds events that take place, most relevant first, with their availability; past events only with a start date. Throws
 * `validation_failed` for a cursor of another list and for too many words.
 */
export function searchEvents(parts: ListParts): Operation {
  return operation(contract, async (request, context): Promise<Reply> => {
    const { facets, cursor, page, pageSize, limit, ...asked } = request
    const list = listFingerprint(asked)
    const after =
      cursor === undefined ? undefined : readCursor(list, cursor, { isByDistance: request.sort === 'distance' })
    const size = page === undefined ? limit : (pageSize ?? limit)
    const skipped = ((page ?? 1) - 1) * size
    // One event more than requested shows whether there is a next page.
    const question = await questionOf(parts.postgres, ask(request))
    const found = await find(parts.postgres, question, { after, wanted: skipped + size + 1 })
    return {
      ...(await showPage(parts, { positions: found.positions.slice(skipped), size, list }, context)),
      corrections: [...found.corrections],
      did_you_mean: found.didYouMean,
      ...(facets === undefined ? {} : { facets: await countResults(parts.postgres, found.question, facets) }),
    }
  })
}

interface Found {
  readonly positions: readonly FoundEvent[]
  readonly corrections: readonly Correction[]
  readonly didYouMean: string | null
  /** The question that was finally searched; null: nothing can match. */
  readonly question: Question | null
}

/** Searches for the text as typed. If nothing is found, searches for what was probably meant. */
async function find(db: Queryable, question: Question | null, page: PageWanted): Promise<Found> {
  const asTyped = { positions: [], corrections: [], didYouMean: null, question }
  if (question === null) return asTyped
  const positions = await findPage(db, question, page)
  if (positions.length > 0 || question.words.words.length === 0) return { ...asTyped, positions }
  // After the last page of results there is nothing to correct.
  const isBehind =
    page.after !== undefined && (await findPage(db, question, { after: undefined, wanted: 1 })).length > 0
  const corrected = isBehind ? null : await correctKeyword(db, question)
  if (corrected === null) return asTyped
  if (!corrected.replaces) return { ...asTyped, didYouMean: corrected.keyword }
  const meant = { ...question, ...corrected }
  const { corrections, keyword: didYouMean } = corrected
  return { positions: await findPage(db, meant, page), corrections, didYouMean, question: meant }
}

function ask(request: Request): Asked {
  const { keyword, performer, venue, city, type, country, sort, lat, lng, radius_km = defaultRadiusKm } = request
  const circle =
    lat === undefined || lng === undefined ? undefined : { latitude: lat, longitude: lng, radiusKm: radius_km }
  const conditions = {
    upcoming: request.start === undefined,
    takingPlace: true,
    start: request.start,
    end: request.end,
    currency: request.currency,
    minPriceMinor: request.min_price_minor,
    maxPriceMinor: request.max_price_minor,
  }
  return { keyword, performer, venue, city, type, country, sort, circle, conditions }
}

async function countResults(db: Queryable, question: Question | null, names: readonly FacetName[]): Promise<Facets> {
  let facets: Facets = { counted: 0, capped: false, by: {} }
  const page = { after: undefined, wanted: maxFacetResults + 1 }
  const list = question === null ? null : listOf({ ...question, order: 'any' }, page)
  if (question === null || list === null) return facets
  for (const { find } of attemptsAt(list, question)) {
    facets = await countFacets(db, find, names)
    if (facets.capped) break
  }
  return facets
}
