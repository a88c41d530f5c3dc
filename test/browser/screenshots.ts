import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readInfraConfig } from '../../infra/config.ts'
import { reportFailure } from '../../infra/explained-error.ts'
import { demoIdAt } from '../../infra/ops/demo-catalogue/events.ts'
import { installPrograms, startTestServers } from '../runner/test-servers.ts'

/*
 * `npm run screenshots [-- name …]`: pictures of all pages, of the demo catalogue alone, into `.data/screenshots`, and those of the
 * README.
 */

const pictures = join(import.meta.dirname, '..', '..', 'gateway', 'storefront', 'pictures')

const widths = [1280, 768, 360]

/** Arena, theatre and club, and the share of their seats that others take before the pictures. */
const busyHouses = [
  [0, 0.45],
  [1, 0.45],
  [6, 0.3],
] as const

async function main(names: readonly string[]): Promise<void> {
  const directory = join(readInfraConfig().dataDirectory, 'screenshots')
  await mkdir(directory, { recursive: true })
  await installPrograms(['chromium'], console.log)
  const servers = await startTestServers({ clusters: false })
  // What the tests find in their environment.
  Object.assign(process.env, servers.environment)
  try {
    await takeAll(directory, names)
  } finally {
    await servers.stop()
  }
}

async function takeAll(directory: string, names: readonly string[]): Promise<void> {
  const { openWindow, startBrowser } = await import('./support/browser.ts')
  const { startShop } = await import('./support/shop.ts')
  const { shownPages } = await import('./support/shown-pages.ts')
  const { fillHouse } = await import('./support/busy-house.ts')
  const shop = await startShop({ env: { RATE_LIMITS: 'off' } })
  const browser = await startBrowser()
  try {
    for (const [index, share] of busyHouses) await fillHouse(shop.url, demoIdAt(index), share)
    for (const scheme of ['light', 'dark'] as const) {
      for (const width of widths) {
        const { page, close } = await openWindow(browser, shop.url, { width, scheme })
        for (const { name, picture, open } of shownPages.filter(
          ({ name }) => names.length === 0 || names.includes(name),
        )) {
          await open(page)
          await page.waitForLoadState('networkidle')
          const path = join(directory, `${name}-${width}-${scheme}.png`)
          await page.screenshot({ path, fullPage: true })
          console.log(path)
          if (picture !== undefined && scheme === picture.scheme && width === 1_280) {
            const clip = { x: 0, y: 0, width, height: picture.height }
            await page.screenshot({ path: join(pictures, picture.file), clip, fullPage: true })
            console.log(join(pictures, picture.file))
          }
        }
        await close()
      }
    }
  } finally {
    await browser.close()
    await shop.stop()
  }
}

main(process.argv.slice(2)).catch(reportFailure)
