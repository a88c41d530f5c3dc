import type { z } from 'zod'
import type { eventSummary } from '#shared/contracts/event.ts'
import { eventPath } from './event-path.ts'
import { clockTime, money, stubDate } from './format.ts'
import { type Html, html } from './html.ts'
import { listWords } from './words/list.ts'
import * as words from './words.ts'

export type EventSummary = z.infer<typeof eventSummary>

/** `Kleiner Speicher, Berlin`. */
function venueLine(venue: EventSummary['venue']): string {
  if (venue === null) return ''
  return venue.city === null ? venue.name : `${venue.name}, ${venue.city}`
}

/** An event of a list: date | name, time and place | price and state. Its link covers it. */
export function eventStub(event: EventSummary, language: string): Html {
  const { weekday, day, month } = stubDate(event.starts_on, language)
  const time = event.starts_at === null ? '' : clockTime(event.starts_at, { zone: event.tz, language })
  const where = [time, venueLine(event.venue)].filter((part) => part !== '').join(' · ')
  const state = stateOf(event)
  return html`<li class="stub event-stub${state.kind === undefined ? '' : ` ${state.kind}`}">
<time class="date" datetime="${event.starts_on}" lang="${language}"><span>${weekday}</span><strong>${day}</strong><span>${month}</span></time>
<div class="about">
<div class="what"><h3><a href="${eventPath(event.id)}">${event.name}</a></h3>
<p class="where">${where}</p></div>
<p class="price">${price(event, { language, isGone: state.kind === 'gone' })}${state.words !== undefined && html`<span class="${state.isFew ? 'few' : 'state'}">${state.words}</span>`}</p>
</div>
</li>`
}

interface StubState {
  /** `gone`: there is nothing to buy; `not-yet`: not on sale yet. */
  readonly kind?: 'gone' | 'not-yet'
  readonly words?: string
  readonly isFew?: true
}

function stateOf({ status, availability }: EventSummary): StubState {
  if (status === 'cancelled') return { kind: 'gone', words: listWords.cancelled }
  if (availability === 'sold_out') return { kind: 'gone', words: listWords.soldOut }
  if (status === 'postponed') return { kind: 'not-yet', words: listWords.postponed }
  if (availability === 'not_on_sale') return { kind: 'not-yet', words: listWords.notYet }
  if (availability === 'few') return { words: listWords.few, isFew: true }
  return status === 'rescheduled' ? { words: listWords.rescheduled } : {}
}

function price(
  { price_from_minor: from, currency }: EventSummary,
  { language, isGone }: { language: string; isGone: boolean },
): Html | null {
  if (from === null || currency === null) return null
  const amount = money(from, currency, { language, free: words.free })
  if (isGone) return html`<s class="amount" lang="${language}">${amount}</s>`
  return html`${from > 0 && html`<small>${listWords.fromPrice}</small> `}<span class="amount" lang="${language}">${amount}</span>`
}
