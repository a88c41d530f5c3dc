import test from 'ava'
import { bytesOf, openWindow, startBrowser } from './support/browser.ts'
import { startShop } from './support/shop.ts'

/** Face 16 and, for letters such as Ł, 8 more; styles, and the few scripts of a page without an island. */
const maxBytes = 34_000

test("what's on loads less than 34 KB of gzip beside its HTML, and on the second page nothing", async (t) => {
  const [shop, browser] = await Promise.all([startShop(), startBrowser()])
  t.teardown(async () => {
    await browser.close()
    await shop.stop()
  })
  const { page, loaded } = await openWindow(browser, shop.url, { encoding: 'gzip' })
  await page.goto('/', { waitUntil: 'networkidle' })
  const first = bytesOf(await loaded())
  t.log(`${first} bytes`)
  t.true(first > 16_000 && first < maxBytes, `${first} bytes`)
  await page.goto('/?city=Berlin', { waitUntil: 'networkidle' })
  t.is(bytesOf(await loaded()), first)
})
