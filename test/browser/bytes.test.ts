import test from 'ava'
import { until } from '../support/until.ts'
import { bytesOf, openWindow, startBrowser } from './support/browser.ts'
import { startShop } from './support/shop.ts'

/** Face 14 and, for letters such as Ł, 6 more; styles, and the few scripts of a page without an island. */
const maxBytes = 30_000

test("what's on loads less than 30 KB of gzip beside its HTML, and on the second page nothing", async (t) => {
  const [shop, browser] = await Promise.all([startShop(), startBrowser()])
  t.teardown(async () => {
    await browser.close()
    await shop.stop()
  })
  const { page, loaded } = await openWindow(browser, shop.url, { encoding: 'gzip' })
  await page.goto('/', { waitUntil: 'networkidle' })
  // Only a browser with a window loads the icon by itself.
  await page.evaluate(() => fetch(document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.href ?? ''))
  await until('the icon is loaded', async () => (await loaded()).some(({ path }) => path.endsWith('/mark.svg')))
  const first = bytesOf(await loaded())
  t.log(`${first} bytes`)
  t.true(first > 16_000 && first < maxBytes, `${first} bytes`)
  await page.goto('/?city=Berlin', { waitUntil: 'networkidle' })
  t.is(bytesOf(await loaded()), first)
})
