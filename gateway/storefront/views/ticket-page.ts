import type { Booking } from '#shared/contracts/bookings.ts'
import type { CarriedTicket } from '#shared/contracts/tickets.ts'
import { priceOfTicket } from './booking-page.ts'
import { clockTime, dateIn, eventTime, longDate, sum } from './format.ts'
import { type Html, html } from './html.ts'
import { note } from './note.ts'
import { passOn } from './pass-on.ts'
import type { ShownEvent } from './shown-event.ts'
import * as ticketWords from './words/ticket.ts'

/** A code as dark squares on a grid. */
export interface CodePicture {
  /** Squares along one side. */
  readonly size: number
  /** Path of the dark squares, as SVG reads it. */
  readonly path: string
}

export interface TicketPageData {
  readonly ticket: CarriedTicket
  readonly event: ShownEvent
  /** Null for a reader who did not buy the ticket. */
  readonly booking: Booking | null
  readonly picture: CodePicture | null
  readonly holder: string
  readonly mayReturn: boolean
  readonly language: string
}

/** The content of the page: the ticket, and what its owner can do with it. Readable without script and offline. */
export function ticketPage(data: TicketPageData): Html {
  const { ticket, booking } = data
  const count = booking?.tickets.length ?? 0
  return html`<p class="back"><a class="link" href="${booking === null ? '/shop/bookings' : `/shop/bookings/${encodeURIComponent(booking.id)}`}">${booking === null ? ticketWords.allBookings : ticketWords.allOfBooking(count)}</a></p>
<div class="note offline" role="status" hidden>${ticketWords.offline}</div>
${ticketCard(data)}
${isUsable(ticket) ? actions(data) : note({ title: '', text: wordOf(ticket)?.text ?? '' })}`
}

function isUsable({ status, passed_on }: CarriedTicket): boolean {
  return status === 'valid' && passed_on === undefined
}

/** The text that replaces the code of a ticket that is not valid. */
function wordOf({ status, passed_on }: CarriedTicket): { readonly word: string; readonly text: string } | null {
  if (status === 'valid') return passed_on ? ticketWords.passedOn : null
  return ticketWords.ended[status]
}

function ticketCard(data: TicketPageData): Html {
  const { ticket, event, booking, picture, holder, language } = data
  const word = wordOf(ticket)
  const isSeat = 'seat_no' in ticket
  const facts = [
    ...(word === ticketWords.passedOn ? [] : [holder]),
    ...(booking === null ? [] : bookingFacts(ticket, booking, event, language)),
  ]
  const fact = (name: string, value: string): Html => html`<div><dt class="label">${name}</dt><dd>${value}</dd></div>`
  return html`<article class="ticket${!isUsable(ticket) && ' gone'}" aria-labelledby="ticket-title">
<div class="ticket-main">
<p class="label">${labelOf(data)}</p>
<h1 id="ticket-title">${event.name}</h1>
<p><strong>${eventTime(event, language)}</strong>${event.doorsAt !== null && ` · ${ticketWords.doors(clockTime(event.doorsAt, { zone: event.tz, language }))}`}</p>
${event.where !== null && html`<p>${event.where}${event.address !== null && `, ${event.address}`}</p>`}
<dl class="ticket-place">${isSeat ? html`${fact(ticketWords.section, ticket.section)}${fact(ticketWords.row, ticket.row)}${fact(ticketWords.seat, ticket.label)}` : fact(ticketWords.area, ticket.area)}</dl>
<p class="small">${facts.join(' · ')}</p>
</div>
<div class="ticket-code">
${picture !== null ? codePicture(picture, ticket.number) : html`<p class="ticket-word">${word?.word}</p>`}
<p class="number">${ticketWords.number(ticket.number)}</p>
</div>
</article>`
}

function labelOf({ ticket, booking }: TicketPageData): string {
  const state = ticketWords.states[ticket.passed_on && ticket.status === 'valid' ? 'passedOn' : ticket.status]
  const index = booking?.tickets.findIndex(({ id }) => id === ticket.id) ?? -1
  const name =
    booking === null || index === -1 ? ticketWords.title : ticketWords.ticketOf(index + 1, booking.tickets.length)
  return `${name} · ${state}`
}

function bookingFacts(ticket: CarriedTicket, booking: Booking, event: ShownEvent, language: string): string[] {
  const price = sum(priceOfTicket(booking, ticket), booking.currency, language)
  return [price, ticketWords.booked(longDate(dateIn(event.tz, booking.created_at), language))]
}

/** A QR code with four white squares on each side, as scanners require. */
function codePicture({ size, path }: CodePicture, number: string): Html {
  const quiet = 4
  const all = size + 2 * quiet
  return html`<svg class="code" viewBox="${-quiet} ${-quiet} ${all} ${all}" role="img" aria-label="${ticketWords.code(number)}" shape-rendering="crispEdges"><path class="paper" d="M${-quiet} ${-quiet}h${all}v${all}h${-all}z"/><path d="${path}"/></svg>`
}

function actions({ ticket, booking, mayReturn, language }: TicketPageData): Html {
  return html`<div class="ticket-actions">
<div class="buttons">
${booking !== null && html`<a class="button" href="/shop/bookings/${encodeURIComponent(booking.id)}/calendar.ics" download>${ticketWords.calendar}</a>`}
<button type="button" class="button" id="print" hidden>${ticketWords.print}</button>
<div class="pass-on">${passOn({ ticketId: ticket.id, fault: null, isSending: false, passedOnTo: null, address: '' })}</div>
${booking !== null && mayReturn && html`<a class="link" href="/shop/bookings/${encodeURIComponent(booking.id)}#return-tickets">${ticketWords.returnTickets(sum(priceOfTicket(booking, ticket), booking.currency, language))}</a>`}
</div>
<p class="quiet small">${ticketWords.advice}</p>
</div>`
}
