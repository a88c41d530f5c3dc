import test from 'ava'
import type { Browser } from 'playwright-core'
import type { System } from '../support/system.ts'
import { openWindow, startBrowser } from './support/browser.ts'
import { startShop } from './support/shop.ts'

let shop: System
let browser: Browser

test.before(async () => {
  ;[shop, browser] = await Promise.all([startShop(), startBrowser()])
})
test.after.always(async () => {
  await browser?.close()
  await shop?.stop()
})

test('a reader who says a name comes back to the page that asked, and is known there', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  await page.goto('/shop/session?to=/?city=Berlin')
  await page.getByLabel('Name').fill('ines.moreau')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${shop.url}/?city=Berlin`)
  const cookies = await page.context().cookies()
  t.true(cookies.some(({ name, httpOnly }) => name === 'ticketing_session' && httpOnly))
  t.deepEqual(faults, [])
  await close()
})

test('a name that does not work is told beside its field, what was typed stays, and the field has the focus', async (t) => {
  const { page, close } = await openWindow(browser, shop.url)
  await page.goto('/shop/session')
  const field = page.getByLabel('Name')
  await field.fill('Inès Moreau')
  await field.press('Enter')
  await page.getByRole('alert').waitFor()
  t.is(await field.inputValue(), 'Inès Moreau')
  t.is(await field.getAttribute('aria-invalid'), 'true')
  t.true(await field.evaluate((element) => element === document.activeElement))
  await close()
})

test('without a network the page says so, and sends the name when it is back', async (t) => {
  const { page, close } = await openWindow(browser, shop.url)
  await page.goto('/shop/session')
  await page.getByLabel('Name').fill('ines')
  await page.context().setOffline(true)
  await page.getByRole('button', { name: 'Sign in' }).click()
  t.regex((await page.getByRole('alert').textContent()) ?? '', /No connection/)
  await page.context().setOffline(false)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${shop.url}/`)
  t.pass()
  await close()
})
