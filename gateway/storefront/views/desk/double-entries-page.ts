import type { DoubleEntry } from '#shared/contracts/check-in.ts'
import { clockTime, dayAndMonth } from '../format.ts'
import { type Html, html } from '../html.ts'
import { placeName } from '../place-name.ts'
import { type StaffState, staffFrame } from '../staff-frame.ts'
import * as words from '../words/desk.ts'
import { deskEntrance } from './desk-entrance.ts'
import type { DeskEvent } from './event-state.ts'

export interface DeskDoubleEntriesState extends StaffState {
  readonly eventId: string
  readonly event: DeskEvent | null
  /** Null until they are read. */
  readonly entries: readonly DoubleEntry[] | null
  readonly nextCursor: string | null
}

/** The tickets of an event that two gates let in, those that became known last first. */
export function deskDoubleEntriesPage(state: DeskDoubleEntriesState): Html {
  return staffFrame(state, content, deskEntrance)
}

function content({ event, entries, nextCursor, language }: DeskDoubleEntriesState): Html | false {
  if (event === null || entries === null) return false
  const address = `/desk/events/${encodeURIComponent(event.id)}`
  const zone = { zone: event.tz, language }
  const entry = ({ at, gate }: DoubleEntry['entered']): Html =>
    html`<td><strong>${gate}</strong><br><time datetime="${at}" lang="${language}">${dayAndMonth(at, zone)}, ${clockTime(at, zone)}</time></td>`
  return html`<div class="desk-head"><h1 id="double-entries">${words.doubleEntries}</h1></div>
<section class="panel desk-log"><p><a href="${address}">${event.name}</a></p>
<p class="quiet">${words.doubleEntriesText}</p>
${
  entries.length === 0
    ? html`<p>${words.noDoubleEntries}</p>`
    : html`<div class="desk-table desk-entries" role="region" aria-labelledby="double-entries" tabindex="0"><table>
<thead><tr><th scope="col">${words.ticket}</th><th scope="col">${words.entryThatCounts}</th><th scope="col">${words.letInAgain}</th></tr></thead>
<tbody>${entries.map(
        ({
          ticket,
          entered,
          again,
        }) => html`<tr><td><strong>${ticket.number}</strong><br>${placeName(ticket.place)}</td>${entry(entered)}${entry(again)}</tr>
`,
      )}</tbody></table></div>`
}
${nextCursor !== null && html`<p><a class="button" href="${address}/double-entries?cursor=${encodeURIComponent(nextCursor)}">${words.older}</a></p>`}</section>`
}
