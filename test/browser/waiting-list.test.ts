import test from 'ava'
import { ask } from '../support/http.ts'
import { until } from '../support/until.ts'
import { openWindow } from './support/browser.ts'
import { signIn, soldOutEvent } from './support/buyer.ts'
import { sharedBrowser, sharedUnlimitedShop } from './support/shared-shop.ts'

const system = sharedUnlimitedShop()
const browser = sharedBrowser()

test.serial(
  'an event that is sold out leads to its waiting list, and an offer on it is paid like any hold',
  async (t) => {
    const { eventId, bookingId, owner } = await soldOutEvent(system.url)
    const { page, faults, close } = await openWindow(browser, system.url)
    await until('the page says it', async () => {
      await page.goto(`/shop/events/${eventId}`)
      return page.getByText('Sold out', { exact: true }).isVisible()
    })
    await page.getByRole('link', { name: 'Join the waiting list' }).click()
    await page.getByLabel('Name').fill('ines.waits')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'One fewer' }).click()
    await page.getByRole('button', { name: 'Wait for 1 place' }).click()
    await page.getByText('You wait for 1 place', { exact: true }).waitFor()
    await page.getByText('You are the first.').waitFor()
    await page.reload()
    await page.getByText('You wait for 1 place', { exact: true }).waitFor()
    await page.goto('/shop/bookings')
    await page.getByRole('heading', { name: 'Waiting lists' }).waitFor()
    await page.locator('.booking-stub a').first().click()
    await page.waitForURL(`${system.url}/shop/events/${eventId}/waiting-list`)
    const given = await ask(`${system.url}/bookings/${bookingId}/cancel`, { json: { user_id: owner } })
    t.true(given.status < 300, given.text)
    await page.getByText('1 place is yours').waitFor({ timeout: 50_000 })
    await page.getByText(/^\d+:\d\d left to pay\./).waitFor()
    await page.getByRole('link', { name: 'Continue to payment' }).click()
    await page.locator('#pay').click()
    await page.getByText('Bought.').waitFor()
    t.deepEqual(faults, [])
    await close()
  },
)

test.serial('a buyer leaves the waiting list, is told so, and can join again', async (t) => {
  const { eventId } = await soldOutEvent(system.url)
  const { page, close } = await openWindow(browser, system.url, { width: 360 })
  await signIn(page)
  await page.goto(`/shop/events/${eventId}/waiting-list`)
  await page.getByRole('button', { name: 'Wait for 2 places' }).click()
  await page.getByRole('button', { name: 'Leave the list' }).click()
  await page.getByText('You left the list').waitFor()
  await page.getByRole('button', { name: 'Wait for 2 places' }).click()
  await page.getByText('You wait for 2 places').waitFor()
  t.pass()
  await close()
})
