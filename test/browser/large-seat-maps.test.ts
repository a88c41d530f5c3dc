import { readFileSync } from 'node:fs'
import test from 'ava'
import type { Browser, Page } from 'playwright-core'
import type { Layout } from '#shared/contracts/layout.ts'
import { readSource } from '../../infra/ops/import/formats/recognise.ts'
import { hasRealData, realFile } from '../support/real-data.ts'
import { type System, startSystem } from '../support/system.ts'
import { openWindow, startBrowser } from './support/browser.ts'
import { mapReady } from './support/map-points.ts'
import { blocks, sellHouse } from './support/sold-house.ts'

/* Figures are logged; bounds leave room for a machine under load. A quiet one paints within 400 ms and moves at 50 frames a second. */

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

/** Until the first whole picture, in milliseconds: from navigation, and from the arrival of layout and seats. */
function paintedAfter(page: Page): Promise<{ all: number; own: number }> {
  return page.evaluate(() => {
    const all = performance.getEntriesByName('seat-map')[0]?.startTime ?? Number.POSITIVE_INFINITY
    const loaded = (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
      .filter(({ name }) => /\/(seats|layout\?.*)$/.test(name))
      .map(({ responseEnd }) => responseEnd)
    return { all, own: all - Math.max(0, ...loaded) }
  })
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
    const eventId = await sellHouse(system, draw())
    const painted: number[] = []
    const own: number[] = []
    const frames: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const { page, close } = await open(eventId)
      const after = await paintedAfter(page)
      painted.push(after.all)
      own.push(after.own)
      const box = await page.locator('.map canvas').boundingBox()
      await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2)
      // Into single seats, where most is drawn.
      for (let notch = 0; notch < 12; notch += 1) await page.mouse.wheel(0, -120)
      frames.push(await framesPanning(page))
      await close()
    }
    t.log(`painted after ${painted.map(Math.round).join(', ')} ms, median ${Math.round(median(painted))}`)
    t.log(`${frames.map(Math.round).join(', ')} frames a second panning, median ${Math.round(median(frames))}`)
    t.log(`of it behind the arrival of layout and seats: median ${Math.round(median(own))}`)
    t.true(median(painted) < 15_000, `${median(painted)} ms`)
    t.true(median(frames) > 5, `${median(frames)} frames a second`)
  })
}
