import type { Page } from 'playwright-core'
import { demoIdAt } from '../../../infra/ops/demo-catalogue/events.ts'
import { organiserKey } from '../../support/system.ts'
import { until } from '../../support/until.ts'
import { buy, buyPlaces, hold, openRoom, organise, send, signIn, soldOutEvent } from './buyer.ts'
import { eventWithTickets, keepAnswers, openGate, scanElsewhere, typeCode } from './gate.ts'
import { mapReady } from './map-points.ts'

/** A page that the tests of all pages look at, and of which there are screenshots. Add yours here. */
export interface ShownPage {
  /** Also the name of its picture. */
  readonly name: string
  /** It stands in the README, down to `height`, as this file of `gateway/storefront/pictures`. */
  readonly picture?: { readonly file: string; readonly height: number; readonly scheme: 'light' | 'dark' }
  /** Opens it; its base URL is the shop. */
  open(page: Page): Promise<unknown>
}

const at = (name: string, path: string): ShownPage => ({ name, open: (page) => page.goto(path) })

const event = (
  name: string,
  index: number,
  more: (page: Page) => Promise<unknown> = async () => undefined,
): ShownPage => ({
  name,
  async open(page) {
    await page.goto(`/shop/events/${demoIdAt(index)}`)
    await mapReady(page)
    await more(page)
  },
})

/** Two seats of the dearest section with free ones. */
async function chooseTwoInList(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'List' }).click()
  await page.locator('#list summary').first().click()
  for (const index of [0, 1]) await page.locator('.seat-box input').nth(index).check({ force: true })
  await page.getByText('2 seats chosen').first().waitFor()
}

/** On the list, then back on the map. */
async function chooseTwo(page: Page): Promise<void> {
  await chooseTwoInList(page)
  await page.getByRole('link', { name: 'Map' }).click()
}

const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString()
const drawLater = () => ({ closes_at: inHours(2), opens_at: inHours(2.1) })

/** The queue of an event whose room is as wanted; the buyer has joined. */
async function joinQueue(page: Page, index: number, room: object = {}): Promise<void> {
  const eventId = demoIdAt(index)
  await openRoom(page, eventId, room)
  await signIn(page)
  await page.goto(`/shop/events/${eventId}/queue?join=1`)
}

const inDays = (days: number): string => inHours(24 * days).slice(0, 10)
const smallEvent = {
  name: 'A small night',
  venue: { name: 'Kleiner Speicher', city: 'Berlin', country: 'DE', tz: 'Europe/Berlin' },
  starts_on: inDays(30),
  starts_at_local: '20:00',
  sections: [{ name: 'Stalls', rows: 6, seats_per_row: 12, price_minor: 4_200 }],
}
/** Names that are long, look like markup or are written from right to left, and more prices than there are colours. */
const strangeEvent = {
  ...smallEvent,
  name: 'Donaudampfschifffahrtsgesellschaft: <b>ein Abend</b> mit Überraschungsgästen & „Verwandten“ aus Übersee',
  description: 'Einlass eine Stunde vorher.\n\nسهرة مع الأصدقاء <script>',
  performers: ['فيروز والأصدقاء', 'Jürgen <i>& die Übrigen</i>'],
  venue: { ...smallEvent.venue, name: 'Öffentliches Kulturzentrum Schlossbergmühle', city: 'Garmisch-Partenkirchen' },
  currency: 'HUF',
  sections: [...'ABCDEFG'].map((letter, index) => ({
    name: index === 0 ? 'Rollstuhlgerechte Parkettlogen links' : `Rang ${letter}`,
    rows: 3,
    seats_per_row: 10 + index,
    price_minor: 12_345_600 - 987_600 * index,
  })),
  areas: [{ name: 'Unnummerierte Stehplätze', capacity: 1_200, price_minor: 1_490_000 }],
}

/** A house of five prices, of which a part was sold; with a waiting room. */
async function soldFrom(page: Page): Promise<string> {
  const prices = [18_950, 14_950, 11_900, 7_950, 4_950]
  const names = ['Loge, centre', 'Loge and floor', 'Loge, end', 'Balcony', 'Balcony, end']
  const sections = names.map((name, index) => ({
    ...{ name, rows: 4, seats_per_row: 10 },
    price_minor: prices[index],
  }))
  const id = await organise(page, { ...smallEvent, on_sale_at: inHours(-0.8), sections })
  for (const qty of [8, 8, 7, 8]) await buy(page, { eventId: id, qty })
  await hold(page, { eventId: id, qty: 4 })
  await openRoom(page, id, { calls_per_minute: 96, max_active: 800 })
  await openDesk(page)
  return id
}

