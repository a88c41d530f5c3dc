import { eventPath } from '../event-path.ts'
import { clockTime, count, eventTime } from '../format.ts'
import { type Html, html } from '../html.ts'
import { markOf, shapePath } from '../prices.ts'
import { priceMark } from '../signs.ts'
import * as words from '../words/event.ts'
import { eventPanel, holdBar } from './event-panel.ts'
import { type EventPageState, freeOf, isSelling, placesOf } from './event-state.ts'
import { sectionList } from './section-list.ts'

/** The content of an event's page. The script updates the part made by `eventBody`. */
export function eventPage(state: EventPageState): Html {
  return html`${eventHead(state)}
<div id="event" class="event">${eventBody(state)}</div>`
}

/** Name, time and place. */
function eventHead({ event, language }: EventPageState): Html {
  const { venue } = event
  const city = venue?.city ?? null
  return html`<header class="page-head">
<h1>${event.name}</h1>
<p class="facts"><span><strong>${eventTime(event, language)}</strong>${city !== null && html` <span class="quiet">${words.zone(city)}</span>`}</span>
${venue !== null && html`<span><strong>${venue.name}</strong>${city !== null && `, ${city}`}${venue.address !== undefined && html`<span class="quiet">, ${venue.address}</span>`}</span>`}
${event.doors_at !== undefined && html`<span class="quiet">${words.doors(clockTime(event.doors_at, { zone: event.tz, language }))}</span>`}
${event.sale.status !== 'cancelled' && event.sale.status !== 'off_sale' && html`<span class="quiet">${words.limit(event.sale.max_tickets_per_user)}</span>`}</p>
${event.performers.length > 1 && html`<p class="quiet">${event.performers.map(({ name }) => name).join(' · ')}</p>`}
</header>`
}

/** Map or list at the left, prices and choice at the right. */
export function eventBody(state: EventPageState): Html {
  const hasSeats = state.event.seat_count > 0
  return html`<div class="two-columns">
${(hasSeats || state.hasMap) && state.event.sale.status !== 'cancelled' && placesView(state)}
${eventPanel(state)}
${state.event.description !== null && html`<p class="description">${state.event.description}</p>`}
</div>
${isSelling(state) && holdBar(state)}`
}

function placesView(state: EventPageState): Html {
  const { event, language, live, hasMap, sections } = state
  const tab = hasMap ? (live?.tab ?? null) : 'list'
  const free = words.free(count(freeOf(state), language), count(placesOf(state), language))
  const mode = live?.mode ?? 'connecting'
  return html`<section class="places-view" aria-label="${words.places}">
${
  hasMap &&
  html`<div class="map-bar">
<nav class="tabs" aria-label="${words.places}"><a href="#map" data-click="tab"${(tab ?? 'map') === 'map' ? html` aria-current="true"` : ''}>${words.map}</a><a href="#list" data-click="tab"${tab === 'list' ? html` aria-current="true"` : ''}>${words.list}</a></nav>
${live !== null && html`<div class="tools"${tab === 'list' && html` hidden`}>${tool('farther', words.farther, 'M-6 -1H6V1H-6Z')}${tool('closer', words.closer, 'M-6 -1H-1V-6H1V-1H6V1H1V6H-1V1H-6Z')}${tool('whole', words.whole, 'M-7 -3V-7H-3V-5H-5V-3ZM7 -3V-7H3V-5H5V-3ZM-7 3V7H-3V5H-5V3ZM7 3V7H3V5H5V3Z')}</div>`}
</div>`
}
<p class="${mode === 'live' ? 'live' : 'quiet'} free-line">${mode === 'live' ? words.live(free) : mode === 'late' ? words.late(free) : mode === 'offline' ? words.offline(free) : free}</p>
${hasMap && html`<div${tab === 'list' && html` hidden`}><div id="map" class="map" data-own><img src="${eventPath(event.id)}/plan.svg?version=${event.layout_version ?? 1}" alt="${words.planOf(event.venue?.name ?? event.name)}"></div></div>`}
${hasMap && key(state, tab === 'list')}
<div id="list" class="section-list"${sections === null && html` data-own`}${tab === 'map' && html` hidden`}>${sections !== null && sectionList(sections, state)}</div>
</section>`
}

function tool(action: string, name: string, path: string): Html {
  return html`<button type="button" data-click="${action}" aria-label="${name}" title="${name}"><svg viewBox="-9 -9 18 18" width="18" height="18" fill="currentColor" aria-hidden="true"><path d="${path}"/></svg></button>`
}

/** The legend of the map, in the shape of the highest price. */
function key({ hasAccessible }: EventPageState, isHidden: boolean): Html {
  const { shape, colour } = markOf(0)
  const item = (picture: Html, text: string): Html => html`<li>${picture}${text}</li>`
  const drawing = (content: Html, name: string): Html =>
    html`<svg class="price-mark ${name}" viewBox="-7 -7 14 14" aria-hidden="true">${content}</svg>`
  return html`<ul class="map-key"${isHidden && html` hidden`}>
${item(priceMark(0), words.keyFree)}
${item(drawing(html`<path d="${shapePath(shape, 5.2)}" fill="none" stroke="currentColor" stroke-width="1.4"/><circle r="1.5"/>`, `price-${colour}`), words.keyHeld)}
${item(drawing(html`<circle r="2"/>`, 'sold'), words.keySold)}
${item(drawing(html`<circle r="6" class="lit"/><path d="M-2.6 0.2L-0.7 2.2L2.8 -2.2" fill="none" class="tick"/>`, 'yours'), words.keyYours)}
${hasAccessible && item(drawing(html`<path d="${shapePath(shape, 3.8)}"/><path d="M-6 -6H6V6H-6Z" fill="none" stroke="currentColor" stroke-width="1.2"/>`, `price-${colour}`), words.keyAccessible)}
</ul>`
}
