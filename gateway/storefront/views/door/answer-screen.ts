import { clockTime } from '../format.ts'
import { type Html, html } from '../html.ts'
import * as words from '../words/door.ts'
import type { DoorAnswer, DoorState } from './door-state.ts'

/** So long an answer stays: who enters looks at the place, and who does not talks with the people at the gate. */
export const shownMs = { enter: 4_000, refusal: 8_000 } as const

/** What to do with a ticket, over the whole screen: by word, by sign and by colour, legible from two metres. */
export function answerScreen(answer: DoorAnswer, { event, language }: Pick<DoorState, 'event' | 'language'>): Html {
  const { outcome, ticket, entered, isOffline } = answer
  const { word, text } = words.answers[outcome]
  const isEntering = outcome === 'admitted'
  const since =
    outcome === 'already_admitted' && entered !== null
      ? words.since(clockTime(entered.at, { zone: event?.tz ?? null, language }), entered.gate)
      : text
  return html`<div class="door-answer ${isEntering ? 'enter' : 'refuse'}" data-click="next">
${sign(outcome)}
<p class="door-word">${word}</p>
${since !== '' && html`<p class="door-text">${since}</p>`}
${ticket !== null && placeOf(ticket.place, isEntering)}
<p class="door-small">${ticket !== null && html`<span>${words.number(ticket.number)}</span>`}${isOffline && html`<strong>${words.byThisDevice}</strong>`}</p>
<button type="button" class="button" id="next" data-click="next">${words.next}</button>
</div>`
}

/** Large where people are shown their way; else it only helps to talk about the ticket. */
function placeOf(place: NonNullable<DoorAnswer['ticket']>['place'], isLarge: boolean): Html {
  const fact = (name: string, value: string): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`
  const facts =
    'area' in place
      ? fact(words.area, place.area)
      : html`${fact(words.section, place.section)}${fact(words.row, place.row)}${fact(words.seat, place.label)}`
  return html`<dl class="door-place${!isLarge && ' small'}">${facts}</dl>`
}

/** A round sign with a tick lets in; every other sign has eight corners. */
function sign(outcome: DoorAnswer['outcome']): Html {
  const frame =
    outcome === 'admitted'
      ? html`<circle class="frame" r="46"/>`
      : html`<path class="frame" d="M-19 -46H19L46 -19V19L19 46H-19L-46 19V-19Z"/>`
  return html`<svg class="door-sign" viewBox="-50 -50 100 100" aria-hidden="true">${frame}<path class="line" d="${lines[outcome]}"/></svg>`
}

const lines: Readonly<Record<DoorAnswer['outcome'], string>> = {
  admitted: 'M-22 2 -6 18 24 -16',
  // A clock: it was earlier.
  already_admitted: 'M0 -26A26 26 0 1 1 -0.1 -26M0 -14V0L10 8',
  void: 'M-20 -20 20 20M20 -20 -20 20',
  // From hand to hand.
  replaced: 'M-24 -10H24L14 -20M24 10H-24L-14 20',
  // Another way.
  other_event: 'M-22 22V4A10 10 0 0 1 -12 -6H22M10 -18 22 -6 10 6',
  unknown: 'M-13 -10A13 13 0 1 1 3 5Q0 6 0 12M0 24V24.1',
  undecided: 'M-20 0H-19.9M0 0H0.1M20 0H20.1',
}
