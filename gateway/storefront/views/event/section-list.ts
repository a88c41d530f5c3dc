import { count, money } from '../format.ts'
import { type Html, html } from '../html.ts'
import { pricesOf } from '../prices.ts'
import { priceMark } from '../signs.ts'
import * as words from '../words/event.ts'
import * as common from '../words.ts'
import type { EventPageState, ListRow, OpenSection, SectionLine } from './event-state.ts'

/** The sections: those with free places first, then by price, highest first. Without script no section opens. */
export function sectionList(sections: readonly SectionLine[], state: EventPageState): Html {
  const { event, live } = state
  const { onlyPrice = null, together = 1 } = live ?? {}
  // Buyers who want two seats do not need sections with single seats; a price filter hides all other prices.
  const fits = (section: SectionLine): boolean =>
    live === null ||
    ((onlyPrice === null || section.price === onlyPrice) &&
      (section.together === null || section.free === 0 || section.together >= Math.min(together, 2)))
  const shown = sections
    .map((section, index) => ({ section, index }))
    .filter(({ section }) => fits(section))
    .toSorted(
      (one, other) =>
        Number(one.section.free === 0) - Number(other.section.free === 0) || one.section.price - other.section.price,
    )
  if (shown.length === 0) return html`<p class="quiet">${event.seat_count > 0 ? words.noMatch : ''}</p>`
  return html`${shown.map(({ section, index }) => {
    const line = html`${priceMark(section.price)}<span class="seat-name"><strong>${section.name}</strong> <span class="quiet">${section.free === 0 ? words.nothingFree : words.sectionFree(count(section.free, state.language), section.together)}</span></span>${section.free > 0 && html`<span class="amount">${fromPrice(section, state)}</span>`}`
    if (live === null || section.free === 0) return html`<p class="section-line" id="section-${index}">${line}</p>`
    return html`<details id="section-${index}"><summary class="section-line" data-click="section" data-section="${index}">${line}</summary>${openSection(live.open[index], state)}</details>`
  })}`
}

function fromPrice(section: SectionLine, { event, language }: EventPageState): Html {
  const dearest = pricesOf(event)[section.price]?.priceMinor
  const price = money(section.fromMinor, event.currency ?? 'EUR', { language, free: common.free })
  return html`${dearest !== section.fromMinor && html`<small class="quiet">${words.from}</small> `}${price}`
}

function openSection(open: OpenSection | undefined, { language }: EventPageState): Html {
  if (open === undefined) return html``
  return html`<div class="list-rows">${open.rows.map(listRow)}${open.more > 0 && html`<p class="quiet">${words.moreSeats(count(open.more, language))}</p>`}</div>`
}

function listRow({ label, seats }: ListRow): Html {
  return html`<fieldset class="list-row"><legend>${words.row(label)}</legend><div class="seat-boxes">${seats.map(
    ({ seat, label: number, name, isChosen, isAccessible }) =>
      html`<label class="seat-box${isAccessible && ' accessible'}"><input type="checkbox" id="seat-${seat}" data-change="seat" value="${seat}" aria-label="${name}"${isChosen && html` checked`}><span aria-hidden="true">${number}</span></label>`,
  )}</div></fieldset>`
}
