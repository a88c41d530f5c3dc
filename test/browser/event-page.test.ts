import test from 'ava'
import type { Page } from 'playwright-core'
import { demoEventId } from '#shared/ids.ts'
import type { Plan } from '../../gateway/storefront/browser/seat-map/plan.ts'
import { demoIdAt } from '../../infra/ops/demo-catalogue/events.ts'
import { holdPlaces } from '../support/buying.ts'
import { ask, changeEvent, eventOnSale } from '../support/http.ts'
import { until } from '../support/until.ts'
import { openWindow, plainAddress } from './support/browser.ts'
import { buy } from './support/buyer.ts'
import { mapReady, planOf, pointInSection, pointInWhole } from './support/map-points.ts'
import { sharedBrowser, sharedUnlimitedShop } from './support/shared-shop.ts'
import { blocks, sellHouse } from './support/sold-house.ts'

/* The way from an event to the hold. Each test has an event of its own, so that none takes the seats of another. */

const arenaShow = demoEventId
const [recital, comedy, evening, lighthouse, finale, unplugged, youngest] = [1, 2, 3, 4, 5, 6, 7].map(demoIdAt) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
]

const shop = sharedUnlimitedShop()
const browser = sharedBrowser()
let arenaPlan: Plan

test.before(async () => {
  arenaPlan = await planOf(shop.url, arenaShow)
})

async function openEvent(eventId: string, reader: Parameters<typeof openWindow>[2] = {}) {
  const opened = await openWindow(browser, shop.url, reader)
  await opened.page.goto(`/shop/events/${eventId}`)
  return opened
}

/** Another buyer takes seats by the API. */
async function takeElsewhere(eventId: string, seats: readonly number[]): Promise<void> {
  const { status, text } = await holdPlaces(shop.url, eventId, seats, `other-${seats.join('-')}`)
  if (status !== 201) throw new Error(text)
}

/** Releases the buyer's hold of the event that a page shows. */
async function releaseInOtherTab(page: Page): Promise<void> {
  const tab = await page.context().newPage()
  await tab.goto(page.url())
  await tab.getByRole('button', { name: 'Release all' }).click()
  await tab.getByText('Your places are free again.').waitFor()
  await tab.close()
}

async function heldSeats(page: Page): Promise<number[]> {
  await page.waitForURL(/\/shop\/holds\//)
  const id = new URL(page.url()).pathname.split('/').at(-1)
  const hold = await page.evaluate(async (path) => (await fetch(path)).json(), `/holds/${id}`)
  return hold.places.map(({ seat_no }: { seat_no: number }) => seat_no)
}

for (const width of [1280, 360]) {
  test.serial(
    `by mouse, at ${width} px, a press on a section and one on a seat choose it, and the hold is its`,
    async (t) => {
      const { page, faults, close } = await openEvent(arenaShow, { width })
      await mapReady(page)
      const section = arenaPlan.sections.findIndex(({ name }) => name === '105')
      const seat = (arenaPlan.rows[arenaPlan.sections[section]?.rows[width === 360 ? 2 : 3] ?? 0]?.first ?? 0) + 4
      const onSection = await pointInWhole(page, arenaPlan, arenaPlan.sections[section] ?? { x: 0, y: 0 })
      await page.mouse.click(onSection.x, onSection.y)
      const onSeat = await pointInSection(page, arenaPlan, seat)
      await page.mouse.click(onSeat.x, onSeat.y)
      await page.getByRole('heading', { name: '1 seat chosen' }).waitFor()
      await page.getByRole('button', { name: 'Hold 1 seat' }).first().click()
      t.deepEqual(await heldSeats(page), [seat])
      t.deepEqual(faults, [])
      await close()
    },
  )
}

test.serial('an event page loads its layout and seats once, although it names them for loading ahead', async (t) => {
  const { page, close } = await openWindow(browser, shop.url)
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await page.goto(`/shop/events/${lighthouse}`)
  await mapReady(page)
  const times = (name: string): number => asked.filter((path) => path.endsWith(`/${name}`)).length
  t.deepEqual([times('layout'), times('seats')], [1, 1])
  await close()
})

test.serial('by keyboard alone a seat is found on the map, chosen and held', async (t) => {
  const { page, close } = await openEvent(recital)
  await mapReady(page)
  const press = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key)
  }
  const focused = (): Promise<string> =>
    page.evaluate(() => (document.activeElement?.textContent ?? '').replaceAll('\u00a0', ' '))
  for (let tabs = 0; tabs < 30 && !/^Stalls.*free, from/.test(await focused()); tabs += 1) await press('Tab')
  t.regex(await focused(), /^Stalls centre, \d+ of \d+ free, from EUR 42$/)
  await press('Enter')
  t.regex(await focused(), /^Row 1, \d+ free, up to \d+ together$/)
  await press('ArrowDown', 'Enter', 'ArrowRight')
  t.regex(await focused(), /^Stalls centre, row 2, seat 2, EUR 56, free$/)
  await press('Enter')
  t.regex(await focused(), /, yours$/)
  t.is(await page.locator('.map-keyboard button:focus').getAttribute('aria-pressed'), 'true')
  await press('Escape')
  t.regex(await focused(), /^Row 2/)
  for (let tabs = 0; tabs < 30 && (await focused()) !== 'Hold 1 seat'; tabs += 1) await press('Tab')
  await press('Enter')
  t.is((await heldSeats(page)).length, 1)
  await close()
})

