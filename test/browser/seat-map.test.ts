import { readFileSync } from 'node:fs'
import test from 'ava'
import type { Browser, Page } from 'playwright-core'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import { attachSeating, importEvents } from '#shared/contracts/event.ts'
import type { Layout } from '#shared/contracts/layout.ts'
import type { viewSeatStates } from '#shared/contracts/seats.ts'
import { newId } from '#shared/ids.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { readSource } from '../../infra/import/formats/recognise.ts'
import { buildLayout } from '../../infra/import/formats/seating-plan.ts'
import { askWorker } from '../support/asking.ts'
import { importedEvent } from '../support/catalogue.ts'
import { hasRealData, realFile } from '../support/real-data.ts'
import { type System, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { openWindow, startBrowser } from './support/browser.ts'
import { mapReady, planOf, pointInSection, pointInWhole } from './support/map-points.ts'

/* The map of a large house, and the map while others buy. Figures are logged; bounds leave room for a machine under load. */

let system: System
let browser: Browser

test.before(async () => {
  ;[system, browser] = await Promise.all([
    startSystem({ env: { RATE_LIMIT_MAXIMA: 'sell=600000,demo-body=600000,my-things=600000' } }),
    startBrowser(),
  ])
})
test.after.always(async () => {
  await browser?.close()
  await system?.stop()
})

/** An event on sale in a house. */
async function sell(layout: Layout): Promise<string> {
  const bus = await Bus.connect({ url: system.natsUrls.operator, name: 'test', timeoutMs: 5_000 })
  const id = newId()
  const events = [importedEvent(id, { id, max_tickets_per_user: 100 })]
  await askWorker(bus, importEvents, { source: 'test', events, reschedule: false })
  const on_sale_at = new Date().toISOString()
  await askWorker(bus, attachSeating, { event_id: id, layout, price_minor: 5_000, currency: 'EUR', on_sale_at })
  await bus.close()
  return id
}

/** Blocks of 400 seats in rows of 20. */
function blocks(count: number): Layout {
  const across = Math.ceil(Math.sqrt(count))
  const rows = Array.from({ length: count * 20 }, (_, index) => {
    const block = Math.floor(index / 20)
    const [left, top] = [(block % across) * 260, Math.floor(block / across) * 400]
    return {
      section: `Block ${block + 1}`,
      label: String((index % 20) + 1),
      seats: Array.from({ length: 20 }, (_each, seat) => ({
        label: String(seat + 1),
        category: ['A', 'B', 'C'][block % 3] ?? 'A',
        x: left + seat * 11,
        y: top + (index % 20) * 17,
      })),
    }
  })
  return buildLayout({ name: 'Blocks', width: 0, height: 0, rows, areas: [] })
}

function stadium(): Layout {
  const source = readSource(readFileSync(realFile('seating-plans/rows-only-metalist-stadium.json'), 'utf8'), {
    fallbackName: 'stadium',
  })
  if (source.kind !== 'plan') throw new Error('no plan')
  return source.layout
}

async function open(eventId: string) {
  const opened = await openWindow(browser, system.url, { width: 1280 })
  await opened.page.goto(`/shop/events/${eventId}`)
  await mapReady(opened.page)
  return opened
}

/** From navigation to the first whole picture, in milliseconds. */
function paintedAfter(page: Page): Promise<number> {
  return page.evaluate(() => performance.getEntriesByName('seat-map')[0]?.startTime ?? Number.POSITIVE_INFINITY)
}

/** Frames a second while the map is dragged about for a second, at the zoom it has. */
async function framesPanning(page: Page): Promise<number> {
  const box = await page.locator('.map canvas').boundingBox()
  if (box === null) throw new Error('no map')
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.mouse.down()
  const frames = await page.evaluate(
    ({ x, y }) =>
      new Promise<number>((resolve) => {
        const canvas = document.querySelector('.map canvas') as HTMLCanvasElement
        const startedAt = performance.now()
        let count = 0
        const step = (): void => {
          const passed = performance.now() - startedAt
          if (passed >= 1_000) {
            resolve((count * 1_000) / passed)
            return
          }
          count += 1
          const angle = passed / 300
          const at = { clientX: x + 150 * Math.sin(angle), clientY: y + 120 * Math.cos(angle) }
          canvas.dispatchEvent(
            new PointerEvent('pointermove', { ...at, pointerId: 1, pointerType: 'mouse', bubbles: true }),
          )
          requestAnimationFrame(step)
        }
        requestAnimationFrame(step)
      }),
    { x: box.x + box.width / 2, y: box.y + box.height / 2 },
  )
  await page.mouse.up()
  return frames
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}

const houses: readonly [string, () => Layout][] = [
  ['20,000', () => blocks(50)],
  ...(hasRealData ? [['39,616', stadium] as [string, () => Layout]] : []),
]

for (const [seats, draw] of houses) {
  test.serial(`a map of ${seats} seats is soon painted, and moves smoothly`, async (t) => {
    t.timeout(180_000)
    const eventId = await sell(draw())
    const painted: number[] = []
    const frames: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const { page, close } = await open(eventId)
      painted.push(await paintedAfter(page))
      const box = await page.locator('.map canvas').boundingBox()
      await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2)
      // Into single seats, where most is drawn.
      for (let notch = 0; notch < 12; notch += 1) await page.mouse.wheel(0, -120)
      frames.push(await framesPanning(page))
      await close()
    }
    t.log(`painted after ${painted.map(Math.round).join(', ')} ms, median ${Math.round(median(painted))}`)
    t.log(`${frames.map(Math.round).join(', ')} frames a second panning, median ${Math.round(median(frames))}`)
    t.true(median(painted) < 4_000, `${median(painted)} ms`)
    t.true(median(frames) > 20, `${median(frames)} frames a second`)
  })
}

