import type { Booking } from '#shared/contracts/bookings.ts'
import { dateIn, instantText, longDate, sum } from './format.ts'
import { type Html, html } from './html.ts'
import { type NoteText, note } from './note.ts'
import { placeName } from './place-name.ts'
import { type ShownEvent, whenAndWhere } from './shown-event.ts'
import * as bookingWords from './words/booking.ts'

export interface BookingPageState {
  readonly booking: Booking
  readonly event: ShownEvent
  /** Whether tickets can still be returned. */
  readonly mayReturn: boolean
  /** Ids of the tickets to return. */
  readonly chosen: readonly string[]
  readonly isReturning: boolean
  /** The result of the last return. */
  readonly outcome: (NoteText & { readonly isAlarm: boolean }) | null
  readonly language: string
}

type Ticket = Booking['tickets'][number]

/** The content of the page: the booking, its tickets, and which of them can be returned. */
export function bookingPage(state: BookingPageState): Html {
  const { booking, event, language, outcome } = state
  return html`<div class="page-head">
<h1>${event.name}</h1>
<p class="quiet">${whenAndWhere(event, language)}</p>
</div>
<div class="two-columns booking">
<div class="booking-main">
<div role="status">${stateNote(state)}${outcome !== null && note(outcome, outcome.isAlarm ? 'alarm' : 'plain')}</div>
${
  booking.tickets.length > 0 &&
  html`<section aria-labelledby="tickets-title">
<h2 id="tickets-title">${bookingWords.yourTickets}</h2>
<ul class="ticket-stubs">${booking.tickets.map(ticketStub)}</ul>
</section>`
}
</div>
${sidePanel(state)}
</div>`
}

function stateNote({ booking, event, language }: BookingPageState): Html {
  switch (booking.status) {
    case 'pending':
      return note(bookingWords.notes.pending)
    case 'confirmed': {
      const when =
        event.starts_at === null
          ? longDate(event.starts_on, language)
          : instantText(event.starts_at, { zone: event.tz, language })
      const valid = booking.tickets.filter(({ status }) => status !== 'void').length
      return note(bookingWords.notes.bought(valid, when))
    }
    case 'cancelled':
      if (booking.cancelled_for === 'event_cancelled') return note(bookingWords.notes.eventCancelled, 'alarm')
      return booking.cancelled_for === 'capture_refused'
        ? note(bookingWords.notes.revoked, 'alarm')
        : note(bookingWords.notes.cancelled)
    case 'expired':
      return note(bookingWords.notes.expired, 'alarm')
    case 'failed':
      return note(bookingWords.notes.failed, 'alarm')
  }
}

/** A ticket as a stub; coloured torch while the buyer can enter with it. */
function ticketStub(ticket: Ticket, index: number): Html {
  const isSeat = 'seat_no' in ticket
  const isYours = ticket.status === 'valid' && ticket.passed_on === undefined
  const [label, big] = isSeat ? [bookingWords.seat, ticket.label] : [bookingWords.ticket, String(index + 1)]
  return html`<li class="stub ticket-stub${isYours ? ' yours' : ' gone'}">
<p class="tear"><span class="label">${label}</span><strong>${big}</strong></p>
<div class="about">
<p class="what"><strong>${isSeat ? ticket.section : ticket.area}</strong>${isSeat && html`<span>${bookingWords.row(ticket.row)}</span>`}</p>
<p class="state">${ticketState(ticket)}</p>
<a href="/shop/tickets/${encodeURIComponent(ticket.id)}" aria-label="${`${bookingWords.showTicket}: ${placeName(ticket)}`}">${bookingWords.showTicket}</a>
</div>
</li>`
}

function ticketState({ status, passed_on }: Ticket): string {
  return status === 'valid' && passed_on ? bookingWords.passedOn : bookingWords.ticketStates[status]
}

function sidePanel(state: BookingPageState): Html {
  const { booking, event, language } = state
  const money = (minor: number): string => sum(minor, booking.currency, language)
  const { total_minor, refunded_minor, refund_due_minor } = booking
  const line = (name: string, minor: number): Html =>
    html`<div><dt>${name}</dt><dd class="amount">${money(minor)}</dd></div>`
  const booked = longDate(dateIn(event.tz, booking.created_at), language)
  return html`<aside class="panel booking-side" aria-label="${bookingWords.sums.total}">
<dl class="rows">${line(bookingWords.sums.total, total_minor)}${refunded_minor > 0 && line(bookingWords.sums.refunded, refunded_minor)}${refund_due_minor > 0 && line(bookingWords.sums.due, refund_due_minor)}</dl>
<p class="quiet small">${bookingWords.bookedOn(booked)}</p>
${
  booking.status === 'confirmed' &&
  html`<p><a class="button wide" href="/shop/bookings/${encodeURIComponent(booking.id)}/calendar.ics" download>${bookingWords.calendar}</a></p>
${returnTickets(state)}`
}
</aside>`
}

/** The tickets that the buyer can return. */
function returnable({ tickets }: Booking): Ticket[] {
  return tickets.filter(({ status, passed_on }) => status === 'valid' && passed_on === undefined)
}

/** The chosen tickets that can still be returned: others may have been returned in another tab since. */
export function wantedTickets({ booking, chosen }: Pick<BookingPageState, 'booking' | 'chosen'>): Ticket[] {
  return returnable(booking).filter(({ id }) => chosen.includes(id))
}

/** The price paid for a ticket, in minor units. */
export function priceOfTicket({ places }: Booking, ticket: Ticket): number {
  const place = places.find((each) =>
    'seat_no' in ticket
      ? 'seat_no' in each && each.seat_no === ticket.seat_no
      : 'area' in each && each.area === ticket.area,
  )
  return place?.price_minor ?? 0
}

function returnTickets(state: BookingPageState): Html | null {
  const { booking, event, chosen, isReturning, mayReturn, language } = state
  const { cancelUntil } = event
  if (cancelUntil === null) return html`<p class="quiet small">${bookingWords.noReturns}</p>`
  const until = instantText(cancelUntil, { zone: event.tz, language })
  if (!mayReturn) return html`<p class="quiet small">${bookingWords.tooLate(until)}</p>`
  const tickets = returnable(booking)
  if (tickets.length === 0) return null
  const money = (minor: number): string => sum(minor, booking.currency, language)
  const wanted = wantedTickets(state)
  const back = wanted.reduce((total, ticket) => total + priceOfTicket(booking, ticket), 0)
  const label = wanted.length === 0 ? bookingWords.returnNone : bookingWords.returnSum(wanted.length, money(back))
  return html`<details class="return-tickets" id="return-tickets">
<summary>${bookingWords.returnTickets}</summary>
<form class="form" data-submit="returnTickets">
<fieldset><legend>${bookingWords.returnWhich}</legend>
<div class="choices">${tickets.map((ticket) => html`<label class="choice"><input type="checkbox" name="ticket" value="${ticket.id}" data-change="choose"${chosen.includes(ticket.id) && html` checked`}> <span class="choice-words"><span>${placeName(ticket)}</span><small>${money(priceOfTicket(booking, ticket))}</small></span></label>`)}</div>
</fieldset>
<p class="quiet small">${bookingWords.returnText} ${bookingWords.returnUntil(until)}</p>
<button class="button wide"${(wanted.length === 0 || isReturning) && html` aria-disabled="true"`}>${isReturning ? bookingWords.returning : label}</button>
<noscript><p>${bookingWords.needsScript}</p></noscript>
</form>
</details>`
}
