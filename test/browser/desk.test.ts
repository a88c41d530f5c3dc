import test from 'ava'
import type { Page } from 'playwright-core'
import type { WaitingRoom } from '#shared/contracts/waiting-room.ts'
import { daysFromToday } from '../support/catalogue.ts'
import { organiserKey } from '../support/system.ts'
import { until } from '../support/until.ts'
import { openWindow } from './support/browser.ts'
import { buy, organise, send } from './support/buyer.ts'
import { sharedBrowser, sharedUnlimitedShop } from './support/shared-shop.ts'

const shop = sharedUnlimitedShop()
const browser = sharedBrowser()

const evening = {
  name: 'An evening at the desk',
  venue: { name: 'Kleiner Speicher', city: 'Berlin', country: 'DE', tz: 'Europe/Berlin' },
  starts_on: daysFromToday(30),
  starts_at_local: '20:00',
  sections: [{ name: 'Stalls', rows: 5, seats_per_row: 10, price_minor: 4_200 }],
}

/** A window before a page of the desk, signed in by its form. */
async function openDesk(path: string, page: Page): Promise<void> {
  await page.goto(path)
  await page.getByLabel('Organiser key').fill(organiserKey)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel('Organiser key').waitFor({ state: 'detached' })
}

const figure = (page: Page, name: string) =>
  page
    .locator('.desk-figures > div', { has: page.getByText(name, { exact: true }) })
    .locator('dd')
    .first()

/** The text of the element that has the focus. */
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent)

/** Presses what leads to a change, reads what it will do, and confirms it. */
async function change(page: Page, button: string, { says, done }: { says: RegExp; done: string }): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click()
  await page.locator('#change').getByText(says).waitFor()
  await page.locator('#change').getByRole('button', { name: button, exact: true }).click()
  await page.getByText(done, { exact: true }).waitFor()
}

test('an organiser signs in, sees the figures change when somebody buys, pauses and resumes the sale and opens a queue', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  const buyer = await openWindow(browser, shop.url)
  const eventId = await organise(page, evening)
  await page.goto(`/desk/events/${eventId}`)
  await page.getByLabel('Organiser key').fill('org_wrong-0123456789abcdef')
  await page.getByRole('button', { name: 'Sign in' }).click()
  t.is(await page.getByRole('alert').textContent(), 'This key is not valid.')
  await page.getByLabel('Organiser key').fill(organiserKey)
  await page.getByRole('button', { name: 'Sign in' }).click()

  await page.getByRole('heading', { name: evening.name }).waitFor()
  t.is(page.url(), `${shop.url}/desk/events/${eventId}`)
  t.false((await page.content()).includes(organiserKey))
  const [desk] = (await page.context().cookies(`${shop.url}/admin`)).filter(({ name }) => name === 'ticketing_desk')
  t.like(desk, { path: '/admin', httpOnly: true, sameSite: 'Strict' })

  t.is(await figure(page, 'Sold').textContent(), '0')
  await page.getByText('Nothing was sold yet.').waitFor()
  await buy(buyer.page, { eventId, qty: 3 })
  await figure(page, 'Sold').getByText('3', { exact: true }).waitFor()
  t.is(await figure(page, 'Revenue').textContent(), 'EUR\u00a0126')
  await page.getByRole('img', { name: /6% were sold/ }).waitFor()
  await page.getByText('Live', { exact: true }).waitFor()

  await change(page, 'Pause the sale', { says: /^Nobody can take new places/, done: 'The sale is paused.' })
  await page.getByText('Sale paused', { exact: true }).waitFor()
  t.is(await focused(page), 'Resume the sale')
  const held = await buyer.page.request.post(`/events/${eventId}/holds`, { data: { best_available: { qty: 1 } } })
  t.is((await held.json()).code, 'sale_paused')
  await change(page, 'Resume the sale', { says: /at once/, done: 'The sale goes on.' })
  await page.getByText(/^On sale/).waitFor()

  await change(page, 'Open the waiting room', { says: /buyers queue/, done: 'The waiting room is open.' })
  await page.getByLabel('Called a minute, at most').fill('120')
  await page.getByLabel('Inside at the same time, at most').fill('0')
  await page.getByRole('button', { name: 'Set speed' }).click()
  await page.getByText(/^Both are whole numbers/).waitFor()
  await page.getByLabel('Inside at the same time, at most').fill('40')
  await page.getByRole('button', { name: 'Set speed' }).click()
  await page.getByText(/^At most 120 buyers are called a minute, and 40/).waitFor()
  const room = await send<WaitingRoom>(buyer.page, 'GET', `/events/${eventId}/queue`)
  t.like(room, { state: 'open', calls_per_minute: 120, max_active: 40 })
  await change(page, 'Pause the queue', { says: /Nobody is called/, done: 'The queue is paused.' })
  t.deepEqual(faults, [])
  await buyer.close()
  await close()
})