interface Held {
  readonly id: string
  readonly userId: string
  readonly seats: readonly number[]
}

let buyers = 0

async function hold(eventId: string, seats: readonly number[]): Promise<Held> {
  buyers += 1
  const userId = `buyer-${buyers}`
  const response = await fetch(`${system.url}/events/${eventId}/holds`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: userId, seat_nos: seats }),
    signal: AbortSignal.timeout(10_000),
  })
  if (response.status !== 201) throw new Error(await response.text())
  const { id } = (await response.json()) as { id: string }
  return { id, userId, seats }
}

async function release({ id, userId }: Held): Promise<void> {
  const response = await fetch(`${system.url}/holds/${id}?user_id=${userId}`, {
    method: 'DELETE',
    signal: AbortSignal.timeout(10_000),
  })
  if (response.status !== 204) throw new Error(await response.text())
}

/** Free seats as the list of the page has them, all sections open. */
async function listedFree(page: Page): Promise<number[]> {
  const values = await page
    .locator('.seat-box input')
    .evaluateAll((boxes) => boxes.map((box) => Number((box as HTMLInputElement).value)))
  return values.sort((a, b) => a - b)
}

async function storedFree(eventId: string): Promise<number[]> {
  const response = await fetch(`${system.url}/events/${eventId}/seats`, { signal: AbortSignal.timeout(10_000) })
  const { states, available, held, sold } = (await response.json()) as ReplyOf<typeof viewSeatStates>
  const bytes = Buffer.from(states, 'base64')
  return Array.from({ length: available + held + sold }, (_, seat) => seat).filter(
    (seat) => (((bytes[seat >> 2] ?? 0) >> (2 * (seat & 3))) & 3) === 0,
  )
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
    const eventId = await sell(blocks(2))
    const { page, close } = await open(eventId)
    await openAllSections(page)
    const held: Held[] = []
    const taken = new Set<number>()
    for (let round = 0; round < 200; round += 1) {
      const old = held[Math.floor(Math.random() * held.length)]
      if (old !== undefined && Math.random() < 0.4) {
        await release(old)
        held.splice(held.indexOf(old), 1)
        for (const seat of old.seats) taken.delete(seat)
        continue
      }
      const seat = Math.floor(Math.random() * 800)
      if (taken.has(seat)) continue
      taken.add(seat)
      held.push(await hold(eventId, [seat]))
    }
    const expected = Array.from({ length: 800 }, (_, seat) => seat).filter((seat) => !taken.has(seat))
    await until(
      'the list shows what is free',
      async () => JSON.stringify(await listedFree(page)) === JSON.stringify(expected),
    )
    await until(
      'the cache tells what is free',
      async () => JSON.stringify(await storedFree(eventId)) === JSON.stringify(expected),
    )
    t.true(taken.size > 50)
    await close()
  },
)

test.serial('four chosen seats stay chosen, and can be held, while a hundred others change each second', async (t) => {
  t.timeout(120_000)
  const eventId = await sell(blocks(4))
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
  t.timeout(120_000)
  const eventId = await sell(blocks(2))
  const { page, close } = await open(eventId)
  const plan = await planOf(system.url, eventId)
  const [section] = plan.sections
  const onSection = await pointInWhole(page, plan, section ?? { x: 0, y: 0 })
  await page.mouse.click(onSection.x, onSection.y)
  const box = await page.locator('.map canvas').boundingBox()
  const delays: number[] = []
  for (let seat = 100; seat < 150; seat += 1) {
    const point = await pointInSection(page, plan, seat)
    // Beside the dot in the middle of a held seat, and inside the shape of a free one.
    const at = { x: Math.round(point.x - (box?.x ?? 0)) + 3, y: Math.round(point.y - (box?.y ?? 0)) - 3 }
    const seenAt = page.evaluate(
      ({ x, y }) =>
        new Promise<number>((resolve) => {
          const context = (document.querySelector('.map canvas') as HTMLCanvasElement).getContext('2d')
          const pixel = (): string => String(context?.getImageData(x, y, 1, 1).data)
          const before = pixel()
          const look = (): void => {
            if (pixel() === before) requestAnimationFrame(look)
            else resolve(Date.now())
          }
          look()
        }),
      at,
    )
    await hold(eventId, [seat])
    const answeredAt = Date.now()
    delays.push((await seenAt) - answeredAt)
  }
  const sorted = delays.toSorted((a, b) => a - b)
  const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? 0
  t.log(`seen after ${median(delays)} ms, p95 ${p95} ms`)
  t.true(p95 < 2_000, `${p95} ms`)
  await close()
})
