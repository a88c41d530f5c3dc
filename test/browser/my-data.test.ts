import { readFile } from 'node:fs/promises'
import test from 'ava'
import { until } from '../support/until.ts'
import { openWindow } from './support/browser.ts'
import { buy, send } from './support/buyer.ts'
import { untilSaved } from './support/saved-page.ts'
import { sharedBrowser, sharedUnlimitedShop } from './support/shared-shop.ts'

const shop = sharedUnlimitedShop()
const browser = sharedBrowser()

test.serial('a reader downloads what is stored, hears why it cannot be erased yet, and erases it later', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url, { width: 360 })
  const { id, user_id } = await buy(page, { qty: 1 })
  await page.goto('/shop/bookings')
  await page.getByRole('link', { name: 'My data' }).click()
  await page.getByText(`You are signed in as ${user_id}.`).waitFor()
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download my data' }).click()
  const download = await downloading
  t.is(download.suggestedFilename(), 'my-data.json')
  const exported = JSON.parse(await readFile(await download.path(), 'utf8'))
  t.deepEqual([exported.user_id, exported.bookings.map((booking: { id: string }) => booking.id)], [user_id, [id]])
  await page.locator('summary').click()
  const erase = page.getByRole('button', { name: 'Erase for good' })
  await erase.click()
  t.regex(
    (await page.getByRole('alert').textContent()) ?? '',
    /You have a ticket .* You can erase your data after .*20\d\d/,
  )
  await send(page, 'POST', `/bookings/${id}/cancel`, {})
  await until('the refund has ended and it is erased', async () => {
    await erase.click()
    await page.getByRole('status').or(page.getByRole('alert')).waitFor()
    return page.getByText('Your data is erased.').isVisible()
  })
  // Whoever comes next is not taken for the reader.
  await page.goto('/shop/bookings')
  await page.getByLabel('Name').waitFor()
  t.deepEqual(faults, [])
  await close()
})

test.serial('a reader signs out, and this device then shows neither bookings nor saved tickets', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  const { tickets } = await buy(page, { qty: 1 })
  const ticketPath = `/shop/tickets/${tickets[0]?.id}`
  await page.goto(ticketPath)
  await untilSaved(page)
  await page.goto('/shop/me')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(`${shop.url}/`)
  for (const path of ['/shop/bookings', '/shop/me']) {
    await page.goto(path)
    await page.getByLabel('Name').waitFor()
    t.is(new URL(page.url()).pathname, '/shop/session')
  }
  t.is(await page.getByRole('link', { name: 'My data' }).count(), 0)
  t.deepEqual(faults, [])
  await page.context().setOffline(true)
  await t.throwsAsync(page.goto(ticketPath))
  await close()
})