test.serial('the list has the same seats, and a chosen one is kept over reload', async (t) => {
  const { page, close } = await openEvent(recital, { width: 360 })
  await mapReady(page)
  await page.getByRole('link', { name: 'List' }).click()
  await page.locator('summary', { hasText: 'Balcony left' }).click()
  const seat = page.getByRole('checkbox', { name: 'Balcony left, row 1, seat 3, EUR 28' })
  await seat.check({ force: true })
  await page.getByRole('heading', { name: '1 seat chosen' }).waitFor()
  await page.reload()
  await mapReady(page)
  t.true(page.url().endsWith('#list'))
  await page.getByRole('heading', { name: '1 seat chosen' }).waitFor()
  await page.getByRole('button', { name: 'Remove Balcony left, row 1, seat 3' }).click()
  await page.getByRole('heading', { name: 'Nothing chosen yet' }).waitFor()
  await close()
})

test.serial('the best two together are held at once, shown, exchanged for others and given back', async (t) => {
  const { page, close } = await openEvent(comedy)
  await mapReady(page)
  await page.getByRole('button', { name: 'Hold the best 2 together' }).click()
  await page.getByRole('heading', { name: '2 places are yours' }).waitFor()
  const places = (): Promise<string[]> => page.locator('.held li .seat-name').allTextContents()
  const first = await places()
  t.is(first.length, 2)
  await page.reload()
  await mapReady(page)
  await page.getByRole('heading', { name: '2 places are yours' }).waitFor()
  t.deepEqual(await places(), first)
  t.regex(
    (await page.getByRole('link', { name: /Continue to payment/ }).getAttribute('href')) ?? '',
    /^\/shop\/holds\//,
  )
  await page.getByRole('button', { name: 'Release all' }).press('Enter')
  await page.getByRole('heading', { name: '2 places are yours' }).waitFor({ state: 'detached' })
  t.is(await page.locator(':focus').textContent(), 'Hold the best 2 together')
  await close()
})

test.serial('a chosen seat that somebody else takes leaves the choice, and is told', async (t) => {
  const { page, close } = await openEvent(evening)
  await mapReady(page)
  await page.getByRole('link', { name: 'List' }).click()
  await page.locator('summary', { hasText: 'Stalls left' }).click()
  const boxes = page.locator('.seat-box input')
  const taken = Number(await boxes.nth(0).inputValue())
  await boxes.nth(0).check({ force: true })
  await boxes.nth(1).check({ force: true })
  await page.getByRole('heading', { name: '2 seats chosen' }).waitFor()
  await takeElsewhere(evening, [taken])
  await page.getByText(/Stalls left, row 1, seat 1 was just taken/).waitFor()
  await page.getByRole('heading', { name: '1 seat chosen' }).waitFor()
  t.is(await page.locator(`#chosen-${taken}.lost`).count(), 1)
  await page.getByRole('button', { name: 'Hold 1 seat' }).first().click()
  t.deepEqual((await heldSeats(page)).includes(taken), false)
  await close()
})

