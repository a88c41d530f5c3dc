import test from 'ava'
import type { Browser } from 'playwright-core'
import type { System } from '../support/system.ts'
import { axeFindings, openWindow, type Scheme, sidewaysScroll, startBrowser } from './support/browser.ts'
import { startShop } from './support/shop.ts'
import { shownPages } from './support/shown-pages.ts'

let shop: System
let browser: Browser

test.before(async () => {
  ;[shop, browser] = await Promise.all([startShop(), startBrowser()])
})
test.after.always(async () => {
  await browser?.close()
  await shop?.stop()
})

const schemes: readonly Scheme[] = ['light', 'dark']

for (const width of [360, 1280]) {
  for (const scheme of schemes) {
    test.serial(`axe finds nothing on any page at ${width} px, ${scheme}`, async (t) => {
      t.timeout(180_000)
      const { page, close } = await openWindow(browser, shop.url, { width, scheme })
      for (const shown of shownPages) {
        await shown.open(page)
        t.deepEqual(await axeFindings(page), [], shown.name)
      }
      await close()
    })
  }
}

for (const width of [360, 768, 1280]) {
  test.serial(`no page at ${width} px asks another host, breaks its policy or scrolls sideways`, async (t) => {
    t.timeout(180_000)
    const { page, faults, close } = await openWindow(browser, shop.url, { width })
    for (const shown of shownPages) {
      await shown.open(page)
      await page.waitForLoadState('networkidle')
      t.deepEqual(await sidewaysScroll(page), [], shown.name)
    }
    t.deepEqual(faults, [])
    await close()
  })
}
