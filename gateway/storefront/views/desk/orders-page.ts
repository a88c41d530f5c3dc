import type { Booking, listSales } from '#shared/contracts/bookings.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import { clockTime, count, dayAndMonth, instantText, sum } from '../format.ts'
import { type Html, html } from '../html.ts'
import { note } from '../note.ts'
import { faultSign } from '../signs.ts'
import { type StaffState, staffFrame } from '../staff-frame.ts'
import * as words from '../words/desk.ts'
import { type ChangeState, changeButton, changeForm } from './change-form.ts'
import { deskEntrance } from './desk-entrance.ts'
import type { DeskEvent } from './event-state.ts'

type SaleEntry = ReplyOf<typeof listSales>['items'][number]

export interface DeskOrdersState extends StaffState, ChangeState<'refund'> {
  /** What was looked for, as it was typed. */
  readonly wanted: string
  /** What was typed is not the id of a booking or an event. */
  readonly findFault: string | null
  /** The event whose log is shown, or that the booking is of. */
  readonly event: DeskEvent | null
  readonly entries: readonly SaleEntry[] | null
  readonly nextCursor: string | null
  readonly booking: Booking | null
}

/** A booking found by its id, or the sales log of an event. */
export function deskOrdersPage(state: DeskOrdersState): Html {
  return staffFrame(state, content, deskEntrance)
}

function content(state: DeskOrdersState): Html {
  const { wanted, findFault, booking, entries } = state
  const marks = findFault !== null && html` aria-invalid="true"`
  return html`<div class="desk-head"><h1>${words.bookings}</h1></div>
<form class="form desk-find" role="search" method="get" action="/desk/orders" data-submit="find" novalidate>
<div class="field"><label for="find">${words.find}</label><input id="find" name="find" value="${wanted}" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="100" required aria-describedby="find-words"${marks}>
${findFault === null ? html`<p class="quiet" id="find-words">${words.findHint}</p>` : html`<p class="fault" id="find-words" role="alert">${faultSign}${findFault}</p>`}</div>
<div class="buttons"><button class="button" type="submit">${words.findButton}</button></div></form>
${booking !== null && bookingCard(state, booking)}
${entries !== null && salesLog(state, entries)}`
}

function zoneOf({ event, language }: DeskOrdersState) {
  return { zone: event?.tz ?? null, language }
}

function eventLink({ event }: DeskOrdersState): Html | false {
  return event !== null && html`<a href="/desk/events/${encodeURIComponent(event.id)}">${event.name}</a>`
}

function salesLog(state: DeskOrdersState, entries: readonly SaleEntry[]): Html {
  const { event, nextCursor, language } = state
  const currency = event?.currency ?? 'EUR'
  const next = new URLSearchParams({ event: event?.id ?? '', cursor: nextCursor ?? '' })
  const row = ({ at, what, origin, places, amount_minor, booking_id }: SaleEntry): Html => {
    const why = words.origins[origin] ?? origin
    const time = `${dayAndMonth(at, zoneOf(state))}, ${clockTime(at, zoneOf(state))}`
    return html`<tr><td><a href="/desk/orders?booking=${encodeURIComponent(booking_id)}"><time datetime="${at}" lang="${language}">${time}</time></a></td>
<td>${what === 'sold' ? words.soldWord : words.returned}${why !== '' && html` <span class="quiet">${why}</span>`}</td>
<td class="number">${count(places, language)}</td><td class="number">${sum(amount_minor, currency, language)}</td></tr>
`
  }
  return html`<section class="panel desk-log"><h2 id="sales-log">${words.salesOf}</h2><p>${eventLink(state)}</p>
${
  entries.length === 0
    ? html`<p class="quiet">${words.noSales}</p>`
    : html`<div class="desk-table" role="region" aria-labelledby="sales-log" tabindex="0"><table>
<thead><tr><th scope="col">${words.when}</th><th scope="col">${words.what}</th><th scope="col" class="number">${words.places}</th><th scope="col" class="number">${words.amount}</th></tr></thead>
<tbody>${entries.map(row)}</tbody></table></div>`
}
${nextCursor !== null && html`<p><a class="button" href="/desk/orders?${next.toString()}">${words.older}</a></p>`}</section>`
}

function bookingCard(state: DeskOrdersState, booking: Booking): Html {
  const { language, change, outcome } = state
  const money = (minor: number): string => sum(minor, booking.currency, language)
  const valid = booking.tickets.filter(({ status }) => status === 'valid').length
  const row = (name: string, value: Html | string | false): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`
  const tickets = words.validOf(count(valid, language), count(booking.tickets.length, language))
  const event = booking.event_id
  return html`<section class="panel desk-booking"><h2>${words.booking}</h2><p><code>${booking.id}</code></p>
<dl class="rows">${row(words.state, words.bookingStates[booking.status] ?? booking.status)}${row(words.event, eventLink(state))}${row(words.buyer, booking.user_id)}${row(words.bookedAt, html`<time datetime="${booking.created_at}">${instantText(booking.created_at, zoneOf(state))}</time>`)}${row(words.tickets, tickets)}${row(words.payment, words.paymentStates[booking.payment.status] ?? booking.payment.status)}${row(words.total, money(booking.total_minor))}${booking.refunded_minor > 0 && row(words.refundedSum, money(booking.refunded_minor))}${booking.refund_due_minor > 0 && row(words.dueSum, money(booking.refund_due_minor))}</dl>
<div role="status" class="desk-outcome">${outcome !== null && note({ title: '', text: outcome.text })}</div>
${change === null ? html`<div class="buttons">${valid > 0 && booking.status === 'confirmed' && changeButton('refund', words.refund)}<a class="link" href="/desk/orders?event=${encodeURIComponent(event)}">${words.toLog}</a></div>` : changeForm(state, words.refund)}</section>`
}