test.serial('of seats that are gone the page offers others near by, and holds them', async (t) => {
  const { page, close } = await openEvent(lighthouse)
  await mapReady(page)
  await page.getByRole('link', { name: 'List' }).click()
  await page.locator('summary', { hasText: 'Stalls left' }).click()
  const boxes = page.locator('.seat-box input')
  const taken = [Number(await boxes.nth(0).inputValue()), Number(await boxes.nth(1).inputValue())]
  await boxes.nth(0).check({ force: true })
  await boxes.nth(1).check({ force: true })
  await page.getByRole('heading', { name: '2 seats chosen' }).waitFor()
  // The page does not hear of it in time.
  await page.route(
    '**/holds',
    async (route) => {
      await takeElsewhere(lighthouse, taken)
      await route.continue()
    },
    { times: 1 },
  )
  await page.getByRole('button', { name: 'Hold 2 seats' }).first().click()
  const offers = page.locator('.offer')
  await offers.first().waitFor()
  t.regex((await page.locator('[role=status]').textContent()) ?? '', /seats 1 and 2 were just taken\. Near by are:/)
  await offers.first().click()
  await page.getByRole('button', { name: 'Hold 2 seats' }).first().click()
  const held = await heldSeats(page)
  t.is(held.length, 2)
  t.false(held.some((seat) => taken.includes(seat)))
  await close()
})

