import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { listEvents } from '#shared/contracts/event.ts'
import type { listReports } from '#shared/contracts/reports.ts'
import { count, eventTime, longDate } from '../format.ts'
import { type Html, html } from '../html.ts'
import { type StaffState, staffFrame } from '../staff-frame.ts'
import * as words from '../words/desk.ts'
import { newEvent } from '../words/desk-new-event.ts'
import { deskEntrance } from './desk-entrance.ts'

type EventSummary = ReplyOf<typeof listEvents>['items'][number]
type ReportSummary = ReplyOf<typeof listReports>['items'][number]

export interface DeskEventsState extends StaffState {
  /** What was searched for; '' for all events. */
  readonly keyword: string
  /** Date of the first events in the list of all; null until the script has run. */
  readonly start: string | null
  readonly items: readonly EventSummary[]
  readonly reports: readonly ReportSummary[]
  readonly nextCursor: string | null
}

/** How much earlier the list begins at each step back. */
const stepMs = 30 * 24 * 3_600_000

/** The events from a date on, usually those that are not over, or those that a search found. */
export function deskEventsPage(state: DeskEventsState): Html {
  return staffFrame(state, eventsContent, deskEntrance)
}

function eventsContent({ keyword, start, items, reports, nextCursor, language, fault }: DeskEventsState): Html {
  const reportOf = new Map(reports.map((report) => [report.event_id, report]))
  const list = keyword === '' ? { start: start ?? '' } : { keyword }
  const next = new URLSearchParams({ ...list, cursor: nextCursor ?? '' })
  return html`<div class="desk-head"><h1>${keyword === '' ? words.events : words.found(keyword)}</h1>
<div class="desk-tools"><form class="desk-search" role="search" method="get" action="/desk"><label class="unseen" for="keyword">${words.search}</label><input class="input" id="keyword" name="keyword" type="search" maxlength="200" placeholder="${words.search}" value="${keyword}"><button class="button" type="submit">${words.searchButton}</button></form><a class="button" href="/desk/new-event">${newEvent}</a></div></div>
${keyword === '' ? start !== null && earlierLink(start, language) : html`<p><a href="/desk">${words.allEvents}</a></p>`}
${
  items.length === 0
    ? fault === null && html`<p class="quiet">${keyword === '' ? words.noEvents : words.nothingFound}</p>`
    : html`<div class="panel desk-table desk-list" role="region" aria-label="${words.events}" tabindex="0"><table>
<thead><tr><th scope="col">${words.event}</th><th scope="col" class="number">${words.soldOfAll}</th><th scope="col">${words.sale}</th><th scope="col">${words.state}</th></tr></thead>
<tbody>${items.map((event) => eventRow(event, reportOf.get(event.id), language))}</tbody></table></div>`
}
${nextCursor !== null && html`<p class="desk-next"><a class="button" href="/desk?${next.toString()}">${words.next}</a></p>`}`
}

/** Postponed events stay at their old date, so they too are found there. */
function earlierLink(start: string, language: string): Html {
  const earlier = new Date(Date.parse(start) - stepMs).toISOString().slice(0, 10)
  return html`<p class="quiet">${words.eventsFrom(longDate(start, language))} <a href="/desk?start=${encodeURIComponent(earlier)}">${words.earlierEvents}</a></p>`
}

function eventRow(event: EventSummary, report: ReportSummary | undefined, language: string): Html {
  const { venue } = event
  const where = venue === null ? '' : [venue.name, venue.city].filter((part) => part !== null).join(', ')
  const sold = report && words.of(count(report.sold, language), count(report.places, language))
  return html`<tr><td><a href="/desk/events/${encodeURIComponent(event.id)}"><strong>${event.name}</strong></a><br>
<span class="quiet">${eventTime(event, language, 'medium')}${where !== '' && ` · ${where}`}</span></td>
<td class="number">${sold ?? '–'}</td>
<td>${report === undefined ? '–' : (words.saleStates[report.sale] ?? report.sale)}</td>
<td>${words.eventStates[event.status] ?? event.status}</td></tr>
`
}
