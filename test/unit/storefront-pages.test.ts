import test from 'ava'
import type { Booking } from '#shared/contracts/bookings.ts'
import type { CarriedTicket } from '#shared/contracts/tickets.ts'
import type { WaitingEntry } from '#shared/contracts/waiting-list.ts'
import { newUuid } from '../../gateway/storefront/browser/new-uuid.ts'
import { forgetPlace, hasChangedPlace, storePlace } from '../../gateway/storefront/browser/queue-places.ts'
import { sectionLines } from '../../gateway/storefront/pages/layout-summary.ts'
import { wantedTickets } from '../../gateway/storefront/views/booking-page.ts'
import { bookingsPage } from '../../gateway/storefront/views/bookings-page.ts'
import { roomCard } from '../../gateway/storefront/views/desk/room-card.ts'
import { soldChart } from '../../gateway/storefront/views/desk/sold-chart.ts'
import { doorPage } from '../../gateway/storefront/views/door/door-page.ts'
import { eventPanel } from '../../gateway/storefront/views/event/event-panel.ts'
import type { EventPageState, EventReply } from '../../gateway/storefront/views/event/event-state.ts'
import { longDate } from '../../gateway/storefront/views/format.ts'
import { problemPage } from '../../gateway/storefront/views/problem-page.ts'
import { firstQty } from '../../gateway/storefront/views/stepper.ts'
import * as eventWords from '../../gateway/storefront/views/words/event.ts'

/* What pages say, and what their scripts choose, from data alone. */

const event = {
  id: 'e1',
  name: 'Recital',
  seat_count: 10,
  areas: [],
  currency: 'EUR',
  layout_version: 1,
  availability: 'plenty',
  price_tiers: [
    {
      ...{ name: 'Stalls', price_minor: 4_200, max_price_minor: 4_200, currency: 'EUR' },
      price_steps: [{ sold_percent: 50, price_minor: 5_000 }],
    },
  ],
  sale: { status: 'on_sale', max_tickets_per_user: 1, waiting_room: false, on_sale_at: null },
} as unknown as EventReply

const eventState: EventPageState = {
  ...{ event, language: 'en-GB', isDemo: true, sections: [], freeSeats: 10, areaFree: [] },
  ...{ hasAccessible: false, hasMap: true, live: null },
}

const textOf = ({ text }: { readonly text: string }): string =>
  text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('\u00a0', ' ')
    .replaceAll(/\s+/g, ' ')

