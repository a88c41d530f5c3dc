import type { WaitingEntry } from '#shared/contracts/waiting-list.ts'
import { eventPath } from './event-path.ts'
import { count } from './format.ts'
import { type Html, html } from './html.ts'
import { type NoteText, note } from './note.ts'
import { type ShownEvent, whenAndWhere } from './shown-event.ts'
import { stepper } from './stepper.ts'
import { waitingListWords as words } from './words/waiting-list.ts'

/** A kind of place that a buyer can wait for: a member of the request, and its name. */
export interface Wish {
  readonly kind: 'tier' | 'area' | 'accessible'
  readonly name: string
}

export interface WaitingListState {
  readonly event: ShownEvent
  readonly language: string
  readonly entry: WaitingEntry | null
  readonly limit: number
  readonly wishes: readonly Wish[]
  readonly qty: number
  /** Index into `wishes`; null: any place. */
  readonly wish: number | null
  readonly isAsking: boolean
  readonly fault: NoteText | null
  /** Time left of an offer: `29:41`. */
  readonly clock: string | null
  /** False without script. */
  readonly isLive: boolean
}

/** The content of the page: how to join, or the buyer's entry. */
export function waitingListPage(state: WaitingListState): Html {
  const { event, language, fault } = state
  return html`<div class="page-head"><p class="label">${words.title}</p><h1>${event.name}</h1><p class="quiet">${whenAndWhere(event, language)}</p></div>
<div class="words-page waiting-list">
<div role="status">${standing(state)}${fault !== null && note(fault, 'alarm')}</div>
${mayJoin(state) && joinForm(state)}
<p class="buttons"><a class="link" href="${eventPath(event.id)}">${words.toEvent}</a></p>
</div>`
}

/** Whether the reader can join: without an entry, or after it has ended. */
function mayJoin({ entry }: WaitingListState): boolean {
  if (entry === null) return true
  const { status, ended_because } = entry
  return status === 'expired' || status === 'left' || (status === 'ended' && ended_because === 'event_rescheduled')
}

function standing({ entry, language, clock, isLive }: WaitingListState): Html | false {
  if (entry === null) return false
  const button = (text: string): Html | false =>
    isLive && html`<button type="button" class="link" data-click="leave">${text}</button>`
  switch (entry.status) {
    case 'waiting': {
      const { qty, ahead, overtaken } = entry
      const kind = entry.tier ?? entry.section ?? entry.area ?? (entry.accessible ? words.accessible : null)
      const before = ahead === null || ahead === 0 ? words.first : words.ahead(count(ahead, language), ahead === 1)
      return html`<div class="note"><strong>${words.waitingTitle(qty)}</strong>${kind !== null && html`<p>${words.kind(kind)}</p>`}<p>${before}</p>${overtaken > 0 && html`<p>${words.overtaken(overtaken)}</p>`}<p>${words.byItself}</p><p>${button(words.leave)}</p></div>`
    }
    case 'offered':
      return html`<div class="note yours"><strong>${words.offeredTitle(entry.qty)}</strong>${clock !== null && html`<p class="tabular" role="timer" aria-live="off">${words.offeredText(clock)}</p>`}<p class="buttons"><a class="button torch" href="/shop/holds/${encodeURIComponent(entry.hold_id ?? '')}">${words.take}</a>${button(words.refuse)}</p></div>`
    case 'ended':
      return note(words.ended[entry.ended_because ?? 'sale_ended'])
    case 'converted':
    case 'expired':
    case 'left':
      return note(words[entry.status])
  }
}

function joinForm({ wishes, qty, wish, isAsking, isLive }: WaitingListState): Html {
  return html`<form class="form" data-submit="join">
<p>${words.intro}</p>
<div class="field"><span class="name" id="how-many">${words.howMany}</span>${stepper({ name: 'qty', label: words.howMany, value: qty })}</div>
${
  wishes.length > 0 &&
  html`<div class="field"><label for="wish">${words.where}</label><select id="wish" data-change="wish"><option value="">${words.any}</option>${wishes.map(
    ({ name }, index) => html`<option value="${index}"${index === wish && html` selected`}>${name}</option>`,
  )}</select></div>`
}
${isLive ? html`<button type="submit" class="button torch tall">${isAsking ? words.joining : words.join(qty)}</button>` : html`<noscript><p>${words.needsScript}</p></noscript>`}
<p class="quiet">${words.offerMeans}</p>
</form>`
}
