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

/** Milliseconds from navigation until the first whole picture. */
const paintedAfter = (page: Page): Promise<number> =>
  page.evaluate(() => performance.getEntriesByName('seat-map')[0]?.startTime ?? Number.POSITIVE_INFINITY)

/** Frames a second while the map is dragged about, at the zoom it has, for a second and some frames; and whether its picture has changed. */
async function pan(page: Page): Promise<{ frames: number; hasMoved: boolean }> {
  const box = await page.locator('.map canvas').boundingBox()
  if (box === null) throw new Error('no map')
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.mouse.down()
  const panned = await page.evaluate(
    ({ x, y }) =>
      new Promise<{ frames: number; hasMoved: boolean }>((resolve) => {
        const canvas = document.querySelector('.map canvas') as HTMLCanvasElement
        const before = canvas.toDataURL()
        const startedAt = performance.now()
        let count = 0
        const step = (): void => {
          const passed = performance.now() - startedAt
          if (passed >= 1_000 && count >= 5) {
            resolve({ frames: (count * 1_000) / passed, hasMoved: canvas.toDataURL() !== before })
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
  return panned
}

const houses: readonly [string, () => Layout][] = [
  ['20,000', () => blocks(50)],
  ...(hasRealData ? [['39,616', stadium] as [string, () => Layout]] : []),
]

for (const [seats, draw] of houses) {
  test.serial(`a map of ${seats} seats is painted, and moves when it is dragged`, async (t) => {
    t.timeout(180_000)
    const { page, close } = await open(await sellHouse(system, draw()))
    const painted = await paintedAfter(page)
    const box = await page.locator('.map canvas').boundingBox()
    await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2)
    // Into single seats, where most is drawn.
    for (let notch = 0; notch < 12; notch += 1) await page.mouse.wheel(0, -120)
    const { frames, hasMoved } = await pan(page)
    t.log(`painted after ${Math.round(painted)} ms, ${Math.round(frames)} frames a second panning`)
    t.true(Number.isFinite(painted))
    t.true(hasMoved)
    await close()
  })
}
