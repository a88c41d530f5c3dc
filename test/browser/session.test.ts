import test from 'ava'
import { openWindow } from './support/browser.ts'
import { sharedBrowser, sharedShop } from './support/shared-shop.ts'

const shop = sharedShop()
const browser = sharedBrowser()

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
