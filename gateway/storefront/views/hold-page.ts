import type { Hold } from '#shared/contracts/holds.ts'
import type { Place } from '#shared/contracts/places.ts'
import { clockText } from './clock-text.ts'
import { eventPath } from './event-path.ts'
import { clockTime, instantText, money } from './format.ts'
import { type Html, html } from './html.ts'
import { type NoteText, note } from './note.ts'
import type { PayNote, PayState } from './pay-state.ts'
import { pricesOf } from './prices.ts'
import { type ShownEvent, whenAndWhere } from './shown-event.ts'
import { crossSign, priceMark } from './signs.ts'
import * as holdWords from './words/hold.ts'
import * as words from './words.ts'

export interface HoldPageState {
  readonly hold: Hold
  readonly event: ShownEvent
  readonly pay: PayState
  /** Seconds on the clock. */
  readonly seconds: number
  /** Number of lamps, one for each minute of the hold. */
  readonly lamps: number
  readonly card: string
  /** The request besides paying that is in progress. */
  readonly busy: 'extend' | 'change' | 'release' | null
  /** The result of the last request. */
  readonly outcome: NoteText | null
  /** Read out by screen readers, not shown. */
  readonly spoken: { readonly text: string; readonly isUrgent: boolean } | null
  readonly language: string
  /** The reader's time zone; null until the script knows it. */
  readonly zone: string | null
}

/** The content of the page: the held places, the time left, and how to pay. */
export function holdPage(state: HoldPageState): Html {
  return html`<div class="hold-page">
${holdBlock(state)}
<section class="panel pay" aria-labelledby="pay-title">
${steps()}
<h1 id="pay-title">${state.hold.total_minor === 0 ? holdWords.titleFree : holdWords.title}</h1>
<div class="notes" role="alert">${noteOf(state)}</div>
${state.pay.name === 'held' || state.pay.name === 'paying' ? payForm(state) : nextStep(state)}
</section>
<p class="unseen" role="status">${state.spoken !== null && !state.spoken.isUrgent && state.spoken.text}</p>
<p class="unseen" role="alert">${state.spoken?.isUrgent === true && state.spoken.text}</p>
</div>`
}

function steps(): Html {
  const [, current] = holdWords.steps
  return html`<ol class="steps" aria-label="${holdWords.stepsName}">${holdWords.steps.map((step) => html`<li${step === current && html` aria-current="step"`}>${step}</li>`)}</ol>`
}

function holdBlock(state: HoldPageState): Html {
  const { event, hold, language } = state
  const isOver = state.pay.name === 'ended' || state.pay.name === 'bought'
  return html`<section class="hold-block${isOver && ' over'}" aria-labelledby="hold-title">
${holdHead(state)}
<div class="hold-body">
<h2 id="hold-title">${event.name}</h2>
<p class="quiet">${whenAndWhere(event, language)}</p>
<ul class="rows">${hold.places.map((place, index) => placeRow(state, place, index))}</ul>
<p class="sum"><span>${holdWords.total}</span><strong>${priceOf(state, hold.total_minor)}</strong></p>
${state.pay.name === 'held' && html`<p class="hold-links"><a href="${eventPath(event.id)}">${holdWords.otherSeats}</a><span class="with-script">·</span><button type="button" class="link with-script" data-click="releaseAll">${state.busy === 'release' ? holdWords.releasing : holdWords.releaseAll}</button></p>`}
</div>
</section>`
}

function holdHead({ hold, event, language, pay, seconds, lamps }: HoldPageState): Html {
  if (pay.name === 'ended') return html`<div class="hold-head"><p class="label">${holdWords.ended}</p></div>`
  if (pay.name !== 'held' && pay.name !== 'paying') {
    return html`<div class="hold-head"><p class="label">${pay.name === 'bought' ? holdWords.bought.title : holdWords.beingPaid}</p></div>`
  }
  const lit = Math.ceil(seconds / 60)
  return html`<div class="hold-head">
<p class="label">${holdWords.heldForYou}</p>
<span class="clock with-script" role="timer" aria-live="off" aria-label="${holdWords.clockName}">${clockText(seconds)}</span>
<span class="lamps with-script" aria-hidden="true">${Array.from({ length: lamps }, (_, index) => html`<i${index < lit && html` class="on"`}></i>`)}</span>
<noscript><p>${holdWords.until(clockTime(hold.expires_at, { zone: event.tz, language }))}</p></noscript>
<p class="with-script"><span>${holdWords.beforeTheClock}</span>${pay.name === 'held' && html` <button type="button" class="link" data-click="extend">${holdWords.moreTime}</button>`}</p>
</div>`
}

