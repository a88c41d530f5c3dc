import test, { type ExecutionContext } from 'ava'
import type { Page } from 'playwright-core'
import { bytesOf, type OpenPage, openWindow } from './support/browser.ts'
import { sharedBrowser, sharedShop } from './support/shared-shop.ts'

const shop = sharedShop()
const browser = sharedBrowser()

/** Everything that a buyer loads from the first page to the ticket, gzipped, without the HTML. */
const maxBytes = 70 * 1_024

/** How a reader gets to a thing that can be pressed, and presses it. */
type Press = (page: Page, selector: string) => Promise<void>

const byMouse: Press = (page, selector) => page.locator(selector).first().click()

/** Tab after Tab, as far as it takes, then Enter. */
const byKeyboard: Press = async (page, selector) => {
  await page.locator(selector).first().waitFor()
  for (let steps = 0; steps < 150; steps += 1) {
    const isThere = await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)
    if (isThere) return page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
  }
  throw new Error(`no Tab leads to ${selector}`)
}

async function buyTwo(t: ExecutionContext, { page, faults }: OpenPage, press: Press): Promise<void> {
  await page.goto('/')
  if (press === byMouse) await page.getByRole('searchbox').fill('wortwechsle')
  else {
    while (!(await page.evaluate(() => document.activeElement?.matches('#keyword')))) await page.keyboard.press('Tab')
    await page.keyboard.type('wortwechsle')
  }
  await press(page, '.search button')
  await page.waitForURL(/keyword=/)
  await press(page, '.event-stub h3 a')
  await page.waitForURL(/\/shop\/events\//)
  await page.getByRole('button', { name: 'Hold the best 2 together' }).waitFor()
  await press(page, 'button[data-click="best"]')
  await press(page, 'a[href^="/shop/holds/"]:not(.hold-pill)')
  await page.waitForURL(/\/shop\/holds\//)
  await press(page, '#pay')
  await page.waitForURL(/\/shop\/bookings\/[\w-]{43}$/)
  await page.getByText('Bought.').waitFor()
  await press(page, 'a[href^="/shop/tickets/"]')
  await page.waitForURL(/\/shop\/tickets\//)
  await page.getByText('Wortwechsel').first().waitFor()
  t.deepEqual(faults, [])
}

for (const width of [1280, 360]) {
  test.serial(`by mouse, at ${width} px: from the search to the ticket, for at most 70 KB of gzip`, async (t) => {
    const window = await openWindow(browser, shop.url, { width, encoding: 'gzip' })
    await buyTwo(t, window, byMouse)
    await window.page.waitForLoadState('networkidle')
    const loaded = await window.loaded()
    const bytes = bytesOf(loaded)
    const lines = loaded.toSorted((one, other) => other.bytes - one.bytes).map((each) => `${each.bytes} ${each.path}`)
    t.log(`${bytes} bytes\n${lines.join('\n')}`)
    t.deepEqual(new Set(loaded.map(({ encoding = 'gzip' }) => encoding)), new Set(['gzip']))
    t.true(bytes <= maxBytes, `${bytes} bytes`)
    await window.close()
  })
}

test.serial('by keyboard alone: from the search to the ticket', async (t) => {
  const window = await openWindow(browser, shop.url)
  await buyTwo(t, window, byKeyboard)
  await window.close()
})
