import { type Html, html } from './html.ts'
import * as words from './words/event.ts'

/** The first value of a stepper for places: two, as most buyers want, if one buyer may have them. */
export function firstQty(maxTicketsPerUser: number): number {
  return Math.min(2, maxTicketsPerUser)
}

/** A number with a button on each side. `name`: in `data-of`, for the action `step`. */
export function stepper({ name, label, value }: { name: string; label: string; value: number }): Html {
  return html`<span class="stepper" role="group" aria-label="${label}"><button type="button" data-click="step" data-step="-1" data-of="${name}" aria-label="${words.fewer}">−</button><output>${value}</output><button type="button" data-click="step" data-step="1" data-of="${name}" aria-label="${words.more}">+</button></span>`
}
