import type { PageContent } from './document.ts'
import { type EventSummary, eventStub } from './event-stub.ts'
import { count, monthName } from './format.ts'
import { houseArcs } from './house-arcs.ts'
import { type Html, html } from './html.ts'
import { type ListFilters, listAddress, withFilters } from './list-address.ts'
import { type FilterCounts, type FilterFaults, listFilters } from './list-filters.ts'
import { listWords } from './words/list.ts'
import * as words from './words.ts'

/** The data of the page. */
export interface WhatsOn {
  readonly filters: ListFilters
  readonly counts: FilterCounts
  /** The most frequent kinds in the whole catalogue. */
  readonly kinds: readonly string[]
  /** First and last date of this weekend. */
  readonly weekend: { readonly start: string; readonly end: string }
  readonly found: Found
}

export interface Found {
  readonly items: readonly EventSummary[]
  readonly nextCursor: string | null
  /** Number of events found, and whether counting stopped there. */
  readonly total: { readonly counted: number; readonly capped: boolean }
  /** Events found by month: `2026-12`. */
  readonly months: Readonly<Record<string, number>>
  /** The corrected keyword that was searched for instead. */
  readonly corrected: string | null
  /** Another spelling to try, if nothing was found. */
  readonly didYouMean: string | null
  /** The next events, if nothing was found. */
  readonly instead: readonly EventSummary[]
}

/** The page of the list of events. */
export function viewWhatsOn(data: WhatsOn, language: string): PageContent {
  const { filters, counts, found } = data
  const title = filters.keyword ?? filters.city ?? filters.type ?? words.whatsOn
  return {
    title,
    description: listWords.description,
    current: 'whats-on',
    tone: 'front',
    body: html`${frontBand(data)}
<div class="whats-on wide">
${listFilters(filters, { counts, faults: {}, language })}
<div class="found">${found.items.length > 0 ? results(filters, found, language) : nothing(filters, found, language)}</div>
</div>`,
  }
}

/** The page for an invalid filter: lists nothing and keeps the input. */
export function viewWrongFilter(
  { filters, faults, weekend }: Pick<WhatsOn, 'filters' | 'weekend'> & { faults: FilterFaults },
  language: string,
): PageContent {
  const names = Object.keys(faults)
  const heading = names.length === 1 && names[0] === 'cursor' ? listWords.wrongPage : listWords.wrongFilter
  return {
    title: heading,
    current: 'whats-on',
    tone: 'front',
    body: html`${frontBand({ filters, kinds: [], weekend })}
<div class="whats-on wide">
${listFilters(filters, { counts: null, faults, language })}
<div class="found">
<div class="note alarm" role="alert"><strong>${heading}</strong>
<ul>${names.map((name) => html`<li>${faults[name]}</li>`)}</ul></div>
<p><a class="button" href="${firstPage(filters, faults)}">${faults.cursor === undefined ? listWords.without : listWords.first}</a></p>
</div>
</div>`,
  }
}

/** The first page without the invalid filters. */
function firstPage(filters: ListFilters, faults: FilterFaults): string {
  const good = Object.entries(filters).filter(([name]) => faults[name] === undefined && name !== 'cursor')
  return listAddress(Object.fromEntries(good))
}

function frontBand({ filters, kinds, weekend }: Pick<WhatsOn, 'filters' | 'kinds' | 'weekend'>): Html {
  const isWeekend = filters.start === weekend.start && filters.end === weekend.end
  const chip = (address: string, text: string, isCurrent: boolean): Html =>
    html`<li><a class="chip" href="${address}"${isCurrent && html` aria-current="true"`}>${text}</a></li>`
  const { type, city, start, end } = filters
  const kept = Object.entries({ type, city, start, end }).filter(([, value]) => value !== undefined)
  return html`<section class="band">
${houseArcs()}
<h1>${listWords.heading}</h1>
<form class="search" action="/" method="get" role="search">
<label class="unseen" for="keyword">${listWords.searchLabel}</label>
<input id="keyword" name="keyword" type="search" maxlength="200" value="${filters.keyword ?? ''}" placeholder="${listWords.searchLabel}" autocomplete="off" enterkeyhint="search">
${kept.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button class="button torch" type="submit">${listWords.search}</button>
</form>
<ul class="chips" aria-label="${listWords.shortcuts}">
${chip(isWeekend ? withFilters(filters, { start: undefined, end: undefined }) : withFilters(filters, weekend), listWords.weekend, isWeekend)}
${kinds.map((kind) => chip(withFilters(filters, { type: kind === filters.type ? undefined : kind }), kind, kind === filters.type))}
</ul>
</section>`
}

