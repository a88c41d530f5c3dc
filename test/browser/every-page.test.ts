import test from 'ava'
import { axeFindings, openWindow, sidewaysScroll } from './support/browser.ts'
import { sharedBrowser, sharedUnlimitedShop } from './support/shared-shop.ts'
import { shownPages } from './support/shown-pages.ts'

const shop = sharedUnlimitedShop()
const browser = sharedBrowser()

/** By theme: a width hides and shows parts of a page, a theme changes their colours alone. */
const rulesOf = { light: 'all', dark: 'colours' } as const
const schemes = ['light', 'dark'] as const
const widths = [1280, 768, 360]

/* Each page is opened once, then its window gets every width and both schemes; two halves side by side. */
for (const half of [0, 1]) {
  const pages = shownPages.filter((_, index) => index % 2 === half)
  test(`no page asks another host, breaks its policy, scrolls sideways at ${widths.join(', ')} px, or has a finding of axe at 1280 and 360, light and dark (half ${half + 1})`, async (t) => {
    t.timeout(400_000)
    for (const shown of pages) {
      const { page, faults, close } = await openWindow(browser, shop.url)
      await shown.open(page)
      await page.waitForLoadState('networkidle')
      for (const width of widths) {
        await page.setViewportSize({ width, height: width < 768 ? 740 : 860 })
        t.deepEqual(await sidewaysScroll(page), [], `${shown.name} at ${width} px`)
        if (width === 768) continue
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme })
          t.deepEqual(await axeFindings(page, rulesOf[colorScheme]), [], `${shown.name} at ${width} px, ${colorScheme}`)
        }
      }
      t.deepEqual(faults, [], shown.name)
      await close()
    }
  })
}