/** Signs an organiser in on a window. */
async function openDesk(page: Page): Promise<void> {
  await send(page, 'POST', '/admin/session', { key: organiserKey })
}

/** A gate of a new event, with the codes of its tickets; answers stay on the page. */
async function gateWith(page: Page, qty: number) {
  await keepAnswers(page)
  const sold = await eventWithTickets(page, qty, 'Quartett Morgenrot: Haydn and Shaw')
  await openGate(page, sold.eventId)
  return sold
}

/** A new buyer before an event that is sold out. */
async function soldOut(page: Page) {
  await page.goto('/')
  await signIn(page)
  return soldOutEvent(new URL(page.url()).origin)
}

export const shownPages: readonly ShownPage[] = [
  { ...at('list', '/'), picture: { file: 'list.png', height: 780, scheme: 'light' } },
  at('list-search', '/?keyword=wortwechsle'),
  at('list-filtered', '/?city=Berlin&type=Comedy'),
  at('list-nothing', '/?keyword=zzzzzzzz'),
  at('list-wrong-filter', '/?start=2027-13-01'),
  { ...event('event-arena', 0, chooseTwo), picture: { file: 'event.png', height: 1_012, scheme: 'dark' } },
  event('event-arena-seats', 0, async (page) => {
    for (const key of ['Enter', 'Enter']) await page.locator('.map-keyboard button:visible').press(key)
  }),
  event('event-theatre', 1, async (page) => {
    await chooseTwo(page)
    for (const key of ['Enter', 'Enter', 'ArrowDown']) await page.locator('.map-keyboard button:visible').press(key)
  }),
  event('event-list', 1, chooseTwoInList),
  event('event-club', 6),
  {
    name: 'event-queue',
    async open(page) {
      await openRoom(page, demoIdAt(2))
      await page.goto(`/shop/events/${demoIdAt(2)}`)
      await mapReady(page)
      await page.getByText('There is a queue for this event').waitFor()
    },
  },
  {
    name: 'queue-join',
    async open(page) {
      await openRoom(page, demoIdAt(2))
      await signIn(page)
      await page.goto(`/shop/events/${demoIdAt(2)}/queue`)
      await page.getByRole('button', { name: 'Join the queue' }).waitFor()
    },
  },
  {
    name: 'queue-waiting',
    async open(page) {
      await page.route(
        '**/events/*/queue',
        async (route) => {
          const answer = await route.fetch()
          const figures = { number: 1_204, ahead: 1_203, eta_s: { p50: 720, p90: 1_080 }, next_poll_ms: 30_000 }
          await route.fulfill({ response: answer, json: { ...(await answer.json()), ...figures } })
        },
        { times: 1 },
      )
      await joinQueue(page, 3, { state: 'paused' })
      await page.getByText('1,204').waitFor()
      await page.locator('.queue-how summary').click()
    },
  },
  {
    name: 'queue-before-joining',
    async open(page) {
      await openRoom(page, demoIdAt(5), { state: 'pre_queue', draw: { ...drawLater(), joins_from: inHours(1) } })
      await signIn(page)
      await page.goto(`/shop/events/${demoIdAt(5)}/queue`)
      await page.getByText(/^You can join from/).waitFor()
    },
  },
  {
    name: 'queue-before-draw',
    async open(page) {
      await joinQueue(page, 7, { state: 'pre_queue', draw: drawLater() })
      await page.getByText(/^Places are drawn/).waitFor()
      await page.getByRole('timer').waitFor()
      await page.locator('.queue-how summary').click()
    },
  },
  {
    name: 'queue-turn',
    async open(page) {
      await joinQueue(page, 2)
      await page.getByRole('heading', { name: 'It is your turn' }).waitFor()
    },
  },
  {
    name: 'queue-left',
    async open(page) {
      await joinQueue(page, 3, { state: 'paused' })
      await page.getByRole('button', { name: 'Leave the queue' }).click()
      await page.getByText('You left the queue').waitFor()
    },
  },
  {
    name: 'queue-none',
    async open(page) {
      await signIn(page)
      await page.goto(`/shop/events/${demoIdAt(4)}/queue`)
      await page.getByText('There is no queue now').waitFor()
    },
  },
  {
    name: 'event-your-turn',
    async open(page) {
      await joinQueue(page, 2)
      await page.getByRole('button', { name: 'Choose seats' }).click()
      await page.getByText(/to choose\.$/).waitFor()
      await mapReady(page)
    },
  },
  {
    name: 'event-sold-out',
    async open(page) {
      const { eventId } = await soldOut(page)
      await until('the page says it', async () => {
        await page.goto(`/shop/events/${eventId}`)
        return page.getByText('Sold out', { exact: true }).isVisible()
      })
    },
  },
  {
    name: 'event-before-sale',
    async open(page) {
      const id = await organise(page, { ...smallEvent, on_sale_at: inHours(50) })
      await page.goto(`/shop/events/${id}`)
      await page.getByRole('timer').waitFor()
    },
  },
  {
    name: 'event-cancelled',
    open: async (page) => page.goto(`/shop/events/${await organise(page, smallEvent, 'cancel')}`),
  },
  {
    name: 'event-strange-names',
    async open(page) {
      await page.goto(`/shop/events/${await organise(page, strangeEvent)}`)
      await mapReady(page)
      for (const key of ['Enter', 'Enter', 'Enter']) await page.locator('.map-keyboard button:visible').press(key)
      await page.getByText('1 seat chosen').first().waitFor()
    },
  },
  {
    name: 'waiting-list-join',
    async open(page) {
      const { eventId } = await soldOut(page)
      await page.goto(`/shop/events/${eventId}/waiting-list`)
      await page.getByRole('button', { name: 'Wait for 2 places' }).waitFor()
    },
  },
  {
    name: 'waiting-list-waiting',
    async open(page) {
      const { eventId } = await soldOut(page)
      await send(page, 'POST', `/events/${eventId}/waiting-list`, { qty: 2 })
      await page.goto(`/shop/events/${eventId}/waiting-list`)
      await page.getByText('You wait for 2 places').waitFor()
    },
  },
  {
    name: 'bookings-waiting',
    async open(page) {
      const { eventId } = await soldOut(page)
      await buyPlaces(page, { qty: 1 })
      await send(page, 'POST', `/events/${eventId}/waiting-list`, { qty: 2 })
      await page.goto('/shop/bookings')
      await page.getByText('You wait for 2 places').waitFor()
    },
  },
  at('event-price-range', `/shop/events/${demoIdAt(12)}`),
  at('session', '/shop/session?to=/shop/bookings'),
  {
    name: 'my-data',
    async open(page) {
      await buy(page)
      await page.goto('/shop/me')
      await page.locator('summary').click()
      await page.getByRole('button', { name: 'Erase for good' }).click()
      await page.getByRole('alert').waitFor()
    },
  },
  at('problem-not-found', '/shop/nowhere'),
  at('problem-explained', '/problems/seat_unavailable'),
  at('running', '/running'),
  {
    name: 'hold',
    open: async (page) => page.goto(`/shop/holds/${(await hold(page)).id}`),
  },
  {
    name: 'hold-declined',
    async open(page) {
      await page.goto(`/shop/holds/${(await hold(page)).id}`)
      await page.getByText('Declined card').click()
      await page.locator('#pay').click()
      await page.getByText('Your bank said no.').waitFor()
    },
  },
  {
    name: 'hold-given-back',
    async open(page) {
      const { id } = await hold(page)
      await send(page, 'DELETE', `/holds/${id}`)
      await page.goto(`/shop/holds/${id}`)
      await page.getByText('You released these seats.').waitFor()
    },
  },
  {
    name: 'bookings',
    async open(page) {
      const { tickets } = await buy(page, { qty: 2 })
      const ticketId = tickets[0]?.id ?? ''
      const friend = `jo.${ticketId.slice(-6)}`
      await send(page, 'POST', `/tickets/${ticketId}/transfer`, { to_user_id: friend })
      await signIn(page, friend)
      await buyPlaces(page)
      const { id } = await buyPlaces(page, { qty: 1 })
      await send(page, 'POST', `/bookings/${id}/cancel`, {})
      await page.goto('/shop/bookings')
    },
  },
  {
    name: 'bookings-none',
    async open(page) {
      await signIn(page)
      await page.goto('/shop/bookings')
    },
  },
  {
    name: 'booking',
    open: async (page) => page.goto(`/shop/bookings/${(await buy(page)).id}`),
  },
  {
    name: 'booking-giving-back',
    async open(page) {
      await page.goto(`/shop/bookings/${(await buy(page)).id}#return-tickets`)
      await page.getByRole('checkbox').first().check()
    },
  },
  {
    name: 'ticket',
    picture: { file: 'ticket.png', height: 780, scheme: 'light' },
    open: async (page) => page.goto(`/shop/tickets/${(await buy(page)).tickets[0]?.id}`),
  },
  {
    name: 'ticket-passing-on',
    async open(page) {
      await page.goto(`/shop/tickets/${(await buy(page)).tickets[0]?.id}`)
      await page.getByText('Pass it on').click()
      await page.getByRole('button', { name: 'Pass this ticket on' }).click()
      await page.getByRole('alert').waitFor()
    },
  },
  {
    name: 'ticket-void',
    async open(page) {
      const { id, tickets } = await buy(page)
      await send(page, 'POST', `/bookings/${id}/cancel`, {})
      await page.goto(`/shop/tickets/${tickets[0]?.id}`)
    },
  },
  at('desk-sign-in', '/desk'),
  {
    name: 'desk-wrong-key',
    async open(page) {
      await page.goto('/desk')
      await page.getByLabel('Organiser key').fill('org_wrong-0123456789abcdef')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('alert').waitFor()
    },
  },
  {
    name: 'desk-events',
    async open(page) {
      await openDesk(page)
      await page.goto('/desk')
      await page.getByRole('table').waitFor()
    },
  },
  {
    name: 'desk-new-event',
    async open(page) {
      await openDesk(page)
      await page.goto('/desk/new-event')
      await page.getByRole('button', { name: 'Add general admission' }).click()
      await page.getByRole('button', { name: 'Save the draft' }).click()
      await page.locator('[aria-invalid]').first().waitFor()
    },
  },
  {
    name: 'desk-draft',
    async open(page) {
      await openDesk(page)
      const { id } = await send<{ id: string }>(page, 'POST', '/admin/events', strangeEvent)
      await page.goto(`/desk/events/${id}`)
      await page.getByRole('heading', { name: 'Check the draft' }).waitFor()
    },
  },
  {
    name: 'desk-event',
    async open(page) {
      await page.goto(`/desk/events/${await soldFrom(page)}`)
      await page
        .locator('.desk-figures')
        .getByText(/called a minute/)
        .waitFor()
    },
  },
  {
    name: 'desk-event-changing',
    async open(page) {
      const id = await organise(page, strangeEvent)
      await openDesk(page)
      await page.goto(`/desk/events/${id}`)
      await page.getByRole('button', { name: 'Cancel the event' }).click()
      await page.locator('#change').getByRole('button', { name: 'Cancel the event' }).click()
      await page.getByRole('alert').waitFor()
    },
  },
  {
    name: 'desk-log',
    async open(page) {
      await page.goto(`/desk/orders?event=${await soldFrom(page)}`)
      await page.getByRole('table').waitFor()
    },
  },
  {
    name: 'desk-booking',
    async open(page) {
      const { id } = await buy(page)
      await openDesk(page)
      await page.goto(`/desk/orders?booking=${id}`)
      await page.getByRole('button', { name: 'Refund this booking' }).click()
    },
  },
  {
    name: 'desk-double-entries',
    async open(page) {
      const { eventId, tickets } = await eventWithTickets(page, 3, 'Quartett Morgenrot: Haydn and Shaw')
      for (const gate of ['Main entrance, left', 'Gate 2'])
        for (const { code } of tickets) await scanElsewhere(page, { eventId, code, gate, letIn: true })
      await openDesk(page)
      await page.goto(`/desk/events/${eventId}/double-entries`)
      await page.getByRole('table').waitFor()
    },
  },
  {
    name: 'door-gate',
    async open(page) {
      await gateWith(page, 1)
      await page.getByRole('button', { name: 'Change gate' }).click()
    },
  },
  {
    name: 'door-enter',
    async open(page) {
      const { tickets } = await gateWith(page, 1)
      await typeCode(page, tickets[0]?.code)
      await page.locator('.door-answer').waitFor()
    },
  },
  {
    name: 'door-refused',
    async open(page) {
      const { eventId, tickets } = await gateWith(page, 1)
      const code = tickets[0]?.code ?? null
      await scanElsewhere(page, { eventId, code, gate: 'Gate 1' })
      await typeCode(page, code)
      await page.locator('.door-answer').waitFor()
    },
  },
  {
    name: 'door-offline',
    async open(page) {
      const { eventId, tickets } = await gateWith(page, 2)
      const [first = null, second] = tickets.map(({ code }) => code)
      const ofEvent = `**/check-in/${eventId}/**`
      await page.route(ofEvent, (route) => route.abort())
      await scanElsewhere(page, { eventId, code: first, gate: 'Gate 1' })
      await typeCode(page, first)
      await page.getByText('1 scan waits to be sent').waitFor()
      await page.unroute(ofEvent)
      await page.getByRole('heading', { name: 'Wrong entries' }).waitFor()
      await page.route(ofEvent, (route) => route.abort())
      await typeCode(page, second)
      await page.getByText('1 scan waits to be sent').waitFor()
      await page.keyboard.press('Escape')
    },
  },
]
