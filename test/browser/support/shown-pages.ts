import type { Page } from 'playwright-core'
import { demoIdAt } from '../../../infra/ops/demo-catalogue/events.ts'
import { until } from '../../support/until.ts'
import { buy, buyPlaces, hold, openRoom, send, signIn, soldOutEvent } from './buyer.ts'
import { mapReady } from './map-points.ts'

/** A page that the tests of all pages look at, and of which there are screenshots. Add yours here. */
export interface ShownPage {
  /** Also the name of its picture. */
  readonly name: string
  /** Its first screen stands in the README, as this file of `gateway/storefront/pictures`. */
  readonly picture?: string
  /** Opens it; its base URL is the shop. */
  open(page: Page): Promise<unknown>
}

const at = (name: string, path: string, picture?: string): ShownPage => ({
  name,
  ...(picture === undefined ? {} : { picture }),
  open: (page) => page.goto(path),
})

const event = (
  name: string,
  index: number,
  more: (page: Page) => Promise<unknown> = async () => undefined,
  picture?: string,
): ShownPage => ({
  name,
  ...(picture === undefined ? {} : { picture }),
  async open(page) {
    await page.goto(`/shop/events/${demoIdAt(index)}`)
    await mapReady(page)
    await more(page)
  },
})

const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString()
const drawLater = () => ({ closes_at: inHours(2), opens_at: inHours(2.1) })

/** The line of an event whose room is as wanted; the buyer has joined. */
async function joinLine(page: Page, index: number, room: object = {}): Promise<void> {
  const eventId = demoIdAt(index)
  await openRoom(page, eventId, room)
  await signIn(page)
  await page.goto(`/shop/events/${eventId}/line?join=1`)
}

/** A new buyer before an event that is sold out. */
async function soldOut(page: Page) {
  await page.goto('/')
  await signIn(page)
  return soldOutEvent(new URL(page.url()).origin)
}

export const shownPages: readonly ShownPage[] = [
  at('list', '/', 'list.png'),
  at('list-search', '/?keyword=wortwechsle'),
  at('list-filtered', '/?city=Berlin&type=Comedy'),
  at('list-nothing', '/?keyword=zzzzzzzz'),
  at('list-wrong-filter', '/?start=2027-13-01'),
  event('event-arena', 0),
  event('event-arena-seats', 0, (page) => page.locator('.map canvas').click({ position: { x: 150, y: 60 } })),
  event(
    'event-theatre',
    1,
    async (page) => {
      for (const key of ['Enter', 'Enter', 'Enter', 'ArrowRight', 'Enter', 'ArrowDown']) {
        await page.locator('.map-keyboard button:visible').press(key)
      }
    },
    'event.png',
  ),
  event('event-list', 1, async (page) => {
    await page.getByRole('link', { name: 'List' }).click()
    await page
      .locator('summary', { hasText: 'Boxes' })
      .or(page.locator('summary', { hasText: 'Stalls centre' }))
      .first()
      .click()
    await page.locator('.seat-box input').nth(3).check({ force: true })
  }),
  event('event-club', 6),
  {
    name: 'event-line',
    async open(page) {
      await openRoom(page, demoIdAt(2))
      await page.goto(`/shop/events/${demoIdAt(2)}`)
      await mapReady(page)
      await page.getByText('There is a line for this event').waitFor()
    },
  },
  {
    name: 'line-join',
    async open(page) {
      await openRoom(page, demoIdAt(2))
      await signIn(page)
      await page.goto(`/shop/events/${demoIdAt(2)}/line`)
      await page.getByRole('button', { name: 'Join the line' }).waitFor()
    },
  },
  {
    name: 'line-waiting',
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
      await joinLine(page, 3, { state: 'paused' })
      await page.getByText('1,204').waitFor()
      await page.locator('.line-how summary').click()
    },
  },
  {
    name: 'line-before-joining',
    async open(page) {
      await openRoom(page, demoIdAt(5), { state: 'pre_queue', draw: { ...drawLater(), joins_from: inHours(1) } })
      await signIn(page)
      await page.goto(`/shop/events/${demoIdAt(5)}/line`)
      await page.getByText(/^You can join from/).waitFor()
    },
  },
  {
    name: 'line-before-draw',
    async open(page) {
      await joinLine(page, 7, { state: 'pre_queue', draw: drawLater() })
      await page.getByText(/^Places are drawn/).waitFor()
      await page.getByRole('timer').waitFor()
      await page.locator('.line-how summary').click()
    },
  },
  {
    name: 'line-turn',
    async open(page) {
      await joinLine(page, 2)
      await page.getByRole('heading', { name: 'It is your turn' }).waitFor()
    },
  },
  {
    name: 'line-left',
    async open(page) {
      await joinLine(page, 3, { state: 'paused' })
      await page.getByRole('button', { name: 'Leave the line' }).click()
      await page.getByText('You left the line').waitFor()
    },
  },
  {
    name: 'line-none',
    async open(page) {
      await signIn(page)
      await page.goto(`/shop/events/${demoIdAt(4)}/line`)
      await page.getByText('There is no line now').waitFor()
    },
  },
  {
    name: 'event-your-turn',
    async open(page) {
      await joinLine(page, 2)
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
      await page.getByText('Card that is declined').click()
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
      await page.getByText('You gave these seats back.').waitFor()
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
      await page.goto(`/shop/bookings/${(await buy(page)).id}#give-back`)
      await page.getByRole('checkbox').first().check()
    },
  },
  {
    name: 'ticket',
    picture: 'ticket.png',
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
]
