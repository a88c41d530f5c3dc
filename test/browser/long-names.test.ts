import test from 'ava'
import { importEvents } from '#shared/contracts/organising.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { askUntilAvailable, askWorker } from '../support/asking.ts'
import { importedEvent, venueNamed } from '../support/catalogue.ts'
import { openWindow, sidewaysScroll } from './support/browser.ts'
import { sharedBrowser, sharedUnlimitedShop } from './support/shared-shop.ts'

const city = 'Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch'

const shop = sharedUnlimitedShop()
const browser = sharedBrowser()

test('names of 258 letters and cities of one long word stay within their column', async (t) => {
  const bus = await Bus.connect({ url: shop.natsUrls.operator, name: 'test', timeoutMs: 5_000 })
  const venue = venueNamed('Hall', { city, country: 'GB' })
  const names = ['Several words '.repeat(18).trim(), 'x'.repeat(258)]
  const events = names.map((name) => importedEvent(name.slice(0, 20), { name, venue }))
  const imported = { source: 'test', events, reschedule: false }
  await askUntilAvailable(() => askWorker(bus, importEvents, imported))
  await bus.close()

  for (const width of [360, 1280]) {
    const { page, close } = await openWindow(browser, shop.url, { width })
    await page.goto(`/?city=${city}`)
    t.is(await page.locator('.filters').getByText(city).count(), 1)
    t.is(await page.locator('.event-stub').count(), 2)
    t.deepEqual(await sidewaysScroll(page), [])
    // What hangs out of its column may still be within the window.
    const outside = await page.evaluate(() => {
      const edgeOf = (element: Element | null) => element?.getBoundingClientRect().right ?? 0
      const hangsOut = (selector: string, within: string) =>
        [...document.querySelectorAll(selector)].filter(
          (element) => edgeOf(element) > edgeOf(element.closest(within)) + 0.5,
        ).length
      return hangsOut('.filters li span', '.filters') + hangsOut('.event-stub :is(h3, .where, .price)', '.event-stub')
    })
    t.is(outside, 0, `${width} px`)
    await close()
  }
})
