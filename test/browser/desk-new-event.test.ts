import test from 'ava'
import type { Page } from 'playwright-core'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { listEvents } from '#shared/contracts/event.ts'
import { daysFromToday } from '../support/catalogue.ts'
import { organiserKey } from '../support/system.ts'
import { until } from '../support/until.ts'
import { openWindow } from './support/browser.ts'
import { buy, send } from './support/buyer.ts'
import { sharedBrowser, sharedUnlimitedShop } from './support/shared-shop.ts'

const shop = sharedUnlimitedShop()
const browser = sharedBrowser()

/** The way of somebody who has only the address of the desk and its key. */
async function openForm(page: Page): Promise<void> {
  await page.goto('/desk')
  await signIn(page)
  await page.getByRole('link', { name: 'New event' }).click()
  await page.getByRole('heading', { name: 'New event' }).waitFor()
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('Organiser key').fill(organiserKey)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function fillIn(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name of the event').fill(name)
  await page.getByLabel('Kind').fill('Music')
  await page.getByLabel('Performers').fill('Quartett Morgenrot\nMina Okafor')
  await page.getByLabel('Name of the venue').fill('Kleiner Speicher')
  await page.getByLabel('City').fill('Berlin')
  await page.getByLabel('Country').fill('de')
  await page.getByLabel('Time zone').fill('Europe/Berlin')
  await page.getByLabel('Date', { exact: true }).fill(daysFromToday(30))
  await page.getByLabel('Begins at').fill('20:00')
  const stalls = page.getByRole('group', { name: 'Section 1' })
  await stalls.getByLabel('Name').fill('Stalls')
  await stalls.getByLabel('Rows').fill('5')
  await stalls.getByLabel('Seats per row').fill('10')
  await stalls.getByLabel('Price').fill('42.50')
}

const save = (page: Page) => page.getByRole('button', { name: 'Save the draft' })

/** The text that explains the field with the focus. */
const focusedWords = (page: Page) =>
  page.evaluate(() => {
    const id = document.activeElement?.getAttribute('aria-describedby') ?? ''
    return document.getElementById(id)?.textContent
  })

async function eventsNamed(page: Page, name: string): Promise<number> {
  const start = daysFromToday(29)
  const path = `/admin/events?status=any&limit=100&start=${start}`
  const { items } = await send<ReplyOf<typeof listEvents>>(page, 'GET', path)
  return items.filter((event) => event.name === name).length
}

test('an organiser makes an event on the page, looks at the draft and publishes it, and a buyer buys in the shop', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  const buyer = await openWindow(browser, shop.url)
  const name = 'Erster Abend im Speicher'
  await openForm(page)
  await fillIn(page, name)
  await page.getByRole('button', { name: 'Add a section' }).click()
  t.is(await page.evaluate(() => document.activeElement?.id), 'field-sections-1-name')
  await page.getByRole('button', { name: 'Remove Section 2' }).click()
  await page.getByRole('button', { name: 'Add general admission' }).click()
  const floor = page.getByRole('group', { name: 'General admission 1' })
  await floor.getByLabel('Name').fill('Floor')
  await floor.getByLabel('Tickets').fill('100')
  await floor.getByLabel('Price').fill('18')
  t.regex((await page.locator('#sum').textContent()) ?? '', /150 places.*EUR\u00a03,925/)

  // The first answer is lost on its way, and the button is pressed twice.
  await page.route(
    '**/admin/events',
    async (route) => {
      await route.fetch()
      await route.abort()
    },
    { times: 1 },
  )
  await save(page).dblclick()
  await page.waitForURL(/\/desk\/events\/[\da-f-]{36}$/)
  const eventId = page.url().slice(-36)
  await page.getByRole('heading', { name }).waitFor()
  await page.getByText('Draft: buyers do not see it').waitFor()
  await page.locator('.desk-draft').getByText('Europe/Berlin').waitFor()
  await page.getByText('100 at EUR\u00a018, general admission').waitFor()
  t.is(await eventsNamed(page, name), 1)
  t.is((await buyer.page.goto(`/shop/events/${eventId}`))?.status(), 404)

  await page.getByRole('button', { name: 'Publish' }).click()
  await page
    .locator('#change')
    .getByText(/^Everybody sees the event/)
    .waitFor()
  await page.locator('#change').getByRole('button', { name: 'Publish' }).click()
  await page.getByText('The event is published.').waitFor()
  await until('the shop shows it', async () => {
    await buyer.page.goto(`/?keyword=${encodeURIComponent(name)}`)
    return buyer.page.getByRole('link', { name }).isVisible()
  })
  await buyer.page.getByRole('link', { name }).click()
  await buyer.page.getByText('Stalls').first().waitFor()
  t.is((await buy(buyer.page, { eventId, qty: 2 })).total_minor, 8_500)
  t.deepEqual([...faults, ...buyer.faults], [])
  await buyer.close()
  await close()
})

