import test from 'ava'
import type { Page } from 'playwright-core'
import type { Booking } from '#shared/contracts/bookings.ts'
import type { Hold } from '#shared/contracts/holds.ts'
import { forFile } from '../support/for-file.ts'
import { letRunOut } from '../support/let-run-out.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { openWindow } from './support/browser.ts'
import { hold, send } from './support/buyer.ts'
import { sharedBrowser, sharedUnlimitedShop } from './support/shared-shop.ts'

const shop = sharedUnlimitedShop()
const browser = sharedBrowser()
const db = forFile(async () => openPostgres(shop.databaseUrl))

/** A window with the page of a new hold. */
async function openHold(options: { qty?: number; width?: number } = {}) {
  const window = await openWindow(browser, shop.url, options)
  const held = await hold(window.page, options)
  await window.page.goto(`/shop/holds/${held.id}`)
  return { ...window, held }
}

const choose = (page: Page, card: string) => page.getByText(card, { exact: true }).click()
const pressPay = (page: Page) => page.locator('#pay').click()
/** What is said after some requests in vain comes after seconds, on a busy machine after many. */
const note = (page: Page, text: string | RegExp) => page.locator('.notes').getByText(text).waitFor({ timeout: 30_000 })
const bookingsOf = async (page: Page) => (await send<{ items: Booking[] }>(page, 'GET', '/bookings?limit=100')).items

/** How often the buyer of a window was charged. */
async function charges(page: Page): Promise<number> {
  const paid = (await bookingsOf(page)).filter(({ payment }) => payment.status === 'captured')
  return paid.length
}

test.serial('a buyer pays, and is shown the tickets; going back does not lead to the payment again', async (t) => {
  const { page, faults, close } = await openHold()
  await pressPay(page)
  await page.waitForURL(/\/shop\/bookings\/[\w-]{43}$/)
  await page.getByText('Bought.').waitFor()
  t.is(await page.locator('.ticket-stub.yours').count(), 3)
  await page.goBack()
  t.false(page.url().includes('/shop/holds/'))
  t.deepEqual(faults, [])
  await close()
})

test.serial('by keyboard alone, at 360 px: choose a card, pay', async (t) => {
  const { page, close } = await openHold({ width: 360 })
  const radio = page.getByRole('radio').first()
  await radio.focus()
  await page.keyboard.press('ArrowDown')
  t.true(await page.getByRole('radio', { name: 'Declined card' }).isChecked())
  await page.keyboard.press('Enter')
  await note(page, 'Your bank said no.')
  await radio.focus()
  await page.keyboard.press('Space')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/shop\/bookings\//)
  t.is(await charges(page), 1)
  await close()
})

test.serial('every card of the sandbox that fails is told in its own words', async (t) => {
  const { page, close } = await openHold()
  await choose(page, 'Declined card')
  await pressPay(page)
  await note(page, 'Nothing was charged and your seats are still yours. Try another card.')
  t.is(await page.getByRole('timer').count(), 1)
  await choose(page, 'Bank that withdraws the payment')
  await pressPay(page)
  await note(page, 'Your bank withdrew the payment.')
  t.is(await page.locator('#pay').count(), 0)
  t.is(await page.getByRole('link', { name: 'Choose seats again' }).count(), 1)
  t.is(await charges(page), 0)
  await close()
})

test.serial('a slow bank: reloading while it is asked pays once, and ends with the tickets', async (t) => {
  const { page, close } = await openHold()
  await choose(page, 'Slow bank')
  const sent = page.waitForRequest('**/purchase')
  await pressPay(page)
  await sent
  await page.reload()
  await page.waitForURL(/\/shop\/bookings\/[\w-]{43}$/, { timeout: 30_000 })
  t.is(await charges(page), 1)
  await close()
})

test.serial('a bank that answers late settles by itself, also over a reload', async (t) => {
  const { page, close } = await openHold()
  await choose(page, 'Bank that answers late')
  const sent = page.waitForRequest('**/purchase')
  await pressPay(page)
  await sent
  await page.reload()
  await page.waitForURL(/\/shop\/bookings\/[\w-]{43}$/, { timeout: 50_000 })
  t.is(await charges(page), 1)
  await close()
})

