import { count } from './format.ts'
import { type Html, html } from './html.ts'
import { type ListFilters, withFilters } from './list-address.ts'
import { faultSign } from './signs.ts'
import { listWords } from './words/list.ts'

export interface Facet {
  readonly value: string
  readonly count: number
}

/** The most frequent values of a filter, and the number of events without it. */
export interface FilterCount {
  readonly facets: readonly Facet[]
  readonly total: number
}

export interface FilterCounts {
  readonly type: FilterCount
  readonly city: FilterCount
}

/** What is wrong with a filter, by the filter's name. */
export type FilterFaults = Readonly<Record<string, string>>

/** The filters as a column of links with counts; on narrow screens as one closed disclosure. */
export function listFilters(
  filters: ListFilters,
  { counts, faults, language }: { counts: FilterCounts | null; faults: FilterFaults; language: string },
): Html {
  const isOpen = faults.start !== undefined || faults.end !== undefined
  return html`<details class="filters"${isOpen && html` open`}>
<summary>${listWords.filters}</summary>
<nav aria-label="${listWords.filterLabel}">
${counts !== null && facetLinks({ name: 'type', heading: listWords.kind, all: listWords.everyKind, counts: counts.type, filters, language })}
${counts !== null && facetLinks({ name: 'city', heading: listWords.city, all: listWords.everyCity, counts: counts.city, filters, language })}
${dateForm(filters, faults)}
</nav>
</details>`
}

interface FacetLinks {
  readonly name: 'type' | 'city'
  readonly heading: string
  readonly all: string
  readonly counts: FilterCount
  readonly filters: ListFilters
  readonly language: string
}

function facetLinks({ name, heading, all, counts: { facets, total }, filters, language }: FacetLinks): Html | false {
  const chosen = filters[name]
  if (facets.length === 0 && chosen === undefined) return false
  const isListed = chosen === undefined || facets.some(({ value }) => isSame(value, chosen))
  const shown = isListed ? facets : [{ value: chosen, count: 0 }, ...facets]
  const link = (value: string | undefined, text: string, events: number): Html => {
    const isCurrent = value === undefined ? chosen === undefined : chosen !== undefined && isSame(value, chosen)
    const label = value === undefined && html`<span class="unseen"> (${all})</span>`
    return html`<li><a href="${withFilters(filters, { [name]: value })}"${isCurrent && html` aria-current="true"`}><span>${text}${label}</span> <span>${count(events, language)}</span></a></li>`
  }
  return html`<section>
<h2 class="label">${heading}</h2>
<ul>${link(undefined, listWords.all, total)}${shown.map((facet) => link(facet.value, facet.value, facet.count))}</ul>
</section>`
}

/** Filters ignore case. */
function isSame(one: string, other: string): boolean {
  return one.localeCompare(other, 'en', { sensitivity: 'base' }) === 0
}

function dateForm(filters: ListFilters, faults: FilterFaults): Html {
  const { keyword, type, city, sort } = filters
  const others = Object.entries({ keyword, type, city, sort }).filter(([, value]) => value !== undefined)
  const field = (name: 'start' | 'end', label: string): Html => {
    const fault = faults[name]
    const marks = fault !== undefined && html` aria-invalid="true" aria-describedby="${name}-fault"`
    return html`<div class="field"><label for="${name}">${label}</label><input id="${name}" name="${name}" type="date" value="${filters[name] ?? ''}"${marks}>${fault !== undefined && html`<p class="fault" id="${name}-fault">${faultSign}${fault}</p>`}</div>`
  }
  return html`<form class="form" action="/" method="get">
<h2 class="label">${listWords.dates}</h2>
${others.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
${field('start', listWords.from)}
${field('end', listWords.to)}
<button class="button" type="submit">${listWords.showDates}</button>
</form>`
}
