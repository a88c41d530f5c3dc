import test from 'ava'
import { openWindow } from './support/browser.ts'
import { hold } from './support/buyer.ts'
import { sharedBrowser, sharedShop } from './support/shared-shop.ts'

const shop = sharedShop()
const browser = sharedBrowser()

test("without script, what's on is read, searched, filtered and turned page by page", async (t) => {
  const { page, close } = await openWindow(browser, shop.url, { script: false })
  await page.goto('/')
  t.is(await page.locator('.event-stub').count(), 30)
  await page.getByRole('searchbox').fill('wortwechsle')
  await page.getByRole('button', { name: 'Search' }).click()
  t.regex((await page.locator('.found-words').textContent()) ?? '', /2 events for “wortwechsel”/i)
  await page.goto('/')
  await page
    .locator('.filters')
    .getByRole('link', { name: /^Comedy/ })
    .click()
  const names = await page.locator('.event-stub h3').allTextContents()
  t.true(names.length > 0 && names.includes('Nora Quill: Mostly Untrue'), names.join())
  await page
    .locator('.filters')
    .getByRole('link', { name: /^Berlin/ })
    .click()
  t.deepEqual(await page.locator('.event-stub h3').allTextContents(), ['Wortwechsel', 'Wortwechsel: Finale'])
  await close()
})

test('without script, on a phone, the filters open and close', async (t) => {
  const { page, close } = await openWindow(browser, shop.url, { script: false, width: 360 })
  await page.goto('/')
  const comedy = page.locator('.filters').getByRole('link', { name: /^Comedy/ })
  t.false(await comedy.isVisible())
  await page.locator('.filters summary').click()
  t.true(await comedy.isVisible())
  await close()
})

test('without script, a hold tells until when it lasts and what it costs, and shows nothing to press in vain', async (t) => {
  const { page, close } = await openWindow(browser, shop.url, { script: false })
  await page.goto(`/shop/holds/${(await hold(page)).id}`)
  t.regex(await page.locator('.hold-head').innerText(), /Yours until \d\d:\d\d, the venue’s time\./)
  t.regex(await page.locator('.pay').innerText(), /Paying needs JavaScript\./)
  t.true(await page.locator('.hold-body .sum').isVisible())
  t.is(await page.getByRole('button').count(), 0)
  t.is(await page.getByRole('timer').count(), 0)
  t.is(await page.getByRole('radio').count(), 0)
  t.true(await page.getByRole('link', { name: 'Other seats' }).isVisible())
  await close()
})