test.serial('tickets of a GA area are held by number', async (t) => {
  const { page, close } = await openEvent(unplugged, { width: 360 })
  await mapReady(page)
  const area = page.getByRole('group', { name: 'Dance floor' })
  await area.getByRole('button', { name: 'One more' }).click()
  await area.getByRole('button', { name: 'One more' }).click()
  await page.getByRole('button', { name: 'Hold 2 places' }).first().click()
  await page.waitForURL(/\/shop\/holds\//)
  t.pass()
  await close()
})

/** Seats of an event that somebody holds, as its cached reply counts them. */
const heldCount = async (eventId: string): Promise<number> =>
  (await ask(`${shop.url}/events/${eventId}/seats`)).body.held

test.serial(
  'a network that is cut before, or while the hold is answered, holds once, also over a reload',
  async (t) => {
    for (const cut of ['before', 'while answered', 'while answered, then reloaded']) {
      const eventId = await sellHouse(shop, blocks(1))
      const { page, faults, close } = await openEvent(eventId)
      await mapReady(page)
      let tries = 0
      await page.route('**/holds', async (route) => {
        tries += 1
        if (tries > 2) return route.continue()
        if (cut !== 'before') await route.fetch()
        return route.abort('internetdisconnected')
      })
      const press = () => page.getByRole('button', { name: 'Hold the best 2 together' }).click()
      await press()
      if (cut.endsWith('reloaded')) {
        await until('the answer was lost', async () => tries > 0)
        await page.reload()
        await mapReady(page)
        await press()
      }
      await page.getByRole('heading', { name: '2 places are yours' }).waitFor()
      await until('the two seats are held', async () => (await heldCount(eventId)) === 2)
      t.true(tries >= 3, cut)
      t.deepEqual(faults, [])
      await close()
    }
  },
)

test.serial('going back from the payment, the event page shows what is held, and its clock goes on', async (t) => {
  const eventId = await sellHouse(shop, blocks(1))
  const { page, close } = await openEvent(eventId)
  await mapReady(page)
  await page.getByRole('button', { name: 'Hold the best 2 together' }).click()
  await page.getByRole('link', { name: /^Continue to payment/ }).click()
  await page.waitForURL(/\/shop\/holds\//)
  await page.goBack()
  await page.getByRole('heading', { name: '2 places are yours' }).waitFor()
  await page.getByText(/^\d+:\d\d left to pay\./).waitFor()
  await page.goForward()
  await page.locator('#pay').waitFor()
  t.is(await heldCount(eventId), 2)
  await close()
})

test.serial('a paused sale says so before and behind the press, and a cancelled event leads elsewhere', async (t) => {
  const { page, close } = await openEvent(youngest)
  await mapReady(page)
  await changeEvent(shop.url, youngest, 'pause')
  await page.getByRole('button', { name: /^Hold the best/ }).click()
  await page.getByText('The sale is paused', { exact: true }).waitFor()
  t.is(await page.getByRole('button', { name: /^Hold/ }).count(), 0)
  await changeEvent(shop.url, youngest, 'cancel')
  await until('the page says it', async () => {
    await page.reload()
    return page.getByText('Cancelled', { exact: true }).isVisible()
  })
  t.is(await page.getByText(/^At most/).count(), 0)
  await page.getByRole('link', { name: 'See what’s on' }).click()
  t.is(new URL(page.url()).pathname, '/')
  await close()
})

test.serial('without script the event page tells facts, prices and sections, and shows the plan', async (t) => {
  const { page, close } = await openEvent(finale, { script: false })
  t.is(await page.locator('h1').textContent(), 'Wortwechsel: Finale')
  t.is(await page.locator('.prices li').count(), 3)
  t.is(await page.locator('.section-line').count(), 12)
  t.regex((await page.locator('.free-line').textContent()) ?? '', /^\d+ of 392 places are free$/)
  const picture = page.locator('.map img')
  t.true(await picture.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 0))
  const response = await fetch(new URL((await picture.getAttribute('src')) ?? '', shop.url))
  t.is(response.headers.get('content-type'), 'image/svg+xml')
  t.regex(response.headers.get('cache-control') ?? '', /max-age=31536000, immutable/)
  await close()
})

test.serial(
  'places are held over plain http at an IP address, where browsers offer less than on localhost',
  async (t) => {
    const { page, faults, close } = await openWindow(browser, `http://${plainAddress}:${new URL(shop.url).port}`)
    await page.goto(`/shop/events/${await eventOnSale(shop.url)}`)
    t.false(await page.evaluate(() => isSecureContext))
    await page.getByRole('button', { name: 'Hold the best 2 together' }).click()
    await page.getByRole('heading', { name: '2 places are yours' }).waitFor()
    const ofScripts = faults.filter((fault) => fault.startsWith('script failed'))
    t.deepEqual(ofScripts, [])
    await close()
  },
)

test.serial('the badge of a hold is gone for good once its places are given back', async (t) => {
  const { page, close } = await openWindow(browser, shop.url)
  await page.clock.install()
  await page.goto(`/shop/events/${await eventOnSale(shop.url)}`)
  await page.getByRole('button', { name: 'Hold the best 2 together' }).click()
  const badge = page.locator('.hold-pill')
  await badge.waitFor()
  // The badge and the panel both read the hold, and the panel tells the badge.
  await page.reload()
  await page.getByRole('heading', { name: '2 places are yours' }).waitFor()
  await badge.waitFor()
  await page.getByRole('button', { name: 'Release all' }).click()
  await page.getByText('Your places are free again.').waitFor()
  await page.clock.runFor(3_000)
  t.true(await badge.isHidden())
  await close()
})

test.serial('on a phone, a press on the bar at the foot brings its message into view', async (t) => {
  const { page, close } = await openWindow(browser, shop.url, { width: 360 })
  await page.goto(`/shop/events/${await eventOnSale(shop.url)}#list`)
  await page.locator('#list summary').first().click()
  await page.locator('.seat-box input').first().check({ force: true })
  await page.getByRole('link', { name: 'Map' }).click()
  const press = () => page.locator('.hold-bar').getByRole('button', { name: 'Hold 1 seat' }).click()
  const isInView = (text: string) =>
    page.waitForFunction((wanted) => {
      const [message, bar] = ['.event-panel > [role="status"]', '.hold-bar'].map((name) =>
        document.querySelector<HTMLElement>(name),
      )
      const { top = -1, bottom = 0 } = message?.getBoundingClientRect() ?? {}
      const end = bar?.getBoundingClientRect().top ?? 0
      return message?.innerText.includes(wanted) && top >= 0 && bottom <= end
    }, text)
  await page.evaluate(() => scrollTo(0, 0))
  const problem = { code: 'ticket_limit', status: 409, title: 'Ticket limit', detail: '', limit: 2, tickets: 2 }
  await page.route('**/holds', (route) => route.fulfill({ status: 409, json: problem }), { times: 1 })
  await press()
  await isInView('Ticket limit')
  await page.evaluate(() => scrollTo(0, 0))
  await page.route('**/holds', async (route) => {
    const answer = await route.fetch()
    const held = await answer.json()
    await route.fulfill({ response: answer, json: { ...held, total_minor: held.total_minor + 100 } })
  })
  await press()
  await isInView('The price has changed')
  t.pass()
  await close()
})

test.serial('a release that is not answered is told, and one more press releases', async (t) => {
  const eventId = await eventOnSale(shop.url)
  const { page, close } = await openWindow(browser, shop.url)
  await page.clock.install()
  await page.goto(`/shop/events/${eventId}`)
  await page.getByRole('button', { name: 'Hold the best 2 together' }).click()
  await page.getByRole('heading', { name: '2 places are yours' }).waitFor()
  await page.route('**/holds/*', (route) => route.abort('internetdisconnected'))
  await page.getByRole('button', { name: 'Release all' }).click()
  await page.getByRole('button', { name: 'Releasing…' }).waitFor()
  await until('the page says so', async () => {
    await page.clock.runFor(5_000)
    return page.getByText('Not released', { exact: true }).isVisible()
  })
  await until('the two seats are still held', async () => (await heldCount(eventId)) === 2)
  await page.unroute('**/holds/*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('Your places are free again.').waitFor()
  await until('nothing is held', async () => (await heldCount(eventId)) === 0)
  t.pass()
  await close()
})

test.serial('a hold that another tab released is no longer shown after its exchange is refused', async (t) => {
  const { page, close } = await openWindow(browser, shop.url)
  await page.goto(`/shop/events/${await eventOnSale(shop.url)}`)
  await page.getByRole('button', { name: 'Hold the best 2 together' }).click()
  await page.getByRole('heading', { name: '2 places are yours' }).waitFor()
  await releaseInOtherTab(page)
  await page.locator('.best > .button').click()
  await page.getByText('Hold ended', { exact: true }).waitFor()
  await page.getByRole('heading', { name: '2 places are yours' }).waitFor({ state: 'detached' })
  t.is(await page.getByRole('link', { name: /^Continue to payment/ }).count(), 0)
  await close()
})

test.serial(
  'a restored page shows neither a hold that another tab released, nor that its own release failed',
  async (t) => {
    const { page, close } = await openWindow(browser, shop.url)
    await page.clock.install()
    await page.goto(`/shop/events/${await eventOnSale(shop.url)}`)
    await page.getByRole('button', { name: 'Hold the best 2 together' }).click()
    await page.getByRole('heading', { name: '2 places are yours' }).waitFor()
    await page.route('**/holds/*', (route) => route.abort('internetdisconnected'))
    await page.getByRole('button', { name: 'Release all' }).click()
    await until('the page says that the release failed', async () => {
      await page.clock.runFor(5_000)
      return page.getByText('Not released', { exact: true }).isVisible()
    })
    await page.unroute('**/holds/*')
    await releaseInOtherTab(page)
    // Playwright's Chromium has no back-forward cache.
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
    await page.getByRole('heading', { name: '2 places are yours' }).waitFor({ state: 'detached' })
    t.is(await page.getByText('Not released', { exact: true }).count(), 0)
    await close()
  },
)

/** Pixels of the seat map in the colour of the buyer's own places. */
function torchPixels(page: Page): Promise<number> {
  return page.locator('.map canvas').evaluate((canvas: HTMLCanvasElement) => {
    const torch = getComputedStyle(canvas).getPropertyValue('--torch').trim()
    const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(torch.slice(at, at + 2), 16))
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] }
    let count = 0
    for (let at = 0; at < data.length; at += 4)
      if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) count += 1
    return count
  })
}