test.serial(
  'a purchase whose answer never comes is asked for by itself, also over a reload, and is paid once',
  async (t) => {
    t.timeout(120_000)
    const { page, close } = await openHold()
    await page.route('**/purchase', async (route) => {
      await route.fetch()
      const problem = { code: 'worker_timeout', status: 504, title: 'Time-out', detail: 'Too long.', retryable: true }
      await route.fulfill({ status: 504, json: problem })
    })
    // Nor is it told how it ended, until the page is opened again.
    await page.route('**/purchases/*', (route) => route.abort('internetdisconnected'))
    await pressPay(page)
    await note(page, 'No answer yet.')
    await note(page, 'Your bank has not answered yet.')
    await page.unroute('**/purchases/*')
    await page.reload()
    await page.waitForURL(/\/shop\/bookings\/[\w-]{43}$/, { timeout: 50_000 })
    t.is(await charges(page), 1)
    await close()
  },
)

test.serial('a network that is cut before, or while the purchase is answered, charges once', async (t) => {
  for (const cut of ['before', 'while answered']) {
    const { page, close } = await openHold()
    let tries = 0
    await page.route('**/purchase', async (route) => {
      tries += 1
      if (tries > 2) return route.continue()
      if (cut === 'while answered') await route.fetch()
      return route.abort('internetdisconnected')
    })
    await pressPay(page)
    await note(page, 'No connection.')
    await page.waitForURL(/\/shop\/bookings\/[\w-]{43}$/, { timeout: 30_000 })
    t.true(tries >= 3, cut)
    t.is(await charges(page), 1, cut)
    await close()
  }
})

test.serial('without a network a press is sent when it is back, once', async (t) => {
  const { page, close } = await openHold()
  await page.context().setOffline(true)
  await pressPay(page)
  await note(page, 'No connection.')
  // A second press does nothing, though the button can be pressed.
  t.is(await page.locator('#pay').getAttribute('disabled'), null)
  await page.locator('#pay').click({ force: true })
  await page.context().setOffline(false)
  await page.waitForURL(/\/shop\/bookings\/[\w-]{43}$/, { timeout: 30_000 })
  t.is(await charges(page), 1)
  await close()
})

test.serial('two tabs pay for one hold once, and both show the tickets', async (t) => {
  const { page, held, close } = await openHold()
  const second = await page.context().newPage()
  await second.goto(`/shop/holds/${held.id}`)
  await choose(page, 'Slow bank')
  await pressPay(page)
  await second
    .locator('#pay')
    .click({ timeout: 2_000 })
    .catch(() => undefined)
  for (const tab of [page, second]) await tab.waitForURL(/\/shop\/bookings/, { timeout: 30_000 })
  t.is(await charges(page), 1)
  await close()
})

test.serial('seats that another tab changed cost another sum, which the buyer must agree to', async (t) => {
  const { page, held, close } = await openHold({ qty: 2 })
  const before = await page.locator('.sum strong').textContent()
  const [first] = held.places
  const seat = first !== undefined && 'seat_no' in first ? first.seat_no : 0
  await send(page, 'PATCH', `/holds/${held.id}`, { seat_nos: [seat] })
  await pressPay(page)
  await note(page, 'The price has changed.')
  await page.waitForFunction((sum) => document.querySelector('.sum strong')?.textContent !== sum, before)
  t.is(await charges(page), 0)
  await pressPay(page)
  await page.waitForURL(/\/shop\/bookings\/[\w-]{43}$/)
  t.is(await charges(page), 1)
  await close()
})

