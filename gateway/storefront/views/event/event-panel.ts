import { countPlaces } from '../count-places.ts'
import { eventPath } from '../event-path.ts'
import { count, instantText, money, sum } from '../format.ts'
import { type Html, html } from '../html.ts'
import { type Price, pricesOf } from '../prices.ts'
import { crossSign, priceMark } from '../signs.ts'
import { stepper } from '../stepper.ts'
import * as words from '../words/event.ts'
import * as common from '../words.ts'
import {
  type ChosenSeat,
  choiceOf,
  type EventPageState,
  freeOf,
  isSelling,
  type LiveState,
  needsPass,
} from './event-state.ts'

/** Prices, the choice and the next step, or the reason why there is none. */
export function eventPanel(state: EventPageState): Html {
  const { live } = state
  return html`<section class="panel event-panel" aria-label="${words.prices}">
${saleState(state)}
${queueNote(state)}
<div role="status">${live !== null && note(live, state.event.id)}</div>
${live?.held && held(live.held, state)}
${state.event.sale.status !== 'cancelled' && priceList(state)}
${isSelling(state) && (live === null ? html`<noscript><p class="quiet">${words.needsScript}</p></noscript>` : selling(state, live))}
</section>`
}

/** Why nothing can be held now, and what the buyer can do. */
function saleState(state: EventPageState): Html | false {
  const { event } = state
  const box = (title: string, ...text: readonly (string | Html)[]): Html =>
    html`<div class="note"><strong>${title}</strong>${text.map((line) => html`<p>${line}</p>`)}</div>`
  const elsewhere = html`<a href="/">${words.otherEvents}</a>`
  switch (event.sale.status) {
    case 'announced':
      return opening(state)
    case 'paused':
      return box(words.paused, words.pausedText)
    case 'off_sale':
      return box(words.ended, words.endedText, elsewhere)
    case 'postponed':
      return box(words.postponed, words.postponedText, elsewhere)
    case 'cancelled':
      return box(words.cancelled, words.cancelledText, elsewhere)
    case 'on_sale':
      if (event.layout_version === null) return box(words.notSoldHere, words.notSoldHereText, elsewhere)
      if (freeOf(state) > 0) return false
      return event.availability === 'sold_out'
        ? box(words.soldOut, words.soldOutText, words.waitingListText, waitingListLink(event.id))
        : box(words.allHeldTitle, words.allHeldText, words.waitingListText, waitingListLink(event.id))
  }
}

/** For an event with a waiting room: the link to the queue, or how long the buyer's turn still lasts. */
function queueNote(state: EventPageState): Html | false {
  const { event, live } = state
  const { status, waiting_room } = event.sale
  if (!waiting_room || (status !== 'on_sale' && status !== 'announced')) return false
  if (live !== null && live.passClock !== null) {
    return html`<div class="note yours"><strong>${words.passTitle}</strong><p class="tabular" role="timer" aria-live="off">${words.passText(live.passClock)}</p></div>`
  }
  return html`<div class="note"><strong>${words.queueTitle}</strong><p>${status === 'announced' ? words.queueOpens : words.queueText}</p>${joinLink(event.id, 'wide')}</div>`
}

function joinLink(eventId: string, size: 'wide' | ''): Html {
  return html`<a class="button torch ${size}" href="${eventPath(eventId)}/queue?join=1">${words.joinQueue}</a>`
}

function waitingListLink(eventId: string): Html {
  return html`<a class="button torch wide" href="${eventPath(eventId)}/waiting-list">${words.toWaitingList}</a>`
}

function opening({ event, language, live }: EventPageState): Html {
  const opensAt = event.sale.on_sale_at
  if (opensAt === null || event.layout_version === null) {
    return html`<div class="note"><strong>${words.notYet}</strong><p>${words.opensSometime}</p></div>`
  }
  const zone = event.venue?.city ? words.zone(event.venue.city) : (event.tz ?? 'UTC')
  const time = instantText(opensAt, { zone: event.tz, language })
  return html`<div class="note"><strong>${words.opensAt(time, zone)}</strong>${live?.opensIn && html`<p class="countdown display tabular" role="timer">${live.opensIn}</p>`}${live !== null && html`<p>${words.opensByItself}</p>`}</div>`
}

