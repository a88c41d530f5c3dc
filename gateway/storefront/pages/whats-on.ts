import { z } from 'zod'
import type { ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { searchEvents } from '#shared/contracts/search.ts'
import type { FieldError } from '#shared/errors.ts'
import { listCache } from '../../routes/events.ts'
import type { ListFilters } from '../views/list-address.ts'
import type { Facet, FilterCount } from '../views/list-filters.ts'
import { problemPage } from '../views/problem-page.ts'
import { type Found, viewWhatsOn, viewWrongFilter, type WhatsOn } from '../views/whats-on.ts'
import { listWords } from '../views/words/list.ts'
import { definePage, type PublicLoad } from './page.ts'

/** Forms also send empty fields. The search refuses text that is too long. */
const filter = z
  .string()
  .trim()
  .transform((text) => (text === '' ? undefined : text))
  .optional()

const parameters = z.object({
  keyword: filter,
  type: filter,
  city: filter,
  start: filter,
  end: filter,
  sort: filter,
  cursor: filter,
})

const names = Object.keys(parameters.shape)

const eventsOnPage = 30
const insteadOfNothing = 6
/** Kinds among the shortcuts. */
const shownKinds = 4
/** Values shown for one filter: a catalogue can have thousands of cities. */
const shownFacets = 12

export const whatsOnPage = definePage<ListFilters, WhatsOn>({
  path: '/',
  access: 'public',
  parameters,
  // The rate class of the JSON routes that it reads: a search costs more than a list.
  limit: (query) => (query === '' ? 'browse' : 'search'),
  cache: listCache,

  async load(filters, { read }) {
    const { type, city } = filters
    const isFiltered = Object.values(filters).some((value) => value !== undefined)
    const [main, all, withoutType, withoutCity] = await Promise.all([
      read(searchEvents, searchOf(filters, { limit: eventsOnPage, facets: ['type', 'city', 'month'] })),
      isFiltered ? read(searchEvents, { limit: 1, facets: ['type'] }) : null,
      // The counts next to a chosen filter show its alternatives.
      type === undefined ? null : read(searchEvents, countsOf({ ...filters, type: undefined }, 'type')),
      city === undefined ? null : read(searchEvents, countsOf({ ...filters, city: undefined }, 'city')),
    ])
    return {
      filters,
      counts: { type: countOf(withoutType ?? main, 'type'), city: countOf(withoutCity ?? main, 'city') },
      kinds: ((all ?? main).facets?.by.type ?? []).slice(0, shownKinds).map(({ value }) => value),
      weekend: weekendOf(new Date()),
      found: await foundIn(main, read),
    }
  },

  view: (data, { language }) => viewWhatsOn(data, language),

  viewProblem(problem, query, { language }) {
    const faults = faultsOf(problem.errors)
    if (problem.code !== 'validation_failed' || faults === null) return problemPage(problem)
    const typed = names.flatMap((name) => (typeof query[name] === 'string' ? [[name, query[name]]] : []))
    return viewWrongFilter({ filters: Object.fromEntries(typed), faults, weekend: weekendOf(new Date()) }, language)
  },
})

type SearchRequest = RequestOf<typeof searchEvents>
type SearchReply = ReplyOf<typeof searchEvents>

/** The search for these filters. The worker refuses invalid values and names the field. */
function searchOf(filters: ListFilters, rest: Pick<SearchRequest, 'limit' | 'facets'>): SearchRequest {
  return { ...filters, ...rest } as SearchRequest
}

function countOf({ facets }: SearchReply, name: 'type' | 'city'): FilterCount {
  return { facets: (facets?.by[name] ?? []).slice(0, shownFacets), total: facets?.counted ?? 0 }
}

/** Only the counts of one filter. */
function countsOf(filters: ListFilters, facet: 'type' | 'city'): SearchRequest {
  return searchOf({ ...filters, cursor: undefined }, { limit: 1, facets: [facet] })
}

async function foundIn(reply: SearchReply, read: PublicLoad['read']): Promise<Found> {
  const { items, next_cursor, did_you_mean = null, corrections = [], facets } = reply
  const isEmpty = items.length === 0
  const others = isEmpty ? await read(searchEvents, { limit: insteadOfNothing }) : null
  return {
    items,
    nextCursor: next_cursor,
    total: { counted: facets?.counted ?? items.length, capped: facets?.capped ?? false },
    // Capped counts do not cover whole months.
    months: facets?.capped === false ? countsByValue(facets.by.month ?? []) : {},
    corrected: !isEmpty && corrections.length > 0 ? did_you_mean : null,
    didYouMean: isEmpty ? did_you_mean : null,
    instead: others?.items ?? [],
  }
}

function countsByValue(facets: readonly Facet[]): Record<string, number> {
  return Object.fromEntries(facets.map(({ value, count }) => [value, count]))
}

/** The fault of each wrong filter; null if the error is another one. */
function faultsOf(errors: unknown): Readonly<Record<string, string>> | null {
  if (!Array.isArray(errors)) return null
  const faults = (errors as readonly FieldError[]).map(({ pointer, detail }) => [
    pointer.slice(1),
    sentence(pointer.slice(1), detail),
  ])
  return Object.fromEntries(faults)
}

/** `start must be a date such as 2027-03-05.` begins with the parameter's name; the form has a label instead. */
function sentence(name: string, detail: string): string {
  const { [name]: label } = listWords.filterNames
  return label === undefined ? detail : detail.replace(new RegExp(`^${name}\\b`), label)
}

/** Friday to Sunday of the coming weekend, or the rest of the current one. Counts in UTC, because one page serves all countries. */
function weekendOf(now: Date): { readonly start: string; readonly end: string } {
  const weekday = (now.getUTCDay() + 6) % 7
  const [friday, sunday] = [4, 6]
  const dayIn = (days: number): string => new Date(now.getTime() + days * 86_400_000).toISOString().slice(0, 10)
  return { start: dayIn(Math.max(0, friday - weekday)), end: dayIn(sunday - weekday) }
}
