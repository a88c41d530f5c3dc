import { eventPath } from '../event-path.ts'
import { clockTime, count, eventTime, instantText, sum } from '../format.ts'
import { type Html, html } from '../html.ts'
import { note } from '../note.ts'
import { priceMark } from '../signs.ts'
import { staffFrame } from '../staff-frame.ts'
import * as words from '../words/desk.ts'
import { changeButton, changeForm } from './change-form.ts'
import { deskEntrance } from './desk-entrance.ts'
import { draftCard } from './draft-card.ts'
import { type DeskEvent, type DeskEventState, type SaleAction, saleActions, waitingIn } from './event-state.ts'
import { lookInto } from './look-into.ts'
import { roomCard } from './room-card.ts'
import { percentText, placesForSale, soldChart, stockBar } from './sold-chart.ts'

/** How one event sells, and what its organiser can do about it. */
export function deskEventPage(state: DeskEventState): Html {
  return staffFrame(state, ({ event }) => event !== null && content(state, event), deskEntrance)
}

const ofSale: readonly string[] = ['publish', 'pause', 'resume', 'cancel'] satisfies SaleAction[]

function content(state: DeskEventState, event: DeskEvent): Html {
  const { language, report, change, outcome } = state
  const where = event.venue === null ? null : [event.venue.name, event.venue.city].filter((part) => part).join(', ')
  return html`<div class="desk-head"><div><p class="label">${saleLabel(event, report?.as_of, language)}</p>
<h1>${event.name}</h1>
<p class="quiet">${eventTime(event, language, 'medium')}${where !== null && ` · ${where}`}</p></div>
<div class="buttons">${event.status !== 'draft' && html`<a class="button" href="${eventPath(event.id)}">${words.seats}</a><a class="button" href="/desk/orders?event=${encodeURIComponent(event.id)}">${words.salesOf}</a><a class="button" href="/door/${encodeURIComponent(event.id)}">${words.door}</a>`}${saleActions(event).map((action) => changeButton(action, words.changes[action]))}</div></div>
<div role="status" class="desk-outcome">${outcome !== null && ofSale.includes(outcome.of) && note({ title: '', text: outcome.text })}</div>
${change !== null && isOfSale(change) && html`<div class="panel">${changeForm(state, words.changes[change], { typed: change === 'cancel' })}</div>`}
${event.status === 'draft' ? html`<div class="desk-cards">${draftCard(event, language)}${waitingRoom(state)}</div>` : saleCards(state, event)}`
}

function saleCards(state: DeskEventState, event: DeskEvent): Html {
  const { language, report, isLate } = state
  const options = { zone: event.tz, language, isCancelled: event.status === 'cancelled' }
  return html`${report !== null && figures(state, event)}
<div class="desk-cards">
<section class="panel"><div class="desk-card-head"><h2>${words.soldOverTime}</h2>${report !== null && html`<p class="${isLate ? 'quiet' : 'live quiet'}">${isLate ? words.figuresOf(clockTime(report.as_of, options)) : words.live}</p>`}</div>
${report !== null && html`${soldChart(report, options)}${stockBar(report)}`}</section>
${waitingRoom(state)}
<section class="panel"><h2 id="by-price">${words.byPrice}</h2>${report !== null && priceTable(report, language)}</section>
<section class="panel"><h2>${words.lookInto}</h2>${lookInto(state)}</section>
</div>`
}

function waitingRoom(state: DeskEventState): Html {
  return html`<section class="panel"><h2>${words.waitingRoom}</h2>${roomCard(state)}</section>`
}

function isOfSale(change: string): change is SaleAction {
  return ofSale.includes(change)
}

/** `now`: of the gateway, so that the computer's clock is not asked. */
function saleLabel({ status, sale, tz }: DeskEvent, now: string | undefined, language: string): string {
  if (status === 'draft') return words.draft
  const { on_sale_at: opensAt } = sale
  switch (sale.status) {
    case 'announced':
      return opensAt === null ? words.announced : words.opens(instantText(opensAt, { zone: tz, language }))
    case 'on_sale': {
      if (opensAt === null || now === undefined) return words.onSale
      const since = lengthText(Date.parse(now) - Date.parse(opensAt), language)
      return words.onSaleSince(clockTime(opensAt, { zone: tz, language }), since)
    }
    case 'paused':
      return words.paused
    case 'off_sale':
      return words.over
    case 'postponed':
      return words.postponed
    case 'cancelled':
      return words.cancelled
  }
}

function lengthText(ms: number, language: string): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000))
  if (minutes < 120) return words.minutes(count(minutes, language))
  if (minutes < 48 * 60) return words.hours(count(Math.floor(minutes / 60), language))
  return words.days(count(Math.floor(minutes / 1_440), language))
}

function figures(state: DeskEventState, event: DeskEvent): Html | false {
  const { report, serving, language } = state
  if (report === null) return false
  const number = (value: number): string => count(value, language)
  const money = (minor: number): string => sum(minor, report.currency ?? event.currency ?? 'EUR', language)
  const all = placesForSale(report, { isCancelled: event.status === 'cancelled' })
  const figure = (name: string, value: string, more: string | false): Html =>
    html`<div><dt>${name}</dt><dd>${value}</dd><dd class="quiet">${more}</dd></div>`
  return html`<dl class="panel desk-figures">
${figure(words.sold, number(report.sold), all > 0 && words.percentOf(percentText(report.sold / all), number(all)))}
${figure(words.held, number(report.held), report.held > 0 && words.endSoon(number(report.held_ending_soon)))}
${figure(words.free, number(report.free), report.blocked > 0 && words.blocked(number(report.blocked)))}
${figure(words.revenue, money(report.revenue_minor), report.refunded_minor > 0 && words.refunded(money(report.refunded_minor)))}
${figure(words.entered, number(report.admitted), words.ofTickets(number(report.sold)))}
${figure(words.inQueue, serving === null ? '–' : number(waitingIn(serving)), queueText(state))}
</dl>`
}

function queueText({ room, serving, language }: DeskEventState): string {
  if (room === null || serving === null) return room?.state === 'off' ? words.noRoom : words.notKnown
  return room.state === 'paused' ? words.roomPaused : words.calledAMinute(count(serving.calls_per_minute, language))
}

function priceTable({ prices, currency }: NonNullable<DeskEventState['report']>, language: string): Html {
  if (currency === null || prices.length === 0) return html`<p class="quiet">${words.noPrices}</p>`
  const number = (value: number): Html => html`<td class="number">${count(value, language)}</td>`
  const money = (minor: number): Html => html`<td class="number">${sum(minor, currency, language)}</td>`
  // What costs the same has one mark, on all pages.
  const order = [...new Set(prices.map(({ price_minor }) => price_minor))]
  const head = (name: string): Html => html`<th scope="col" class="number">${name}</th>`
  return html`<div class="desk-table" role="region" aria-labelledby="by-price" tabindex="0"><table>
<thead><tr><th scope="col">${words.price}</th>${[words.each, words.sold, words.held, words.free, words.revenue].map(head)}</tr></thead>
<tbody>${prices.map(
    (
      price,
    ) => html`<tr><th scope="row"><span class="desk-price">${priceMark(order.indexOf(price.price_minor))}${price.name === '' ? words.unnamed : price.name}</span></th>${money(price.price_minor)}${number(price.sold)}${number(price.held)}${number(price.free)}${money(price.revenue_minor)}</tr>
`,
  )}</tbody></table></div>`
}