function note({ note: said }: LiveState, eventId: string): Html | false {
  if (said === null) return false
  return html`<div class="note${said.isAlarm && ' alarm'}"><strong>${said.title}</strong><p>${said.text}</p>${said.hasList === true && html`<p>${waitingListLink(eventId)}</p>`}${
    said.offers.length > 0 &&
    html`<p class="offers">${said.offers.map(
      ({ label }, index) =>
        html`<button type="button" class="button offer" data-click="offer" data-offer="${index}">${label}</button>`,
    )}</p>`
  }</div>`
}

function held(
  { holdId, places, totalMinor, currency, clock }: NonNullable<LiveState['held']>,
  state: EventPageState,
): Html {
  return html`<div class="held">
<h2>${words.heldTitle(countPlaces(places))}</h2>
<p class="tabular">${words.heldUntil(clock)}</p>
<ul class="rows">${places.map((place) =>
    'area' in place
      ? html`<li><span class="seat-name"><strong>${place.area}</strong><span>${words.tickets(place.qty)}</span></span></li>`
      : html`<li><span class="seat-name"><strong>${place.section}</strong><span>${words.rowAndSeat(place.row, place.label)}</span></span><span class="amount">${sum(place.price_minor, currency, state.language)}</span></li>`,
  )}</ul>
${paymentLink(holdId, 'wide', `${words.toPayment} · ${sum(totalMinor, currency, state.language)}`)}
<p class="buttons"><button type="button" class="link" data-click="release">${state.live?.asking === 'release' ? words.releasing : words.releaseAll}</button></p>
<p class="quiet">${words.exchangeHint}</p>
</div>`
}

function paymentLink(holdId: string, size: 'wide' | '', label: string): Html {
  return html`<a class="button torch ${size}" href="/shop/holds/${encodeURIComponent(holdId)}">${label}</a>`
}

function priceList({ event, language }: EventPageState): Html {
  const prices = pricesOf(event)
  if (prices.length === 0) return html``
  const amount = (minor: number): string => money(minor, event.currency ?? 'EUR', { language, free: common.free })
  const priceOf = ({ priceMinor }: Price): string => {
    const tiers = event.price_tiers.filter(({ price_minor }) => price_minor === priceMinor)
    const steps = tiers.flatMap(({ price_steps = [] }) => price_steps.map(({ price_minor }) => price_minor))
    const top = Math.max(priceMinor, ...tiers.map(({ max_price_minor }) => max_price_minor), ...steps)
    return top > priceMinor ? `${amount(priceMinor)} – ${amount(top)}` : amount(priceMinor)
  }
  return html`<div><h2>${words.prices}</h2>
<ul class="rows prices">${prices.map(
    (price, index) =>
      html`<li>${priceMark(index)}<span>${price.names.join(' · ')}</span><span class="amount">${priceOf(price)}</span></li>`,
  )}</ul></div>`
}

function selling(state: EventPageState, live: LiveState): Html {
  const { event } = state
  return html`${event.areas.length > 0 && areas(state, live)}
${event.seat_count > 0 && !needsPass(state) && (freeOf(state) > 0 || live.held !== null) && best(state, live)}
${choice(state, live)}`
}

function areas({ event, areaFree, language }: EventPageState, { areaQty }: LiveState): Html {
  return html`<div><h2>${words.areas}</h2><ul class="rows">${event.areas.map(
    ({ name }, index) =>
      html`<li id="area-${index}"><span class="seat-name"><strong>${name}</strong><span class="quiet">${words.left(count(areaFree[index] ?? 0, language))}</span></span><span class="amount">${stepper({ name: `area:${index}`, label: name, value: areaQty.get(name) ?? 0 })}</span></li>`,
  )}</ul></div>`
}

function best(
  { event, language, hasAccessible }: EventPageState,
  { together, onlyPrice, accessible, asking, held }: LiveState,
): Html {
  const prices = pricesOf(event)
  const ofSeats = new Set(event.price_tiers.map(({ price_minor }) => price_minor))
  const amount = (minor: number): string => money(minor, event.currency ?? 'EUR', { language, free: common.free })
  return html`<div class="best">
<div class="best-fields"><div class="field"><span class="name" id="together">${words.together}</span>${stepper({ name: 'together', label: words.together, value: together })}</div>
<div class="field"><label for="only-price">${words.price}</label><select id="only-price" data-change="only-price"><option value="">${words.anyPrice}</option>${prices.map(
    ({ priceMinor }, index) =>
      ofSeats.has(priceMinor) &&
      html`<option value="${index}"${index === onlyPrice && html` selected`}>${amount(priceMinor)}</option>`,
  )}</select></div></div>
${hasAccessible && html`<label class="check"><input type="checkbox" data-change="accessible"${accessible && html` checked`}> ${words.accessible}</label>`}
<button type="button" class="button wide" data-click="best">${asking === 'best' ? words.holding : held === null ? words.holdBest(together) : words.exchangeBest(together)}</button>
</div>`
}

