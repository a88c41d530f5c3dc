import type { listDoubleEntries } from '#shared/contracts/check-in.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import { deskEntrance } from '../views/desk/desk-entrance.ts'
import { type DeskDoubleEntriesState, deskDoubleEntriesPage } from '../views/desk/double-entries-page.ts'
import type { DeskEvent } from '../views/desk/event-state.ts'
import * as words from '../views/words/desk.ts'
import type { Fault } from './api.ts'
import { faultText, startStaffPage } from './staff.ts'

const cursor = new URLSearchParams(location.search).get('cursor')

const desk = startStaffPage<DeskDoubleEntriesState>({
  entrance: deskEntrance,
  view: deskDoubleEntriesPage,
  actions: {},
  load,
})
const { island } = desk

async function load(): Promise<void> {
  const path = `/admin/events/${encodeURIComponent(island.state.eventId)}`
  const event = await desk.read<DeskEvent>(path)
  if (!event.ok) return missed(event.problem)
  document.title = `${event.value.name} · ${words.title}`
  const query = new URLSearchParams({ limit: '50', ...(cursor !== null && { cursor }) })
  const listed = await desk.read<ReplyOf<typeof listDoubleEntries>>(`${path}/double-entries?${query.toString()}`)
  if (!listed.ok) return missed(listed.problem)
  const { items, next_cursor: nextCursor } = listed.value
  island.set({ event: event.value, entries: items, nextCursor, fault: null })
}

function missed(problem: Fault): void {
  island.set({ fault: problem.status === 404 ? words.noEvent : faultText(problem) })
}
