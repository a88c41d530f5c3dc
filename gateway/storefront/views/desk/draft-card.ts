import { count, instantText, sum } from '../format.ts'
import { type Html, html } from '../html.ts'
import * as words from '../words/desk.ts'
import type { DeskEvent } from './event-state.ts'

/** What buyers will see of a draft, so that its organiser can check it before publishing. */
export function draftCard(event: DeskEvent, language: string): Html {
  const { type, performers, description, sale, seat_count, areas, price_tiers, tz } = event
  const row = (name: string, value: Html | string): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`
  const amount = (minor: number): string => sum(minor, event.currency ?? 'EUR', language)
  const opensAt = sale.on_sale_at
  return html`<section class="panel desk-draft"><h2>${words.draftHeading}</h2><p>${words.draftText}</p>
<dl class="rows">${row(words.kind, type)}${performers.length > 0 && row(words.performers, performers.map(({ name }) => name).join(', '))}
${seat_count > 0 && row(words.seats, count(seat_count, language))}
${seat_count > 0 && price_tiers.map(({ name, price_minor }) => row(name, amount(price_minor)))}
${areas.map(({ name, capacity, price_minor }) => row(name, words.standingAt(count(capacity, language), amount(price_minor))))}
${tz !== null && row(words.timeZone, tz)}
${row(words.saleOpens, opensAt === null ? words.atPublishing : html`<time datetime="${opensAt}" lang="${language}">${instantText(opensAt, { zone: tz, language })}</time>`)}
${row(words.ticketsABuyer, count(sale.max_tickets_per_user, language))}</dl>
${description !== null && html`<p class="desk-description">${description}</p>`}</section>`
}