test.serial(
  'a hold keeps its clock over a reload; more time, fewer seats and releasing all are one press each',
  async (t) => {
    const { page, held, close } = await openHold({ qty: 2 })
    const clock = async () => {
      const [minutes = 0, seconds = 0] = ((await page.getByRole('timer').textContent()) ?? '').split(':').map(Number)
      return 60 * minutes + seconds
    }
    const before = await clock()
    await page.reload()
    t.true((await clock()) <= before && before <= 600)
    await page.getByRole('button', { name: 'More time' }).click()
    await note(page, /^Yours until \d\d:\d\d now\.$/)
    await page
      .getByRole('button', { name: /^Release .+, seat/ })
      .first()
      .click()
    await page.locator('.hold-body li').nth(1).waitFor({ state: 'detached' })
    const changed = await send<Hold>(page, 'GET', `/holds/${held.id}`)
    t.is(changed.places.length, 1)
    await page.getByRole('button', { name: 'Release all' }).click()
    await page.waitForURL(/\/shop\/events\//)
    t.is((await send<Hold>(page, 'GET', `/holds/${held.id}`)).status, 'released')
    await close()
  },
)

test.serial('a release whose answer is lost is sent again; one that is refused says why', async (t) => {
  const { page, held, close } = await openHold({ qty: 2 })
  const detail = 'These places are being paid for; they cannot be released now.'
  let tries = 0
  await page.route(`**/holds/${held.id}`, async (route) => {
    if (route.request().method() !== 'DELETE') return route.continue()
    tries += 1
    if (tries === 1) {
      const problem = { code: 'hold_paying', status: 409, title: '', detail, retryable: false }
      return route.fulfill({ status: 409, contentType: 'application/problem+json', json: problem })
    }
    if (tries > 2) return route.continue()
    await route.fetch()
    return route.abort('internetdisconnected')
  })
  const press = () => page.getByRole('button', { name: 'Release all' }).click()
  await press()
  await note(page, detail)
  await press()
  await page.waitForURL(/\/shop\/events\//)
  t.is(tries, 3)
  t.is((await send<Hold>(page, 'GET', `/holds/${held.id}`)).status, 'released')
  await close()
})

test.serial('nothing is paid while the places are being released', async (t) => {
  const { page, held, close } = await openHold()
  const purchases: string[] = []
  page.on('request', (request) => request.url().endsWith('/purchase') && purchases.push(request.url()))
  const pressed = Promise.withResolvers<void>()
  await page.route(`**/holds/${held.id}`, async (route) => {
    await pressed.promise
    await route.continue()
  })
  await page.getByRole('button', { name: 'Release all' }).click()
  await page.getByRole('button', { name: 'Releasing…' }).waitFor()
  t.is(await page.locator('#pay').getAttribute('aria-disabled'), 'true')
  await page.locator('#pay').click({ force: true })
  pressed.resolve()
  await page.waitForURL(/\/shop\/events\//)
  t.deepEqual(purchases, [])
  await close()
})

test.serial('a page that is releasing stays once another tab pays, and shows the tickets', async (t) => {
  const { page, held, close } = await openHold()
  const paying = Promise.withResolvers<void>()
  await page.route(`**/holds/${held.id}`, async (route) => {
    if (route.request().method() !== 'DELETE') return route.continue()
    await paying.promise
    return route.fulfill({ status: 204 })
  })
  await page.getByRole('button', { name: 'Release all' }).click()
  await page.getByRole('button', { name: 'Releasing…' }).waitFor()
  const second = await page.context().newPage()
  await second.goto(`/shop/holds/${held.id}`)
  await choose(second, 'Slow bank')
  await pressPay(second)
  await page.locator('.hold-links').waitFor({ state: 'detached' })
  const released = page.waitForResponse((response) => response.request().method() === 'DELETE')
  paying.resolve()
  await released
  await page.waitForURL(/\/shop\/bookings/, { timeout: 30_000 })
  t.is(await charges(page), 1)
  await close()
})

test.serial('a hold that ran out says so, also to who comes back to it later', async (t) => {
  const { page, held, close } = await openHold()
  await letRunOut(db, held)
  await pressPay(page)
  await note(page, 'Your time ran out.')
  await page.reload()
  await note(page, 'Your time ran out.')
  t.is(await charges(page), 0)
  await close()
})

test.serial("somebody else's hold, and one that never was, are a page with the next step", async (t) => {
  const { held, close } = await openHold()
  const other = await openHold()
  for (const id of [held.id, `${held.id.slice(0, 24)}${'A'.repeat(19)}`]) {
    const answer = await other.page.goto(`/shop/holds/${id}`)
    t.is(answer?.status(), 404)
    t.is(await other.page.getByRole('link', { name: /^See what.s on$/ }).count(), 1)
  }
  await other.close()
  await close()
})
