import { z } from 'zod'
import { defineContract } from './contract.ts'
import { eventFilters, eventPage } from './event.ts'
import { commaSeparated, decimal, text, wholeNumber } from './fields.ts'

export const facetName = z.enum(['city', 'type', 'venue', 'month', 'price'])

/** Facets count at most this many search hits. */
export const maxFacetResults = 1_000

/** Numbered pages end here; a cursor continues. */
const maxPagedResults = 1_000

const searchedPrice = wholeNumber({ min: 0, max: 1_000_000_000_000 }).optional()

const searchRequest = z.strictObject({
  ...eventFilters,
  keyword: text(200)
    .optional()
    .meta({
      description: 'Words of names, performers, venues and cities; typing errors are forgiven',
      examples: ['björk'],
    }),
  performer: text(200).optional().describe('Name or id of a performer'),
  venue: text(200).optional().describe('Name or id of a venue'),
  currency: z
    .string()
    .regex(/^[A-Za-z]{3}$/, 'must be an ISO 4217 code such as EUR')
    .toUpperCase()
    .optional()
    .describe('Only events with prices in this currency (ISO 4217)'),
  min_price_minor: searchedPrice.describe(
    'Only events whose `price_from_minor` is at least this, in minor units of `currency`',
  ),
  max_price_minor: searchedPrice.describe(
    'Only events whose `price_from_minor` is at most this, in minor units of `currency`',
  ),
  lat: decimal({ min: -90, max: 90 }).optional().describe('Latitude of the point around which venues are wanted'),
  lng: decimal({ min: -180, max: 180 }).optional().describe('Longitude of that point'),
  radius_km: decimal({ min: 0.001, max: 20_000 }).optional().describe('Distance from that point. Default: 50 km'),
  sort: z
    .enum(['relevance', 'date', 'price', 'distance'])
    .optional()
    .describe('Default: by relevance with a keyword, else by date. Prices are compared within a `currency`'),
  facets: commaSeparated(z.array(facetName), {
    maxLength: 100,
    message: `must be some of ${facetName.options.join(', ')}, separated by commas`,
  })
    .optional()
    .describe('Counts of search hits by these properties, separated by commas; `price` needs a `currency`'),
  page: wholeNumber({ min: 1, max: maxPagedResults })
    .optional()
    .describe('Page number from 1, instead of a cursor. Use it with `pageSize` instead of `limit`'),
  pageSize: wholeNumber({ min: 1, max: 100 }).optional().describe('Events on a numbered page'),
})

export const searchEvents = defineContract('event', 'search-events', {
  summary: 'Full-text search that tolerates typos, with filters and facets; upcoming only unless start says otherwise',
  request: searchRequest.superRefine((request, context) => {
    for (const [member, message] of searchFaults(request)) {
      context.addIssue({ code: 'custom', path: [member], message })
    }
  }),
  reply: eventPage
    .extend({
      corrections: z
        .array(
          z.object({
            word: z.string().describe('A word of the keyword'),
            used: z.string().describe('The word that was searched for instead'),
          }),
        )
        .optional()
        .describe('Words of the keyword, and the similar words used instead'),
      did_you_mean: z
        .string()
        .nullable()
        .optional()
        .describe('The keyword that was searched for instead, or another spelling to try when nothing was found'),
      facets: z
        .object({
          counted: z.int().describe('Number of search hits counted'),
          capped: z.boolean().describe('Whether counting stopped there'),
          by: z
            .partialRecord(
              facetName,
              z.array(
                z
                  .object({ value: z.string().describe('A value'), count: z.int().describe('Events that have it') })
                  .meta({ id: 'FacetCount', description: 'How many events have a value' }),
              ),
            )
            .describe('The counts by property, the most frequent value first'),
        })
        .optional()
        .describe('Counts of search hits, if `facets` was given'),
    })
    .meta({ id: 'SearchPage', description: 'One page of search hits' }),
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
  const { page, pageSize = request.limit } = request
  if (lat !== undefined && lng === undefined) yield ['lng', 'is required with lat']
  if (lng !== undefined && lat === undefined) yield ['lat', 'is required with lng']
  const nowhere = lat === undefined && lng === undefined
  if (radius_km !== undefined && nowhere) yield ['radius_km', 'needs lat and lng']
  if (sort === 'distance' && nowhere) yield ['sort', 'by distance needs lat and lng']
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
  if (page !== undefined && cursor !== undefined) yield ['page', 'cannot be combined with cursor']
  if (request.pageSize !== undefined && page === undefined) yield ['pageSize', 'needs page; with cursor use limit']
  if (page !== undefined && page * pageSize > maxPagedResults)
    yield ['page', `times the size of a page must not exceed ${maxPagedResults}; use cursor to go further`]
}