test('an event is cancelled by a word that is typed, and the desk then shows its refunds', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  const eventId = await organise(page, evening)
  await buy(page, { eventId, qty: 2 })
  await openDesk(`/desk/events/${eventId}`, page)
  await page.getByRole('button', { name: 'Cancel the event' }).click()
  const form = page.locator('#change')
  await form.getByText(/^This is final/).waitFor()
  await form.getByRole('button', { name: 'Cancel the event' }).click()
  await form.getByText('Type the word cancel first.').waitFor()
  await form.getByRole('button', { name: 'Leave it as it is' }).click()
  await form.waitFor({ state: 'detached' })
  t.is(await focused(page), 'Cancel the event')
  await page.keyboard.press('Enter')
  await form.getByRole('textbox').fill('cancel')
  await form.getByRole('textbox').press('Enter')
  await page.getByText('The event is cancelled.', { exact: false }).waitFor()
  await page.getByText('1 of 1 bookings are refunded').waitFor()
  t.is(await page.getByRole('button', { name: 'Cancel the event' }).count(), 0)
  t.deepEqual(faults, [])
  await close()
})

/** Keeps back the answers to some requests, each as the gateway gave it when it was asked, until they are let go one by one. */
async function keepBack(page: Page, path: string, method = 'GET') {
  const kept: (() => Promise<void>)[] = []
  let hasEnded = false
  await page.route(path, async (route) => {
    if (route.request().method() !== method) return route.fallback()
    const response = await route.fetch()
    if (hasEnded) return route.fulfill({ response })
    kept.push(() => route.fulfill({ response }))
  })
  return {
    until: (count: number) =>
      until(`${count} answers are kept back`, async () => kept.length >= count, { timeoutMs: 30_000 }),
    letGo: (at: number) => kept[at]?.(),
    async end() {
      hasEnded = true
      // Those that were let go before refuse to go twice.
      for (const letGo of kept) await letGo().catch(() => undefined)
      await page.unrouteAll({ behavior: 'wait' })
    },
  }
}

test('while a cancellation is being sent it cannot be left, and no other change begins', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  const eventId = await organise(page, evening)
  await openDesk(`/desk/events/${eventId}`, page)
  const answers = await keepBack(page, `**/admin/events/${eventId}/cancel`, 'POST')
  await page.getByRole('button', { name: 'Cancel the event' }).click()
  await page.locator('#change').getByRole('textbox').fill('cancel')
  await page.locator('#change').getByRole('textbox').press('Enter')
  await page.getByRole('button', { name: 'Cancelling…' }).waitFor()
  t.is(await page.getByRole('button', { name: 'Leave it as it is' }).count(), 0)
  await page.getByRole('button', { name: 'Open the waiting room' }).click()
  await page.getByRole('button', { name: 'Cancelling…' }).waitFor()
  t.is(await page.getByRole('heading', { name: 'Open the waiting room?' }).count(), 0)
  await answers.until(1)
  await answers.letGo(0)
  await page.getByText('The event is cancelled.', { exact: false }).waitFor()
  t.deepEqual(faults, [])
  await close()
})