function results(filters: ListFilters, found: Found, language: string): Html {
  const isByDate = filters.keyword === undefined || filters.sort === 'date'
  const { nextCursor } = found
  return html`${foundWords(filters, found, language)}
${isByDate ? byMonth(found, language) : html`<ul class="stubs">${found.items.map((event) => eventStub(event, language))}</ul>`}
${(nextCursor !== null || filters.cursor !== undefined) && html`<p class="more">${filters.cursor !== undefined && html`<a class="button" href="${withFilters(filters, {})}">${listWords.first}</a>`}${nextCursor !== null && html`<a class="button" href="${listAddress({ ...filters, cursor: nextCursor })}" rel="next">${listWords.more}</a>`}</p>`}`
}

/** How many events were found for which keyword, and their order. Without a keyword the months show it. */
function foundWords(filters: ListFilters, { total, corrected }: Found, language: string): Html | false {
  const { keyword, sort } = filters
  if (keyword === undefined) return false
  const counted = count(total.counted, language)
  const events = total.capped ? listWords.moreThan(counted) : listWords.events(counted, total.counted === 1)
  const order = (text: string, value: string | undefined, isCurrent: boolean): Html =>
    html`<a href="${withFilters(filters, { sort: value })}"${isCurrent && html` aria-current="true"`}>${text}</a>`
  return html`<div class="found-words">
<h2>${listWords.found(events, corrected ?? keyword)}</h2>
${corrected !== null && html`<p class="quiet">${listWords.corrected(keyword)}</p>`}
<nav class="tabs" aria-label="${listWords.order}">${order(listWords.byRelevance, undefined, sort !== 'date')}${order(listWords.byDate, 'date', sort === 'date')}</nav>
</div>`
}

function byMonth({ items, months }: Found, language: string): Html {
  const groups = Map.groupBy(items, ({ starts_on }) => starts_on.slice(0, 7))
  return html`${[...groups].map(([month, events]) => {
    const inMonth = months[month]
    return html`<section class="month">
<h2>${monthName(month, language)}${inMonth !== undefined && html` <span>${listWords.events(count(inMonth, language), inMonth === 1)}</span>`}</h2>
<ul class="stubs">${events.map((event) => eventStub(event, language))}</ul>
</section>`
  })}`
}

function nothing(filters: ListFilters, found: Found, language: string): Html {
  const isFiltered = Object.values(filters).some((value) => value !== undefined)
  if (!isFiltered && found.instead.length === 0) {
    return html`<div class="note"><strong>${listWords.noEvents}</strong><p>${listWords.noEventsHint}</p></div>`
  }
  const { keyword } = filters
  return html`<div class="note" role="status"><strong>${keyword === undefined ? listWords.nothing : listWords.nothingFor(keyword)}</strong>
${found.didYouMean === null ? html`<p>${listWords.tryWithout}</p>` : html`<p>${listWords.didYouMean} <a href="${withFilters(filters, { keyword: found.didYouMean })}">${found.didYouMean}</a>?</p>`}</div>
<p><a class="button" href="/">${listWords.without}</a></p>
${
  found.instead.length > 0 &&
  html`<section class="month"><h2>${listWords.next}</h2>
<ul class="stubs">${found.instead.map((event) => eventStub(event, language))}</ul></section>`
}`
}