function choice(state: EventPageState, live: LiveState): Html {
  const { event, language } = state
  const { places, totalMinor } = choiceOf(state)
  const prices = pricesOf(event)
  const currency = event.currency ?? 'EUR'
  const tickets = event.areas.filter(({ name }) => (live.areaQty.get(name) ?? 0) > 0)
  if (places === 0 && live.chosen.length === 0) {
    if (live.held !== null || freeOf(state) === 0) return html``
    const how = needsPass(state)
      ? words.howToPrepare
      : event.seat_count > 0
        ? words.howToChoose
        : words.howToTakeTickets
    return html`<div class="chosen-places"><h2>${words.nothingChosen}</h2><p class="quiet">${how}</p></div>`
  }
  return html`<div class="chosen-places">
<h2>${tickets.length > 0 ? words.chosenPlaces(places) : words.chosen(places)}</h2>
<ul class="rows">${live.chosen.map((seat) => chosenSeat(seat, { language, currency }))}${tickets.map(
    ({ name, price_minor }) => {
      const qty = live.areaQty.get(name) ?? 0
      return html`<li>${priceMark(prices.findIndex(({ priceMinor }) => priceMinor === price_minor))}<span class="seat-name"><strong>${name}</strong><span>${words.tickets(qty)}</span></span><span class="amount">${sum(price_minor * qty, currency, language)}</span></li>`
    },
  )}</ul>
${
  places > 0 &&
  html`<p class="sum"><span>${words.total}</span><strong>${sum(totalMinor, currency, language)}</strong></p>
${!needsPass(state) && html`<button type="button" class="button torch wide tall" data-click="hold">${holdLabel(state, live)}</button>`}
<p class="quiet">${needsPass(state) ? words.queueText : words.holdingCosts}</p>`
}
</div>`
}

function chosenSeat(seat: ChosenSeat, { language, currency }: { language: string; currency: string }): Html {
  const name = words.seatName(seat.section, seat.row, seat.label)
  const text = html`<span class="seat-name"><strong>${seat.section}</strong><span>${words.rowAndSeat(seat.row, seat.label)}</span></span><span class="amount">${money(seat.priceMinor, currency, { language, free: common.free })}</span>`
  if (seat.isLost) return html`<li id="chosen-${seat.seat}" class="lost">${priceMark(seat.price)}<s>${text}</s></li>`
  return html`<li id="chosen-${seat.seat}">${priceMark(seat.price)}${text}<button type="button" class="cross" data-click="drop" data-seat="${seat.seat}" aria-label="${words.remove(name)}">${crossSign}</button></li>`
}

function holdLabel(state: EventPageState, live: LiveState): string {
  if (live.asking === 'hold' || live.asking === 'best') return words.holding
  if (live.mode === 'offline') return words.offlineButton
  const { places, seats } = choiceOf(state)
  if (live.held !== null) return words.exchange(places)
  return seats.length === places ? words.holdSeats(places) : words.hold(places)
}

/** On narrow screens the next step stays visible. */
export function holdBar(state: EventPageState): Html | false {
  const { event, language, live } = state
  const { seats, places, totalMinor } = choiceOf(state)
  if (live === null) return false
  if (places === 0) {
    if (live.held === null) return false
    const { holdId, totalMinor: total, currency, clock } = live.held
    return html`<div class="hold-bar"><p><strong>${sum(total, currency, language)}</strong><small class="tabular">${words.heldFor(clock)}</small></p>${paymentLink(holdId, '', words.toPayment)}</div>`
  }
  return html`<div class="hold-bar"><p><strong>${sum(totalMinor, event.currency ?? 'EUR', language)}</strong><small>${seats.length === places ? words.chosen(places) : words.chosenPlaces(places)}</small></p>${needsPass(state) ? joinLink(event.id, '') : html`<button type="button" class="button torch" data-click="hold">${holdLabel(state, live)}</button>`}</div>`
}
