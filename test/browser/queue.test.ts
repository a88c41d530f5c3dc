import test from 'ava'
import type { Page } from 'playwright-core'
import type { Booking } from '#shared/contracts/bookings.ts'
import { demoIdAt } from '../../infra/ops/demo-catalogue/events.ts'
import { until } from '../support/until.ts'
import { openWindow } from './support/browser.ts'
import { openRoom, send, signIn } from './support/buyer.ts'
import { mapReady } from './support/map-points.ts'
import { sharedBrowser, sharedUnlimitedShop } from './support/shared-shop.ts'

const shop = sharedUnlimitedShop()
const browser = sharedBrowser()

const paused = { state: 'paused' }

/** A window whose buyer is in the queue for an event of the demo catalogue. */
async function joinQueue(index: number, room: object | (() => object)) {
  const window = await openWindow(browser, shop.url)
  const eventId = demoIdAt(index)
  await signIn(window.page)
  await openRoom(window.page, eventId, typeof room === 'function' ? room() : room)
  await window.page.goto(`/shop/events/${eventId}/queue?join=1`)
  return { ...window, eventId }
}

const place = async (page: Page) => (await page.locator('.queue-place strong').textContent()) ?? ''

test.serial('an event with a waiting room leads into it, and who is called chooses, holds and pays', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  const eventId = demoIdAt(1)
  await openRoom(page, eventId)
  await page.goto(`/shop/events/${eventId}`)
  await mapReady(page)
  await page.getByText('There is a queue for this event').waitFor()
  t.is(await page.getByRole('button', { name: /^Hold/ }).count(), 0)
  await page.getByRole('link', { name: 'Join the queue' }).click()
  await page.getByLabel('Name').fill('ines.queue')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'It is your turn' }).waitFor()
  await page.getByRole('button', { name: 'Choose seats' }).click()
  await page.waitForURL(`${shop.url}/shop/events/${eventId}`)
  await page.getByText(/^\d+:\d\d left to choose\.$/).waitFor()
  await page.getByRole('button', { name: 'Hold the best 2 together' }).click()
  await page.getByRole('link', { name: /^Continue to payment/ }).click()
  await page.locator('#pay').click()
  await page.getByText('Bought.').waitFor()
  t.is((await send<{ items: Booking[] }>(page, 'GET', '/bookings')).items.length, 1)
  t.deepEqual(faults, [])
  await close()
})

test.serial('a place in the queue is kept over reload, back and a second tab', async (t) => {
  const { page, faults, eventId, close } = await joinQueue(2, paused)
  await page.locator('.queue-place').waitFor()
  const own = await place(page)
  t.false(page.url().includes('join'), 'a reload must not join again for somebody who left')
  await page.reload()
  await page.locator('.queue-place').waitFor()
  t.is(await place(page), own)
  await page.goto('/')
  await page.goBack()
  await page.locator('.queue-place').waitFor()
  t.is(await place(page), own)
  const second = await page.context().newPage()
  await second.goto(`/shop/events/${eventId}/queue?join=1`)
  await second.locator('.queue-place').waitFor()
  t.is(await place(second), own)
  await second.getByRole('button', { name: 'Leave the queue' }).click()
  await page.getByText('You left the queue').waitFor()
  t.deepEqual(faults, [])
  await close()
})

test.serial('without a network the queue shows its last figures with their time, and goes on by itself', async (t) => {
  const { page, close } = await joinQueue(3, paused)
  await page.locator('.queue-place').waitFor()
  const own = await place(page)
  await page.context().setOffline(true)
  // What a page does when it comes to the front.
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await page.getByText(/^No connection\. These figures are from \d\d:\d\d\./).waitFor()
  t.is(await place(page), own)
  await page.context().setOffline(false)
  await page.getByText(/^No connection/).waitFor({ state: 'detached' })
  t.is(await place(page), own)
  await close()
})

test.serial('a buyer who is called and does not come is told so, and can join again', async (t) => {
  const { page, close } = await joinQueue(4, { claim_s: 5 })
  await page.getByText('Your turn passed').waitFor({ timeout: 30_000 })
  await page.getByRole('button', { name: 'Join again' }).click()
  await page.getByRole('heading', { name: 'It is your turn' }).waitFor()
  t.pass()
  await close()
})

