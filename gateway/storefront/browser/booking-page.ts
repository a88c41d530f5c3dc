import type { Booking } from '#shared/contracts/bookings.ts'
import { type BookingPageState, bookingPage, wantedTickets } from '../views/booking-page.ts'
import * as bookingWords from '../views/words/booking.ts'
import { ask } from './api.ts'
import { type Island, pageState, startIsland } from './island.ts'
import { newUuid } from './new-uuid.ts'

/** The page of a booking: follows a payment or refund in progress, and returns tickets. */

/** Pauses between polls; the last one repeats. */
const pausesMs = [1_000, 2_000, 4_000, 8_000] as const
const tries = 4

let polls = 0
let timer: ReturnType<typeof setTimeout> | undefined

/** The page that was started. */
let island: Island<BookingPageState>

/** Starts the page of a booking, in its `<main>`. */
export function startBookingPage(element: HTMLElement): void {
  island = startIsland<BookingPageState>({
    element,
    state: pageState<BookingPageState>(),
    view: bookingPage,
    actions: {
      choose(page, box) {
        const { value, checked } = box as HTMLInputElement
        const others = page.state.chosen.filter((id) => id !== value)
        page.set({ chosen: checked ? [...others, value] : others })
      },
      returnTickets: (page) => void returnTickets(page),
    },
  })
  follow()
  openReturn()
  addEventListener('hashchange', openReturn)
  addEventListener('online', () => void look())
  addEventListener('pageshow', ({ persisted }) => persisted && void look())
}

/** Whether a payment or refund is still in progress. */
function isSettling({ status, payment, refund_due_minor }: Booking): boolean {
  return (
    status === 'pending' || payment.status === 'authorised' || payment.status === 'processing' || refund_due_minor > 0
  )
}

function follow(): void {
  clearTimeout(timer)
  if (!isSettling(island.state.booking)) return
  timer = setTimeout(() => void look(), pausesMs[Math.min(polls, pausesMs.length - 1)])
  polls += 1
}

async function look(): Promise<void> {
  const { booking } = island.state
  const answer = await ask<Booking>('GET', `/bookings/${booking.id}`)
  if (answer.ok) island.set({ booking: answer.value })
  follow()
}

/** One intention has one key: until an answer arrives, the request is repeated with the same key. */
async function returnTickets(page: Island<BookingPageState>): Promise<void> {
  const { booking, isReturning } = page.state
  const ids = wantedTickets(page.state).map(({ id }) => id)
  if (isReturning || ids.length === 0) return
  page.set({ isReturning: true, outcome: null })
  const options = { body: { ticket_ids: ids }, idempotencyKey: newUuid() }
  for (let tried = 1; ; tried += 1) {
    const answer = await ask<Booking>('POST', `/bookings/${booking.id}/cancel`, options)
    if (answer.ok) {
      const outcome = { ...bookingWords.returned(ids.length), isAlarm: false }
      page.set({ booking: answer.value, chosen: [], isReturning: false, outcome })
      polls = 0
      follow()
      return
    }
    const { problem } = answer
    if (!problem.retryable || tried === tries) {
      const text = problem.code === 'offline' ? bookingWords.offline : { title: problem.title, text: problem.detail }
      page.set({ isReturning: false, outcome: { ...text, isAlarm: true } })
      // Without an answer the result is unknown; the booking has it.
      void look()
      return
    }
    if (problem.code === 'offline') page.set({ outcome: { ...bookingWords.offline, isAlarm: true } })
    await new Promise((resolve) => setTimeout(resolve, pausesMs[tried - 1]))
  }
}

/** Opens the form to return tickets, if a ticket's page linked to it. */
function openReturn(): void {
  if (location.hash !== '#return-tickets') return
  const details = document.querySelector<HTMLDetailsElement>('#return-tickets')
  if (details === null) return
  details.open = true
  details.scrollIntoView()
}