test('after an empty answer of a proxy the figures say how old they are, and go on with the next answer', async (t) => {
  const { page, close } = await openWindow(browser, shop.url)
  const buyer = await openWindow(browser, shop.url)
  const eventId = await organise(page, evening)
  await openDesk(`/desk/events/${eventId}`, page)
  await page.getByText('Live', { exact: true }).waitFor()
  await page.route('**/report', (route) => route.fulfill({ status: 502, body: '' }))
  await page.getByText(/^Figures of \d\d:\d\d$/).waitFor()
  await buy(buyer.page, { eventId, qty: 3 })
  await page.unroute('**/report')
  await figure(page, 'Sold').getByText('3', { exact: true }).waitFor()
  t.is(await page.getByText('Live', { exact: true }).count(), 1)
  await buyer.close()
  await close()
})

test('an answer that was under way before a change does not undo what the change has shown', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  const eventId = await organise(page, evening)
  await openDesk(`/desk/events/${eventId}`, page)
  await page.getByText('Live', { exact: true }).waitFor()
  const answers = await keepBack(page, `**/admin/events/${eventId}`)
  await change(page, 'Pause the sale', { says: /^Nobody can take new places/, done: 'The sale is paused.' })
  await answers.until(1)
  await change(page, 'Resume the sale', { says: /at once/, done: 'The sale goes on.' })
  await answers.letGo(0)
  // Asked by the look that follows, so the one before has shown all that it will show.
  await answers.until(2)
  await page.getByText(/^On sale/).waitFor()
  t.is(await page.getByText('Sale paused', { exact: true }).count(), 0)
  t.is(await page.getByRole('button', { name: 'Pause the sale', exact: true }).count(), 1)
  await answers.end()
  t.deepEqual(faults, [])
  await close()
})

test('an organiser who signs in while an answer is under way sees the event at once', async (t) => {
  const { page, close } = await openWindow(browser, shop.url)
  const eventId = await organise(page, evening)
  const answers = await keepBack(page, `**/admin/events/${eventId}/report`)
  await openDesk(`/desk/events/${eventId}`, page)
  await answers.until(1)
  await answers.letGo(0)
  await answers.until(2)
  await answers.letGo(1)
  await page.getByRole('heading', { name: evening.name }).waitFor()
  await answers.end()
  t.is(await page.getByLabel('Organiser key').count(), 0)
  await close()
})

test('an organiser finds an event by its name, its sales log and a booking, and refunds it', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  const eventId = await organise(page, { ...evening, name: 'Zwielichtabend' })
  const { id } = await buy(page, { eventId, qty: 2 })
  await openDesk('/desk', page)
  await page.getByRole('row').nth(1).waitFor()
  await page.getByRole('link', { name: 'Earlier events' }).click()
  await page.waitForURL(/\/desk\?start=\d{4}-\d\d-\d\d$/)
  await page.getByRole('row').nth(1).waitFor()
  await page.getByLabel('Search events').fill('zwielichtabend')
  await page.getByLabel('Search events').press('Enter')
  await page.getByRole('row', { name: /Zwielichtabend.*2 of 50.*On sale/ }).waitFor()
  await page.getByRole('link', { name: 'Zwielichtabend' }).click()
  await page.getByRole('link', { name: 'Sales log' }).click()
  await page.waitForURL(`${shop.url}/desk/orders?event=${eventId}`)
  await page.getByRole('row', { name: /Sold/ }).getByRole('link').click()
  await page.waitForURL(`${shop.url}/desk/orders?booking=${id}`)
  await page.getByText('2 of 2 valid').waitFor()
  // As if the payment provider had not answered yet.
  await page.route('**/refund', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, status: 202, json: { ...(await response.json()), refund_due_minor: 8_400 } })
  })
  // The page looks again after three seconds, and then it is gone: a busy machine may look too late.
  const isDue = page.getByText('Still to be refunded').waitFor()
  await change(page, 'Refund this booking', {
    says: /the places are sold again/,
    done: 'The tickets are void, and the money goes back to the buyer.',
  })
  await page.getByText('0 of 2 valid').waitFor()
  await isDue
  await page.getByText('Still to be refunded').waitFor({ state: 'detached' })

  await page.getByLabel('Booking id or event id').fill('nonsense')
  await page.getByRole('button', { name: 'Find' }).click()
  await page.getByText('This is neither the id of a booking nor of an event.').waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Organiser key').waitFor()
  await page.goto(`/desk/orders?booking=${id}`)
  await page.getByLabel('Organiser key').waitFor()
  t.deepEqual(faults, [])
  await close()
})
