import type { Booking, listSales } from '#shared/contracts/bookings.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import { noChange } from '../views/desk/change-form.ts'
import { deskEntrance } from '../views/desk/desk-entrance.ts'
import type { DeskEvent } from '../views/desk/event-state.ts'
import { type DeskOrdersState, deskOrdersPage } from '../views/desk/orders-page.ts'
import * as words from '../views/words/desk.ts'
import type { Fault } from './api.ts'
import { askOnce } from './ask-once.ts'
import { focusAfterUpdate } from './island.ts'
import { faultText, type StaffPage, startStaffPage } from './staff.ts'

/** The address says which booking or log is shown. */

const asked = new URLSearchParams(location.search)
const bookingId = asked.get('booking')
const eventId = asked.get('event')
const cursor = asked.get('cursor')
/** While money is still to be refunded. */
const refundEveryMs = 3_000

const desk: StaffPage<DeskOrdersState> = startStaffPage<DeskOrdersState>({
  entrance: deskEntrance,
  view: deskOrdersPage,
  load,
  actions: {
    find: (_, form) => find(form),
    begin() {
      if (island.state.isChanging) return
      island.set({ ...noChange, change: 'refund' })
      focusAfterUpdate('#change h2')
    },
    leave() {
      if (island.state.isChanging) return
      island.set(noChange)
      focusAfterUpdate('#to-refund')
    },
    confirm: () => refund(),
  },
})
const { island } = desk
let timer: ReturnType<typeof setTimeout> | undefined

async function load(): Promise<void> {
  island.set({ wanted: bookingId ?? eventId ?? '' })
  if (bookingId !== null) await showBooking(bookingId)
  else if (eventId !== null) await showLog(eventId)
  // Asks whether somebody is signed in.
  else await desk.read('/admin/events?limit=1')
}

async function showBooking(id: string): Promise<void> {
  const found = await desk.read<Booking>(`/admin/bookings/${encodeURIComponent(id)}`)
  if (!found.ok) return missed(found.problem, words.noBooking)
  island.set({ fault: null })
  take(found.value)
  await showEvent(found.value.event_id)
}

/** Shows a booking, and reads it again while money is still to be refunded. */
function take(booking: Booking): void {
  island.set({ booking })
  clearTimeout(timer)
  if (booking.refund_due_minor > 0) timer = setTimeout(() => void lookAgain(booking), refundEveryMs)
}

/** Hidden pages do not look. */
async function lookAgain(booking: Booking): Promise<void> {
  const path = `/admin/bookings/${encodeURIComponent(booking.id)}`
  const found = document.visibilityState === 'visible' ? await desk.ask<Booking>('GET', path) : null
  // A refund that was answered meanwhile is newer.
  if (island.state.booking !== booking || island.state.access === 'closed') return
  take(found?.ok ? found.value : booking)
}

async function showLog(id: string): Promise<void> {
  if (!(await showEvent(id))) return
  const query = new URLSearchParams({ limit: '50', ...(cursor !== null && { cursor }) })
  const path = `/admin/events/${encodeURIComponent(id)}/sales?${query.toString()}`
  const log = await desk.read<ReplyOf<typeof listSales>>(path)
  if (log.ok) island.set({ entries: log.value.items, nextCursor: log.value.next_cursor, fault: null })
  else missed(log.problem, words.noEvent)
}

/** Answers whether there is such an event. */
async function showEvent(id: string): Promise<boolean> {
  const event = await desk.read<DeskEvent>(`/admin/events/${encodeURIComponent(id)}`)
  if (event.ok) island.set({ event: event.value, fault: null })
  else missed(event.problem, words.noEvent)
  return event.ok
}

/** 400: it is no id. */
function missed(problem: Fault, unknown: string): void {
  island.set({ fault: problem.status === 404 || problem.status === 400 ? unknown : faultText(problem) })
}

function find(form: HTMLElement): void {
  const wanted = form.querySelector('input')?.value.trim() ?? ''
  if (/^[\w-]{43}$/.test(wanted)) location.assign(`/desk/orders?booking=${encodeURIComponent(wanted)}`)
  else if (/^[\da-f-]{36}$/i.test(wanted)) location.assign(`/desk/orders?event=${encodeURIComponent(wanted)}`)
  else {
    island.set({ findFault: words.findFault })
    form.querySelector('input')?.focus()
  }
}

async function refund(): Promise<void> {
  const { booking, isChanging } = island.state
  if (booking === null || isChanging) return
  island.set({ isChanging: true, changeFault: null })
  const path = `/admin/bookings/${encodeURIComponent(booking.id)}/refund`
  const answer = desk.heed(await askOnce<Booking>({ method: 'POST', path, body: {} }))
  if (answer.ok) {
    const outcome = { of: 'refund', text: words.refund.done } as const
    island.set({ ...noChange, outcome })
    take(answer.value)
    // The form is gone, and its button too.
    document.querySelector('main')?.focus()
  } else island.set({ isChanging: false, changeFault: faultText(answer.problem) })
}
