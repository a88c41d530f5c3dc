import type { Booking } from '#shared/contracts/bookings.ts'
import type { CarriedTicket } from '#shared/contracts/tickets.ts'
import type { WaitingEntry } from '#shared/contracts/waiting-list.ts'
import { countPlaces } from './count-places.ts'
import { eventPath } from './event-path.ts'
import { stubDate, sum } from './format.ts'
import { type Html, html } from './html.ts'
import { placeName } from './place-name.ts'
import { type ShownEvent, whenAndWhere } from './shown-event.ts'
import * as bookingWords from './words/booking.ts'
import { myDataWords } from './words/my-data.ts'
import { waitingListWords } from './words/waiting-list.ts'

export interface BookingsPageData {
  readonly bookings: readonly Booking[]
  /** Tickets that others passed on to the caller. */
  readonly tickets: readonly CarriedTicket[]
  /** Open entries on waiting lists. */
  readonly waiting: readonly WaitingEntry[]
  /** By id, without events that are no longer published. */
  readonly events: Readonly<Record<string, ShownEvent>>
  /** Cursors of earlier bookings and earlier tickets; null: there are none. */
  readonly nextBookings: string | null
  readonly nextTickets: string | null
  readonly language: string
}

/** The content of the page: the caller's bookings, and tickets that others passed on. */
export function bookingsPage(data: BookingsPageData): Html {
  const { bookings, tickets, waiting, nextBookings, nextTickets } = data
  return html`<div class="page-head"><h1>${bookingWords.title}</h1></div>
${bookings.length + tickets.length + waiting.length === 0 && nothingYet()}
${waiting.length > 0 && waitingLists(data)}
${
  tickets.length > 0 &&
  html`<section class="booking-list" aria-labelledby="passed-on-title">
<h2 id="passed-on-title">${bookingWords.passedOnToYou}</h2>
<ul>${tickets.map((ticket) => passedOnStub(ticket, data))}</ul>
${nextTickets !== null && html`<p class="more"><a class="button" href="/shop/bookings?tickets=${encodeURIComponent(nextTickets)}">${bookingWords.earlierTickets}</a></p>`}
</section>
${bookings.length > 0 && html`<h2>${bookingWords.bought}</h2>`}`
}
${bookings.length > 0 && html`<ul class="booking-list">${bookings.map((booking) => bookingStub(booking, data))}</ul>`}
${nextBookings !== null && html`<p class="more"><a class="button" href="/shop/bookings?cursor=${encodeURIComponent(nextBookings)}">${bookingWords.earlier}</a></p>`}
<p class="more"><a href="/shop/me">${myDataWords.title}</a></p>`
}

function waitingLists(data: BookingsPageData): Html {
  const { waiting, bookings, tickets } = data
  return html`<section class="booking-list" aria-labelledby="waiting-title">
<h2 id="waiting-title">${waitingListWords.onLists}</h2>
<ul>${waiting.map((entry) => waitingStub(entry, data))}</ul>
</section>
${bookings.length > 0 && tickets.length === 0 && html`<h2>${bookingWords.bought}</h2>`}`
}

function nothingYet(): Html {
  return html`<div class="words-page"><h2>${bookingWords.none}</h2><p>${bookingWords.noneText}</p><p><a class="button torch" href="/">${bookingWords.toWhatsOn}</a></p></div>`
}

function bookingStub(booking: Booking, data: BookingsPageData): Html {
  const valid = booking.tickets.filter(({ status, passed_on }) => status === 'valid' && passed_on === undefined).length
  const isYours = booking.status === 'pending' || (booking.status === 'confirmed' && valid > 0)
  const event = data.events[booking.event_id]
  const isEventCancelled = booking.cancelled_for === 'event_cancelled'
  const state = isEventCancelled ? bookingWords.eventCancelled : bookingWords.states[booking.status]
  const tickets = booking.tickets.length > 0 ? booking.tickets.length : countPlaces(booking.places)
  return stub({
    event,
    href: `/shop/bookings/${encodeURIComponent(booking.id)}`,
    isYours,
    detail: `${bookingWords.tickets(tickets)} · ${sum(booking.total_minor, booking.currency, data.language)}`,
    state,
    language: data.language,
  })
}

function passedOnStub(ticket: CarriedTicket, { events, language }: BookingsPageData): Html {
  return stub({
    event: events[ticket.event_id],
    href: `/shop/tickets/${encodeURIComponent(ticket.id)}`,
    isYours: ticket.status === 'valid',
    detail: placeName(ticket),
    state: bookingWords.ticketStates[ticket.status],
    language,
  })
}

/** An offer is a hold, paid for like any other. */
function waitingStub(entry: WaitingEntry, { events, language }: BookingsPageData): Html {
  const isOffer = entry.status === 'offered' && entry.hold_id !== null
  const listPath = `${eventPath(entry.event_id)}/waiting-list`
  return stub({
    event: events[entry.event_id],
    href: isOffer ? `/shop/holds/${encodeURIComponent(entry.hold_id ?? '')}` : listPath,
    isYours: isOffer,
    isGone: false,
    detail: isOffer ? waitingListWords.offeredTitle(entry.qty) : waitingListWords.waitingTitle(entry.qty),
    state: waitingListWords.states[entry.status],
    language,
  })
}

interface Stub {
  readonly event: ShownEvent | undefined
  readonly href: string
  readonly isYours: boolean
  /** Default: gone, if it does not belong to the caller. */
  readonly isGone?: boolean
  readonly detail: string
  readonly state: string
  readonly language: string
}

/** An event stub; coloured torch while it belongs to the caller. */
function stub({ event, href, isYours, isGone = !isYours, detail, state, language }: Stub): Html {
  const date = event && stubDate(event.starts_on, language)
  return html`<li class="stub event-stub booking-stub${isYours && ' yours'}${isGone && ' gone'}">
<p class="date">${date && html`<span>${date.weekday}</span><strong>${date.day}</strong><span>${date.month}</span>`}</p>
<div class="about">
<div class="what"><h3><a href="${href}">${event?.name ?? bookingWords.unknownEvent}</a></h3>
${event && html`<p class="where">${whenAndWhere(event, language)}</p>`}<p class="where">${detail}</p></div>
<p class="price"><span class="state">${state}</span></p>
</div>
</li>`
}
