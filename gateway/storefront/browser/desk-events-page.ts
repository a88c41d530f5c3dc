import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { listEvents } from '#shared/contracts/event.ts'
import type { listReports } from '#shared/contracts/reports.ts'
import type { searchEvents } from '#shared/contracts/search.ts'
import { deskEntrance } from '../views/desk/desk-entrance.ts'
import { type DeskEventsState, deskEventsPage } from '../views/desk/events-page.ts'
import { faultText, startStaffPage } from './staff.ts'

const asked = new URLSearchParams(location.search)
const keyword = asked.get('keyword')?.trim() ?? ''
const cursor = asked.get('cursor')
const start = dateOf(asked.get('start')) ?? today()

const desk = startStaffPage<DeskEventsState>({ entrance: deskEntrance, view: deskEventsPage, actions: {}, load })

async function load(): Promise<void> {
  desk.island.set({ keyword, start })
  const query = new URLSearchParams({ limit: '20', ...(cursor !== null && { cursor }) })
  const listed = await desk.read<ReplyOf<typeof listEvents>>(`/admin/events?${allOf(query)}`)
  // The search is everybody's; the list was asked first to know whether somebody is signed in.
  const found =
    keyword === '' || !listed.ok
      ? listed
      : await desk.read<ReplyOf<typeof searchEvents>>(`/events/search?${searchOf(query)}`)
  if (!found.ok) {
    desk.island.set({ fault: faultText(found.problem) })
    return
  }
  const { items, next_cursor: nextCursor } = found.value
  desk.island.set({ items, nextCursor, fault: null })
  if (items.length === 0) return
  const ids = items.map(({ id }) => id).join(',')
  const reports = await desk.read<ReplyOf<typeof listReports>>(`/admin/reports?event_ids=${ids}`)
  desk.island.set(reports.ok ? { reports: reports.value.items } : { fault: faultText(reports.problem) })
}

/** The date where it is earliest on Earth: events of this date may not be over yet. */
function today(): string {
  return new Date(Date.now() - 12 * 3_600_000).toISOString().slice(0, 10)
}

function dateOf(text: string | null): string | null {
  return text !== null && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null
}

/** Events from a date on, whatever has become of them. */
function allOf(query: URLSearchParams): string {
  const all = new URLSearchParams(keyword === '' ? query : { limit: '1' })
  all.set('status', 'any')
  all.set('start', start)
  return all.toString()
}

function searchOf(query: URLSearchParams): string {
  const search = new URLSearchParams(query)
  search.set('keyword', keyword)
  return search.toString()
}
