import test from 'ava'
import type { Page } from 'playwright-core'
import { holdPlaces, releaseHold } from '../support/buying.ts'
import { ask } from '../support/http.ts'
import { codesOf } from '../support/seat-stream-client.ts'
import { until } from '../support/until.ts'
import { openWindow } from './support/browser.ts'
import { mapReady, planOf, pointInWhole } from './support/map-points.ts'
import { sharedBrowser, sharedUnlimitedShop } from './support/shared-shop.ts'
import { blocks, sellHouse } from './support/sold-house.ts'

/* The page of an event while others buy. */

const system = sharedUnlimitedShop()
const browser = sharedBrowser()

async function open(eventId: string) {
  const opened = await openWindow(browser, system.url, { width: 1280 })
  await opened.page.goto(`/shop/events/${eventId}`)
  await mapReady(opened.page)
  return opened
}

interface Held {
  readonly id: string
  readonly userId: string
  readonly seats: readonly number[]
}

let buyers = 0

/** Another buyer's hold; null where somebody else has one of the seats. */
async function hold(eventId: string, seats: readonly number[]): Promise<Held | null> {
  buyers += 1
  const userId = `buyer-${buyers}`
  const { status, body, text } = await holdPlaces(system.url, eventId, seats, userId)
  if (status !== 201 && status !== 409) throw new Error(text)
  return status === 201 ? { id: body.id, userId, seats } : null
}

async function release({ id, userId }: Held): Promise<void> {
  const { status, text } = await releaseHold(system.url, id, userId)
  if (status !== 204) throw new Error(text)
}

/** Free seats as the list of the page has them, all sections open. */
async function listedFree(page: Page): Promise<number[]> {
  const values = await page
    .locator('.seat-box input')
    .evaluateAll((boxes) => boxes.map((box) => Number((box as HTMLInputElement).value)))
  return values.sort((a, b) => a - b)
}

async function storedFree(eventId: string): Promise<number[]> {
  const { states } = (await ask(`${system.url}/events/${eventId}/seats`)).body
  return codesOf(states).flatMap((code, seat) => (code === 0 ? [seat] : []))
}

async function openAllSections(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'List' }).click()
  const sections = page.locator('.section-list summary')
  const count = await sections.count()
  for (let index = 0; index < count; index += 1) await page.locator(`#section-${index} summary`).click()
  await page.locator('.seat-box').first().waitFor()
}

test.serial(
  'after 200 random holds and releases by others, the page has the free seats that the database has',
  async (t) => {
    t.timeout(120_000)
    const eventId = await sellHouse(system, blocks(2))
    const { page, close } = await open(eventId)
    await openAllSections(page)
    const held: Held[] = []
    const taken = new Set<number>()
    for (let round = 0; round < 200; round += 1) {
      const old = held[Math.floor(Math.random() * held.length)]
      if (old !== undefined && Math.random() < 0.3) {
        await release(old)
        held.splice(held.indexOf(old), 1)
        for (const seat of old.seats) taken.delete(seat)
        continue
      }
      const seat = Math.floor(Math.random() * 800)
      if (taken.has(seat)) continue
      const won = await hold(eventId, [seat])
      if (won === null) continue
      taken.add(seat)
      held.push(won)
    }
    const expected = Array.from({ length: 800 }, (_, seat) => seat).filter((seat) => !taken.has(seat))
    const patience = { timeoutMs: 30_000 }
    await until(
      'the list shows what is free',
      async () => JSON.stringify(await listedFree(page)) === JSON.stringify(expected),
      patience,
    )
    await until(
      'the cache tells what is free',
      async () => JSON.stringify(await storedFree(eventId)) === JSON.stringify(expected),
      patience,
    )
    t.true(taken.size > 10)
    await close()
  },
)

test.serial('four chosen seats stay chosen, and can be held, while a hundred others change each second', async (t) => {
  t.timeout(120_000)
  const eventId = await sellHouse(system, blocks(4))
  const { page, close } = await open(eventId)
  await openAllSections(page)
  for (const seat of [401, 402, 403, 404]) await page.locator(`#seat-${seat}`).check({ force: true })
  await page.getByRole('heading', { name: '4 seats chosen' }).waitFor()
  const endsAt = performance.now() + 5_000
  let changes = 0
  while (performance.now() < endsAt) {
    const first = Math.floor(Math.random() * 30) * 10 + (Math.random() < 0.5 ? 0 : 800)
    const held = await hold(
      eventId,
      Array.from({ length: 10 }, (_, index) => first + index),
    )
    if (held === null) continue
    await release(held)
    changes += 20
  }
  t.log(`${changes} changes in 5 s`)
  t.is(await page.getByRole('heading', { name: '4 seats chosen' }).count(), 1)
  await page.getByRole('button', { name: 'Hold 4 seats' }).first().click()
  await page.waitForURL(/\/shop\/holds\//)
  await close()
})

test.serial("another buyer's hold is seen on the map a moment later", async (t) => {
  const eventId = await sellHouse(system, blocks(2))
  const { page, close } = await open(eventId)
  const plan = await planOf(system.url, eventId)
  for (const seat of [100, 120, 140]) {
    // So small a house shows its seats at once.
    const point = await pointInWhole(page, plan, { x: plan.x[seat] ?? 0, y: plan.y[seat] ?? 0 })
    const box = await page.locator('.map canvas').boundingBox()
    // Beside the dot in the middle of a held seat, and inside the shape of a free one.
    const at = { x: Math.round(point.x - (box?.x ?? 0)) + 3, y: Math.round(point.y - (box?.y ?? 0)) - 3 }
    const pixel = (): Promise<string> =>
      page.evaluate(({ x, y }) => {
        const canvas = document.querySelector('.map canvas') as HTMLCanvasElement
        return String(canvas.getContext('2d')?.getImageData(x, y, 1, 1).data)
      }, at)
    const before = await pixel()
    await hold(eventId, [seat])
    await until('it is seen', async () => (await pixel()) !== before)
  }
  t.pass()
  await close()
})

test.serial('a page that hears nothing for 35 s does not say that it is live, and is live again later', async (t) => {
  const eventId = await sellHouse(system, blocks(2))
  const { page, close } = await openWindow(browser, system.url)
  await page.clock.install()
  await page.goto(`/shop/events/${eventId}`)
  await page.getByText(/^Live: /).waitFor()
  await page.route(`**/events/${eventId}/seats`, (route) => route.abort('connectionrefused'))
  await page.clock.fastForward(36_000)
  await page.getByText(/^No connection\. When it was lost, /).waitFor()
  await page.unroute(`**/events/${eventId}/seats`)
  await page.clock.fastForward(5_000)
  await page.getByText(/^A few seconds old: /).waitFor()
  await page.clock.fastForward(30_000)
  await page.getByText(/^Live: /).waitFor()
  t.pass()
  await close()
})
