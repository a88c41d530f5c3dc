import { z } from 'zod'
import { defineContract } from './contract.ts'
import { eventFilters, eventSummary } from './event.ts'
import { commaSeparated, decimal, defaultPageSize, page, text, wholeNumber } from './fields.ts'

export const facetName = z.enum(['city', 'type', 'venue', 'month', 'price'])

/** Facets count at most this many search hits. */
export const maxFacetResults = 1_000

/** Numbered pages end here; a cursor continues. */
const maxPagedResults = 1_000

const searchedPrice = wholeNumber({ min: 0, max: 1_000_000_000_000 }).optional()

const searchRequest = z.strictObject({
  ...eventFilters,
  keyword: text(200).optional(),
  performer: text(200).optional().describe('Words of a performer’s name, or the id of a performer.'),
  venue: text(200).optional().describe('Words of a venue’s name, or the id of a venue.'),
  currency: z
    .string()
    .regex(/^[A-Za-z]{3}$/, 'must be an ISO 4217 code such as EUR')
    .toUpperCase()
    .optional()
    .describe('Only events that are sold in this currency (ISO 4217).'),
  min_price_minor: searchedPrice.describe('Lowest price of the cheapest place, in minor units; needs currency.'),
  max_price_minor: searchedPrice.describe('Highest price of the cheapest place, in minor units; needs currency.'),
  /** Venues around a point; without radius_km within 50 km. */
  lat: decimal({ min: -90, max: 90 }).optional(),
  lng: decimal({ min: -180, max: 180 }).optional(),
  radius_km: decimal({ min: 0.001, max: 20_000 }).optional(),
  sort: z
    .enum(['relevance', 'date', 'price', 'distance'])
    .optional()
    .describe('By relevance with a keyword, else by date, unless it says otherwise; price needs currency.'),
  facets: commaSeparated(z.array(facetName), {
    maxLength: 100,
    message: `must be some of ${facetName.options.join(', ')}, separated by commas`,
  })
    .optional()
    .describe('What to count hits by: names separated by commas; price needs currency.'),
  /** Page number from 1, instead of a cursor. It goes with pageSize instead of limit. */
  page: wholeNumber({ min: 1, max: maxPagedResults }).optional(),
  pageSize: wholeNumber({ min: 1, max: 100 }).optional(),
})

export const searchEvents = defineContract('event', 'search-events', {
  summary: 'Full-text search that tolerates typos, with filters and facets; upcoming only unless start says otherwise',
  request: searchRequest.superRefine((request, context) => {
    for (const [member, message] of searchFaults(request)) {
      context.addIssue({ code: 'custom', path: [member], message })
    }
  }),
  reply: page(eventSummary).extend({
    /** Words of the keyword, and the similar words used instead. */
    corrections: z.array(z.object({ word: z.string(), used: z.string() })).optional(),
    /** The keyword that was searched for instead, or another spelling to try when nothing was found. */
    did_you_mean: z.string().nullable().optional(),
    facets: z
      .object({
        /** Number of search hits counted; when `capped`, there are more. */
        counted: z.int(),
        capped: z.boolean(),
        by: z.partialRecord(facetName, z.array(z.object({ value: z.string(), count: z.int() }))),
      })
      .optional(),
  }),
  errors: [],
  deadlineMs: 1_000,
  readOnly: true,
})

function* searchFaults(request: z.output<typeof searchRequest>): Generator<readonly [member: string, message: string]> {
  const {
    min_price_minor: min,
    max_price_minor: max,
    currency,
    facets,
    lat,
    lng,
    radius_km,
    sort,
    keyword,
    cursor,
  } = request
  const { page = 1, pageSize = defaultPageSize } = request
  if (lat !== undefined && lng === undefined) yield ['lng', 'is required with lat']
  if (lng !== undefined && lat === undefined) yield ['lat', 'is required with lng']
  const nowhere = lat === undefined && lng === undefined
  if (radius_km !== undefined && nowhere) yield ['radius_km', 'needs lat and lng']
  if (sort === 'distance' && nowhere) yield ['sort', 'distance needs lat and lng']
  if (min !== undefined && max !== undefined && max < min) yield ['max_price_minor', 'is below min_price_minor']
  if (currency === undefined) {
    const isPriced = {
      min_price_minor: min !== undefined,
      max_price_minor: max !== undefined,
      'sort=price': sort === 'price',
      'facets=price': facets?.includes('price'),
    }
    const [needing] = Object.entries(isPriced).flatMap(([name, isAsked]) => (isAsked ? name : []))
    if (needing !== undefined)
      yield ['currency', `is required with ${needing}; prices are compared within one currency`]
  }
  if (sort === 'relevance' && keyword === undefined) yield ['sort', 'relevance needs keyword']
  if (request.page !== undefined && cursor !== undefined) yield ['page', 'cannot be combined with cursor']
  if (request.pageSize !== undefined && request.page === undefined)
    yield ['pageSize', 'needs page; with cursor use limit']
  if (page * pageSize > maxPagedResults)
    yield ['page', `times pageSize must not exceed ${maxPagedResults}; use cursor to go further`]
}
