import { z } from 'zod'
import { defineContract } from './contract.ts'
import { eventFilters, eventSummary } from './event.ts'
import { decimal, defaultPageSize, page, text, wholeNumber } from './fields.ts'

/** What results may be counted by. */
export const facetName = z.enum(['city', 'type', 'month', 'price'])

/** Of at most so many results each: then `capped` says that there are more. */
export const maxFacetResults = 1_000

const searchSort = z.enum(['relevance', 'date', 'price', 'distance'])

/** Pages by number end here; a cursor goes on. */
const maxPagedResults = 1_000

export const searchEvents = defineContract({
  worker: 'event',
  operation: 'search-events',
  summary:
    'Full-text search that forgives typing errors, with filters and facets; upcoming only unless start says otherwise',
  request: z
    .strictObject({
      ...eventFilters,
      keyword: text(200).optional(),
      performer: text(200).optional(),
      min_price: wholeNumber({ min: 0, max: 1_000_000_000_000 }).optional(),
      max_price: wholeNumber({ min: 0, max: 1_000_000_000_000 }).optional(),
      /** Venues around a point; without radius_km those within 50 km. */
      lat: decimal({ min: -90, max: 90 }).optional(),
      lng: decimal({ min: -180, max: 180 }).optional(),
      radius_km: decimal({ min: 0.001, max: 20_000 }).optional(),
      /** By default the best fit first where there is a keyword, else by date. Prices are compared whatever their currency. */
      sort: searchSort.optional(),
      /** Names of facets, separated by commas. */
      facets: z
        .union(
          [
            z.array(facetName),
            z
              .string()
              .max(100)
              .transform((names) => names.split(','))
              .pipe(z.array(facetName)),
          ],
          `must be some of ${facetName.options.join(', ')}, separated by commas`,
        )
        .optional(),
      /** Instead of a cursor, from 1 on; pageSize then stands for limit. */
      page: wholeNumber({ min: 1, max: maxPagedResults }).optional(),
      pageSize: wholeNumber({ min: 1, max: 100 }).optional(),
    })
    .superRefine((request, context) => {
      for (const [member, message] of searchFaults(request))
        context.addIssue({ code: 'custom', path: [member], message })
    }),
  reply: page(eventSummary).extend({
    /** Words of the keyword that occur nowhere, and the nearest ones, which were searched for instead. */
    corrections: z.array(z.object({ word: z.string(), used: z.string() })).optional(),
    /** Another spelling of the keyword that finds something: the corrected one, or one to ask for where nothing was found. */
    did_you_mean: z.string().nullable().optional(),
    facets: z
      .object({
        /** How many results were counted; when capped, there are more, and counts are of these only. */
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

interface SearchTogether {
  min_price?: number | undefined
  max_price?: number | undefined
  lat?: number | undefined
  lng?: number | undefined
  radius_km?: number | undefined
  sort?: z.infer<typeof searchSort> | undefined
  keyword?: string | undefined
  cursor?: string | undefined
  page?: number | undefined
  pageSize?: number | undefined
}

/** What no parameter shows by itself. */
function* searchFaults(request: SearchTogether): Generator<readonly [member: string, message: string]> {
  const {
    min_price,
    max_price,
    lat,
    lng,
    radius_km,
    sort,
    keyword,
    cursor,
    page = 1,
    pageSize = defaultPageSize,
  } = request
  if (lat !== undefined && lng === undefined) yield ['lng', 'is needed where lat is given']
  if (lng !== undefined && lat === undefined) yield ['lat', 'is needed where lng is given']
  const nowhere = lat === undefined && lng === undefined
  if (radius_km !== undefined && nowhere) yield ['radius_km', 'needs lat and lng']
  if (sort === 'distance' && nowhere) yield ['sort', 'by distance needs lat and lng']
  if (min_price !== undefined && max_price !== undefined && max_price < min_price)
    yield ['max_price', 'is below min_price']
  if (sort === 'relevance' && keyword === undefined) yield ['sort', 'by relevance needs a keyword']
  if (request.page !== undefined && cursor !== undefined) yield ['page', 'and cursor exclude each other']
  if (request.pageSize !== undefined && request.page === undefined)
    yield ['pageSize', 'needs a page; with cursor it is limit']
  if (page * pageSize > maxPagedResults)
    yield ['page', `times pageSize may be ${maxPagedResults} at most; cursor leads further`]
}