function placeRow(state: HoldPageState, place: Place, index: number): Html {
  const price = pricesOf(state.event).findIndex(({ priceMinor }) => priceMinor === place.price_minor)
  const isSeat = 'seat_no' in place
  const name = isSeat ? place.section : place.area
  const detail = isSeat ? holdWords.row(place.row, place.label) : holdWords.tickets(place.qty)
  const amount = place.price_minor * (isSeat ? 1 : place.qty)
  return html`<li>${price >= 0 && priceMark(price)}
<span class="seat-name"><strong>${name}</strong><span>${detail}</span></span>
<span class="amount">${priceOf(state, amount)}</span>
${state.pay.name === 'held' && html`<button type="button" class="cross with-script" data-click="releaseOne" data-index="${index}" aria-label="${holdWords.releaseOne(`${name}, ${detail}`)}">${crossSign}</button>`}</li>`
}

function payForm(state: HoldPageState): Html {
  const { hold, event, pay, card, language } = state
  const isFree = hold.total_minor === 0
  const sum = priceOf(state, hold.total_minor)
  const isPaying = pay.name === 'paying'
  const isDisabled = isPaying || state.busy === 'release'
  const label = isFree
    ? isPaying
      ? holdWords.booking
      : holdWords.book
    : isPaying
      ? holdWords.paying(sum)
      : holdWords.pay(sum)
  return html`<noscript><p class="note">${holdWords.needsScript}</p></noscript>
<form class="form with-script" data-submit="pay">
${
  !isFree &&
  html`<fieldset><legend>${holdWords.card}</legend>
<div class="choices">${holdWords.cards.map(({ token, name, hint }) => html`<label class="choice"><input type="radio" name="card" value="${token}" data-change="card"${token === card && html` checked`}> <span class="choice-words"><span>${name}</span>${hint !== '' && html`<small>${hint}</small>`}</span></label>`)}</div>
</fieldset>
<p class="quiet small">${holdWords.sandbox}</p>`
}
<button class="button torch wide tall" id="pay"${isDisabled && html` aria-disabled="true"`}>${label}</button>
<p class="quiet small">${event.cancelUntil === null ? holdWords.noReturns : holdWords.cancelUntil(instantText(event.cancelUntil, { zone: event.tz, language }))}</p>
</form>`
}

/** Where to go if there is nothing left to pay. */
function nextStep({ pay, event }: HoldPageState): Html | null {
  if (pay.name === 'bought') {
    const path = pay.bookingId === null ? '/shop/bookings' : `/shop/bookings/${encodeURIComponent(pay.bookingId)}`
    return html`<p><a class="button torch" href="${path}">${holdWords.showBookings}</a></p>`
  }
  if (pay.name !== 'ended') return null
  return html`<p><a class="button torch" href="${eventPath(event.id)}">${holdWords.takeAgain}</a></p>`
}

function noteOf(state: HoldPageState): Html | null {
  const { pay, outcome } = state
  switch (pay.name) {
    case 'held':
      if (pay.note !== null) return note(payNote(pay.note, state), 'alarm')
      return outcome && note(outcome)
    case 'paying':
      // The first answer is on its way: say something only if it does not come.
      if (pay.tries === 0) return null
      return note(pay.isOffline ? holdWords.waitingOffline(endTime(state)) : holdWords.retrying)
    case 'waiting':
      return note(pay.isOffline ? holdWords.waitingOffline(endTime(state)) : holdWords.waiting)
    case 'elsewhere':
      return note(holdWords.elsewhere)
    case 'bought':
      return note(holdWords.bought)
    case 'ended':
      return note(holdWords.ends[pay.why], pay.why === 'released' ? 'plain' : 'alarm')
  }
}

function payNote(payNote: PayNote, state: HoldPageState): NoteText {
  if (typeof payNote === 'object') return { title: '', text: payNote.text }
  return payNote === 'offline' ? holdWords.notes.offline(endTime(state)) : holdWords.notes[payNote]
}

/** Until when the places are held, in the reader's time zone. */
function endTime({ hold, zone, language }: HoldPageState): string {
  return clockTime(hold.expires_at, { zone, language })
}

function priceOf({ hold, language }: Pick<HoldPageState, 'hold' | 'language'>, minor: number): string {
  return money(minor, hold.currency, { language, free: words.free })
}