test.serial(
  'before a draw the page counts down, and behind it shows the number that was drawn, by itself',
  async (t) => {
    const drawIn = (ms: number) => {
      const at = new Date(Date.now() + ms).toISOString()
      return { state: 'pre_queue', draw: { closes_at: at, opens_at: at } }
    }
    const { page, faults, eventId, close } = await joinQueue(9, drawIn(3_600_000))
    await page.getByText(/^Places are drawn /).waitFor()
    await page.getByRole('timer').waitFor()
    await page.locator('.queue-how summary').click()
    await page.getByText('Who could cheat?').waitFor()
    const { commitment } = await send<{ commitment: string }>(page, 'GET', `/events/${eventId}/queue/draw`)
    await page.getByText(commitment).waitFor()
    // A busy machine may hear of it when it is over.
    await until('the closing is announced', async () => {
      const refusal = await openRoom(page, eventId, drawIn(1_000)).catch((error: Error) => error.message)
      if (refusal !== undefined && !refusal.includes('must be in the future')) throw new Error(refusal)
      return refusal === undefined
    })
    // As when the page comes to the front.
    await page.evaluate(() => dispatchEvent(new Event('online')))
    await page.getByRole('heading', { name: 'It is your turn' }).waitFor({ timeout: 50_000 })
    const { seed } = await send<{ seed: string | null }>(page, 'GET', `/events/${eventId}/queue/draw`)
    t.regex(seed ?? '', /^[0-9a-f]{64}$/)
    t.deepEqual(faults, [])
    await close()
  },
)

test.serial('a pass that is over leads back to the queue, and what was chosen is kept', async (t) => {
  const { page, eventId, close } = await joinQueue(5, {})
  await page.getByRole('button', { name: 'Choose seats' }).click()
  await page.waitForURL(`${shop.url}/shop/events/${eventId}`)
  await mapReady(page)
  for (const key of ['Enter', 'Enter', 'Enter']) await page.locator('.map-keyboard button:visible').press(key)
  await page.getByText('1 seat chosen').first().waitFor()
  const [stored] = JSON.parse((await page.evaluate(() => localStorage.getItem('ticketing-queue'))) ?? '[]')
  await send(page, 'DELETE', `/queue/${stored.place_id}`)
  await page.getByRole('button', { name: 'Hold 1 seat' }).first().click()
  await page.waitForURL(`${shop.url}/shop/events/${eventId}/queue`)
  await page.getByText('Your turn is over').waitFor()
  await page.goto(`/shop/events/${eventId}`)
  await page.getByText('1 seat chosen').first().waitFor()
  t.is((await page.getByRole('link', { name: 'Join the queue' }).count()) > 0, true)
  await close()
})

test.serial('where no queue is on, its page leads to the places', async (t) => {
  const { page, close } = await openWindow(browser, shop.url)
  await signIn(page)
  await page.goto(`/shop/events/${demoIdAt(7)}/queue?join=1`)
  await page.getByText('There is no queue now').waitFor()
  await page.getByRole('link', { name: 'See seats and prices' }).click()
  await page.waitForURL(`${shop.url}/shop/events/${demoIdAt(7)}`)
  t.pass()
  await close()
})

test.serial("another's queue is a page that asks first who one is, and joins afterwards", async (t) => {
  const { page, close } = await openWindow(browser, shop.url)
  const eventId = demoIdAt(8)
  await openRoom(page, eventId, paused)
  await page.goto(`/shop/events/${eventId}/queue?join=1`)
  await page.getByLabel('Name').fill('noor')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('.queue-place').waitFor()
  t.regex(await place(page), /^\d+$/)
  await close()
})

test.serial('a full queue is told at once, after one request', async (t) => {
  const { page, close } = await openWindow(browser, shop.url)
  const eventId = demoIdAt(8)
  await openRoom(page, eventId, paused)
  await signIn(page)
  let joins = 0
  await page.route(`**/events/${eventId}/queue`, (route) => {
    joins += 1
    const problem = { code: 'queue_full', status: 503, title: 'Queue full', detail: 'No room.', retryable: true }
    return route.fulfill({ status: 503, json: problem })
  })
  await page.goto(`/shop/events/${eventId}/queue?join=1`)
  await page.getByText('The queue is full').waitFor()
  t.is(joins, 1)
  await close()
})

test.serial('a queue that is refused says why, and not that there is no connection', async (t) => {
  const { page, close } = await joinQueue(3, paused)
  await page.locator('.queue-place').waitFor()
  await page.route('**/queue/*', (route) => {
    const problem = { code: 'rate_limited', status: 429, title: 'Too many requests', detail: '', retryable: true }
    return route.fulfill({ status: 429, json: problem })
  })
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await page.getByText(/^Too many requests\. These figures are from \d\d:\d\d\./).waitFor()
  t.pass()
  await close()
})