test('ids of scans and keys of requests are random UUIDs', (t) => {
  const ids = new Set(Array.from({ length: 100 }, newUuid))
  t.is(ids.size, 100)
  for (const id of ids) t.regex(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('an event of which one person may have one ticket begins with one place', (t) => {
  t.deepEqual([1, 2, 8].map(firstQty), [1, 2, 2])
})

test('without a script, a section costs what its tier costs, though a dearer area has its name', (t) => {
  const areas = [{ name: 'Stalls', capacity: 50, price_minor: 6_000 }]
  const layout = {
    ...{ sections: [{ name: 'Stalls', categories: ['Stalls'], ranges: [0, 10] }] },
    ...{ hasMap: true, hasAccessible: false },
  }
  const [line] = sectionLines(layout, { ...event, areas } as unknown as EventReply, null)
  t.like(line, { price: 1, fromMinor: 4_200 })
})

test('a price that rises as places are sold is listed up to its highest step', (t) => {
  t.regex(textOf(eventPanel(eventState)), /Stalls EUR 42 – EUR 50/)
})

test('the highest step of a section is not listed for an area of the same name', (t) => {
  const areas = [{ name: 'Stalls', capacity: 9, price_minor: 4_500 }] as unknown as EventReply['areas']
  t.regex(textOf(eventPanel({ ...eventState, event: { ...event, areas } })), /Stalls EUR 45 Stalls EUR 42 – EUR 50/)
})

test('a limit of one ticket is said in the singular', (t) => {
  t.is(eventWords.limitOnPage(1), 'At most 1 ticket per person.')
  t.is(eventWords.limitReached(1, 1), 'At most 1 ticket per person. You have 1, so you can have 0 more.')
})

test('only tickets that the buyer still has are returned, whatever was chosen before', (t) => {
  const tickets = [
    { id: 'given back elsewhere', status: 'void' },
    { id: 'passed on', status: 'valid', passed_on: true },
    { id: 'mine', status: 'valid' },
    { id: 'not chosen', status: 'valid' },
  ]
  const booking = { tickets } as unknown as Booking
  const chosen = ['given back elsewhere', 'passed on', 'mine']
  t.deepEqual(
    wantedTickets({ booking, chosen }).map(({ id }) => id),
    ['mine'],
  )
})

const noBookings = {
  ...{ bookings: [], tickets: [], waiting: [], events: {} },
  ...{ nextBookings: null, nextTickets: null, language: 'en-GB' },
}

test('earlier tickets that others passed on are one link away', (t) => {
  const ticket = { id: 't1', event_id: 'e1', area: 'Floor', status: 'valid' } as unknown as CarriedTicket
  const page = { ...noBookings, tickets: [ticket] }
  t.regex(bookingsPage({ ...page, nextTickets: 'a+b' }).text, /href="\/shop\/bookings\?tickets=a%2Bb">Earlier tickets</)
  t.notRegex(bookingsPage(page).text, /Earlier tickets/)
})

test('places offered from a waiting list are said to be yours, and others to be waited for', (t) => {
  const entry = { event_id: 'e1', qty: 2, status: 'offered', hold_id: 'h1' } as unknown as WaitingEntry
  const offered = textOf(bookingsPage({ ...noBookings, waiting: [entry] }))
  t.regex(offered, /2 places are yours/)
  t.notRegex(offered, /You wait for/)
  const waiting = { ...entry, status: 'waiting' as const, hold_id: null }
  t.regex(textOf(bookingsPage({ ...noBookings, waiting: [waiting] })), /You wait for 2 places/)
})

const report = {
  ...{ sold: 0, held: 2, free: 0, blocked: 108 },
  sold_over_time: { from: '2026-12-01T14:00:00Z', to: '2026-12-01T14:01:40Z', bucket_s: 50, sold: [5, 9] },
} as unknown as Parameters<typeof soldChart>[0]
const chartLabel = (html: { readonly text: string }): string => /aria-label="([^"]*)"/.exec(html.text)?.[1] ?? ''

test('the chart of a cancelled event counts all places that were for sale', (t) => {
  const options = { zone: 'UTC', language: 'en-GB', isCancelled: true }
  t.regex(chartLabel(soldChart(report, options)), /, 8% were sold\.$/)
})

test('a chart of less than five minutes names seconds', (t) => {
  const options = { zone: 'UTC', language: 'en-GB', isCancelled: true }
  t.regex(chartLabel(soldChart(report, options)), /^From 14:00:00 to 14:01:40,/)
})

test('a problem that asks for its number shows it', (t) => {
  const problem = { status: 500, retryable: true, detail: 'A fault.', requestId: 'req-1234' }
  t.regex(textOf(problemPage({ ...problem, code: 'internal' }).body), /tell us the number below\. Number: req-1234/)
  t.notRegex(textOf(problemPage({ ...problem, code: 'not_found', status: 404 }).body), /req-1234/)
})

test('English dates have no comma after the weekday, and German ones keep theirs', (t) => {
  t.is(longDate('2027-04-19', 'en-GB'), 'Monday 19 April 2027')
  t.is(longDate('2027-04-19', 'de'), 'Montag, 19. April 2027')
})

test('a tab of one queue hears of changes to its own place, and not of the polls of other queues', (t) => {
  const stored = new Map<string, string>()
  const heard: string[] = []
  /** As a browser: other tabs hear only of a value that differs. */
  const setItem = (key: string, newValue: string): void => {
    const oldValue = stored.get(key) ?? null
    stored.set(key, newValue)
    if (newValue === oldValue) return
    heard.push(...['e1', 'e2'].filter((eventId) => hasChangedPlace({ key, oldValue, newValue }, eventId)))
  }
  Object.assign(globalThis, { localStorage: { getItem: (key: string) => stored.get(key) ?? null, setItem } })
  t.teardown(() => Reflect.deleteProperty(globalThis, 'localStorage'))
  const poll = (id: number) => storePlace({ event_id: `e${id}`, place_id: `p${id}` })
  for (const id of [1, 2]) poll(id)
  t.deepEqual(heard, ['e1', 'e2'])
  for (const id of [1, 2, 1, 2]) poll(id)
  t.deepEqual(heard, ['e1', 'e2'])
  storePlace({ event_id: 'e1', place_id: 'p1', pass: 'in' })
  forgetPlace('e2')
  t.deepEqual(heard, ['e1', 'e2', 'e1', 'e2'])
})

test('a door that must first send its scans says so beside them, and its number field has no fault', (t) => {
  const state = {
    ...{ access: 'open', event: null, gate: 'Gate 1', fault: null, language: 'en-GB', camera: 'off', codeFault: null },
    ...{ answer: null, figures: null, isOnline: false, waiting: 1, wrongEntries: [], list: null },
  } as unknown as Parameters<typeof doorPage>[0]
  const refused = doorPage({ ...state, wantedToLeave: true })
  t.regex(textOf(refused), /Send the waiting scans first/)
  t.notRegex(refused.text, /aria-invalid/)
  t.notRegex(textOf(doorPage({ ...state, wantedToLeave: false })), /Send the waiting scans first/)
})

test('the room of a cancelled event offers nothing to press', (t) => {
  const room = { state: 'open', calls_per_minute: 60, max_active: 10 }
  const state = { event: { status: 'cancelled' }, room, serving: null, change: null, outcome: null } as unknown
  const card = roomCard(state as Parameters<typeof roomCard>[0])
  t.false(card === false || /<button|<input/.test(card.text))
})