test('wrong fields are named at the fields, the first gets the focus, and nothing is stored until they are right', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url, { width: 360 })
  const name = 'Zweiter Abend im Speicher'
  await openForm(page)
  await fillIn(page, name)
  // The page itself sees these.
  await page.getByLabel('Name of the venue').fill(' ')
  await page.getByLabel('Begins at').fill('')
  await page.getByLabel('Begins at').pressSequentially('1')
  await page.getByLabel('Price').fill('42.505')
  await save(page).click()
  t.is(await focusedWords(page), 'Fill this in.')
  t.regex((await page.locator('#field-sections-0-price_minor-words').textContent()) ?? '', /EUR has at most 2 decimals/)
  t.regex((await page.locator('#field-starts_at_local-words').textContent()) ?? '', /^Only part of it/)
  t.is(await page.locator('[aria-invalid=true]').count(), 3)
  await page.getByLabel('Name of the venue').fill('Kleiner Speicher')
  t.is(await page.locator('[aria-invalid=true]').count(), 2)
  await page.getByLabel('Begins at').fill('20:00')
  await page.getByLabel('Price').fill('42.50')

  // And these the gateway.
  await page.getByLabel('Country').fill('D')
  await page.getByLabel('Rows').fill('201')
  await page.getByLabel('Performers').fill(`Mina Okafor\n\n${'x'.repeat(201)}`)
  await save(page).press('Enter')
  await page.getByText('Must be at most 200.').waitFor()
  t.is(await focusedWords(page), 'Performer 2: Must have at most 200 characters.')
  t.is(await page.locator('#field-venue-country-words').textContent(), 'Must be a two-letter country code.')
  await page.getByLabel('Country').fill('DE')
  await page.getByLabel('Rows').fill('5')
  await page.getByLabel('Performers').fill('Mina Okafor')
  await page.getByLabel('Sale opens').fill(`${daysFromToday(31)}T10:00`)
  await save(page).click()
  await page.getByText('The sale must open before the event begins.').waitFor()
  t.is(await eventsNamed(page, name), 0)

  await page.getByLabel('Sale opens').fill('')
  await save(page).click()
  await page.waitForURL(/\/desk\/events\/[\da-f-]{36}$/)
  t.deepEqual(faults, [])
  await close()
})

test('nothing that was typed is lost when the gateway refuses it, or when the organiser must sign in again', async (t) => {
  const { page, close } = await openWindow(browser, shop.url)
  const name = 'Dritter Abend im Speicher'
  await openForm(page)
  await fillIn(page, name)
  const problem = { code: 'forbidden', status: 403, title: 'Forbidden', detail: 'Not now.', retryable: false }
  await page.route('**/admin/events', (route) => route.fulfill({ status: 403, json: problem }), { times: 1 })
  await save(page).click()
  await page.getByRole('alert').getByText('This did not work: Not now. What you typed is still here.').waitFor()
  t.is(await page.evaluate(() => document.activeElement?.id), 'problem')

  // All answers are lost until the organiser is no longer signed in: the draft is there, and saving once more makes no other.
  await page.route('**/admin/events', async (route) => {
    await route.fetch()
    await route.abort()
  })
  await save(page).click()
  await page.locator('#new-event > [inert]').waitFor()
  await page.getByRole('alert').getByText('Was the draft saved?').waitFor({ timeout: 30_000 })
  await page.unroute('**/admin/events')
  await page.context().clearCookies({ name: 'ticketing_desk' })
  await save(page).click()
  await page.locator('#key:focus').waitFor()
  await signIn(page)
  await page.locator('#problem:focus').getByText('Save the draft once more.').waitFor()
  t.is(await page.getByLabel('Name of the event').inputValue(), name)
  t.is(await page.getByLabel('Performers').inputValue(), 'Quartett Morgenrot\nMina Okafor')
  t.is(await page.getByLabel('Time zone').inputValue(), 'Europe/Berlin')
  await save(page).click()
  await page.getByRole('heading', { name }).waitFor()
  t.is(await eventsNamed(page, name), 1)
  await close()
})