test.serial('seats that are released while they light up stay dark', async (t) => {
  const { page, close } = await openWindow(browser, shop.url)
  await page.clock.install()
  await page.goto(`/shop/events/${await eventOnSale(shop.url)}`)
  await page.locator('.free-line.live').waitFor()
  const holdAndRelease = async (lightsMs: number): Promise<number> => {
    await page.getByRole('button', { name: 'Hold the best 2 together' }).click()
    await page.getByRole('heading', { name: '2 places are yours' }).waitFor()
    await page.clock.runFor(lightsMs)
    const lit = await torchPixels(page)
    await page.getByRole('button', { name: 'Release all' }).click()
    await page.getByText('Your places are free again.').waitFor()
    await page.clock.runFor(3_000)
    t.is(await torchPixels(page), 0)
    return lit
  }
  t.true((await holdAndRelease(3_000)) > 0)
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1_000))
  t.is(await holdAndRelease(0), 0)
  await close()
})

test.serial('a section and an area of one name are sold at their own prices', async (t) => {
  const sections = [{ name: 'Floor', rows: 2, seats_per_row: 10, price_minor: 5_000 }]
  const areas = [{ name: 'Floor', capacity: 50, price_minor: 6_000 }]
  const { page, close } = await openEvent(await eventOnSale(shop.url, {}, { sections, areas }))
  await mapReady(page)
  await page.getByRole('link', { name: 'List' }).click()
  const price = page.getByLabel('Price', { exact: true })
  t.deepEqual(await price.locator('option').allTextContents(), ['Any price', 'EUR\u00a050'])
  await price.selectOption('EUR\u00a050')
  const sent = page.waitForRequest('**/holds')
  await page.getByRole('button', { name: 'Hold the best 2 together' }).click()
  t.is((await sent).postDataJSON().best_available.tier, 'Floor')
  await page.getByRole('heading', { name: '2 places are yours' }).waitFor()
  await page.locator('summary', { hasText: 'Floor' }).click()
  await page.locator('.seat-box input').first().check({ force: true })
  await page.getByRole('group', { name: 'Floor' }).getByRole('button', { name: 'One more' }).click()
  t.is(await page.locator('.chosen-places .sum strong').textContent(), 'EUR\u00a0110')
  await page
    .locator('.chosen-places')
    .getByRole('button', { name: /2 places/ })
    .click()
  await page.waitForURL(/\/shop\/holds\//)
  await close()
})

test.serial("an area or a section can have the name of an object's property, such as constructor", async (t) => {
  const sections = [{ name: 'constructor', rows: 1, seats_per_row: 4, price_minor: 5_000 }]
  const areas = ['__proto__', 'constructor'].map((name) => ({ name, capacity: 50, price_minor: 6_000 }))
  const { page, close } = await openEvent(await eventOnSale(shop.url, {}, { sections, areas }))
  await mapReady(page)
  for (const { name } of areas) {
    await page.getByRole('group', { name }).getByRole('button', { name: 'One more' }).click()
  }
  await page.getByRole('heading', { name: '2 places chosen' }).waitFor()
  await page.reload()
  await mapReady(page)
  await page.getByRole('heading', { name: '2 places chosen' }).waitFor()
  await page.getByRole('link', { name: 'List' }).click()
  await page.locator('summary', { hasText: 'constructor' }).click()
  await page.locator('.seat-box input').first().check({ force: true })
  await page.getByRole('heading', { name: '3 places chosen' }).waitFor()
  t.pass()
  await close()
})

test.serial('a price that rose while the page was open is told with the new sum, before the payment', async (t) => {
  const price_steps = [{ sold_percent: 50, price_minor: 5_000 }]
  const sections = [{ name: 'Stalls', rows: 1, seats_per_row: 4, price_minor: 4_200, price_steps }]
  const eventId = await eventOnSale(shop.url, {}, { sections })
  const { page, close } = await openEvent(eventId)
  await mapReady(page)
  await page.getByText('EUR 42 – EUR 50').waitFor()
  const other = await openWindow(browser, shop.url)
  await buy(other.page, { eventId, qty: 2 })
  await until('the price has risen', async () => {
    const { body } = await ask(`${shop.url}/events/${eventId}`)
    return body.price_tiers[0].price_minor === 5_000
  })
  await page.getByRole('link', { name: 'List' }).click()
  await page.locator('summary', { hasText: 'Stalls' }).click()
  await page.locator('.seat-box input').first().check({ force: true })
  await page.getByRole('button', { name: 'Hold 1 seat' }).first().click()
  await page.getByText('The price has changed').waitFor()
  await page.getByText('Your places cost EUR 50 now, not EUR 42. Nothing is charged until you pay.').waitFor()
  await page.getByRole('link', { name: 'Continue to payment · EUR 50' }).waitFor()
  t.pass()
  await other.close()
  await close()
})
