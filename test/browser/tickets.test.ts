import test from 'ava'
import type { CarriedTicket } from '#shared/contracts/tickets.ts'
import { until } from '../support/until.ts'
import { openWindow } from './support/browser.ts'
import { buy, send, signIn } from './support/buyer.ts'
import { untilSaved } from './support/saved-page.ts'
import { sharedBrowser, sharedUnlimitedShop } from './support/shared-shop.ts'

const shop = sharedUnlimitedShop()
const browser = sharedBrowser()

/** A window with the page of a new ticket. */
async function openTicket(options: { width?: number; script?: boolean } = {}) {
  const window = await openWindow(browser, shop.url, options)
  const booking = await buy(window.page)
  const ticketId = booking.tickets[0]?.id ?? ''
  await window.page.goto(`/shop/tickets/${ticketId}`)
  return { ...window, booking, ticketId }
}

test.serial('a ticket that was opened once is readable without a network, with its code', async (t) => {
  const { page, faults, close } = await openTicket({ width: 360 })
  const code = await page.locator('.code path').last().getAttribute('d')
  await untilSaved(page)
  await page.context().setOffline(true)
  await page.reload()
  t.is(await page.locator('.code path').last().getAttribute('d'), code)
  await page.getByText('No connection: this is the ticket as you last saw it.').waitFor()
  const ground = await page.locator('.ticket-main').evaluate((element) => getComputedStyle(element).backgroundColor)
  t.is(ground, 'rgb(255, 184, 28)')
  const face = await page.evaluate(async () => {
    await document.fonts.ready
    return document.fonts.check('700 20px "Sofia Sans Condensed"')
  })
  t.true(face)
  // Other pages need the network.
  await t.throwsAsync(page.goto('/shop/bookings'))
  t.deepEqual(faults, [])
  await close()
})

test.serial('who signs in on the same device does not find the tickets of the one before', async (t) => {
  const { page, ticketId, close } = await openTicket()
  await untilSaved(page)
  await page.goto('/shop/session')
  await page.getByLabel('Name').fill('somebody.else')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${shop.url}/`)
  await page.context().setOffline(true)
  await t.throwsAsync(page.goto(`/shop/tickets/${ticketId}`))
  await close()
})

test.serial(
  'a ticket is passed on: its code is gone here, also without a network, and the other one finds it',
  async (t) => {
    const { page, ticketId, close } = await openTicket()
    await untilSaved(page)
    await page.getByText('Pass it on').click()
    const field = page.getByLabel('Who gets it?')
    const press = () => page.getByRole('button', { name: 'Pass this ticket on' }).click()
    await press()
    t.regex((await page.getByRole('alert').textContent()) ?? '', /Write who gets the ticket/)
    await field.fill('jo doe')
    await press()
    await page.getByText(/must be 1 to 128 printable ASCII characters/).waitFor()
    t.is(await field.inputValue(), 'jo doe')
    const friend = `jo.${ticketId.slice(-6)}`
    await field.fill(friend)
    await press()
    await page.getByText(`Passed on to ${friend}.`).waitFor()
    t.is(await page.locator('.code').count(), 0)
    t.is(await page.locator('.ticket-word').textContent(), 'Passed on')
    t.is(
      await page
        .getByRole('button')
        .or(page.getByRole('link', { name: /^Give back/ }))
        .count(),
      0,
    )
    await until('the page without the code is saved', () =>
      page.evaluate(async () => {
        const saved = await caches.match(location.pathname)
        return saved !== undefined && !(await saved.text()).includes('class="code"')
      }),
    )
    await page.context().setOffline(true)
    await page.reload()
    t.is(await page.locator('.code').count(), 0)

    const other = await openWindow(browser, shop.url)
    await signIn(other.page, friend)
    await other.page.goto('/shop/bookings')
    await other.page.locator('.booking-stub.yours a').click()
    await other.page.locator('.code').waitFor()
    t.like(await send<CarriedTicket>(other.page, 'GET', `/tickets/${ticketId}`), { serial: 2, booking_id: null })
    await other.close()
    await close()
  },
)

test.serial(
  'tickets are given back from their booking: what is chosen, for the sum that the button says',
  async (t) => {
    const { page, booking, faults, close } = await openTicket()
    await page.getByRole('link', { name: /^Give back for/ }).click()
    await page.getByRole('checkbox').first().check()
    await page.getByRole('checkbox').nth(1).check()
    await page.getByRole('button', { name: /^Give back 2 tickets for [A-Z]{3} / }).click()
    await page.getByText('You gave 2 tickets back.').waitFor()
    t.is(await page.locator('.ticket-stub.yours').count(), 1)
    await page.getByText('Paid back').waitFor()
    await page.goto(`/shop/tickets/${booking.tickets[0]?.id}`)
    t.is(await page.locator('.code').count(), 0)
    t.is(await page.locator('.ticket-word').textContent(), 'Void')
    t.deepEqual(faults, [])
    await close()
  },
)

test.serial('bookings, a booking and a ticket with its code are read without script', async (t) => {
  const { page, booking, ticketId, close } = await openTicket({ script: false })
  t.true(await page.locator('.code').isVisible())
  t.regex((await page.locator('.ticket').textContent()) ?? '', /Ticket 1 of 3 · valid/)
  await page.locator('.pass-on summary').click()
  t.is(await page.locator('.pass-on noscript').innerText(), 'Passing a ticket on needs JavaScript.')
  await page.getByRole('link', { name: 'All 3 tickets of this booking' }).click()
  t.is(new URL(page.url()).pathname, `/shop/bookings/${booking.id}`)
  await page.locator('#return-tickets summary').click()
  t.is(await page.locator('#return-tickets noscript').innerText(), 'Giving tickets back needs JavaScript.')
  await page.locator('.ticket-stub a').first().click()
  t.is(new URL(page.url()).pathname, `/shop/tickets/${ticketId}`)
  await page.goto('/shop/bookings')
  await page.locator('.booking-stub a').click()
  t.is(await page.locator('.ticket-stub.yours').count(), 3)
  await close()
})

test.serial('on paper there is the ticket and nothing to press', async (t) => {
  const { page, close } = await openTicket()
  await page.emulateMedia({ media: 'print' })
  t.true(await page.locator('.code').isVisible())
  for (const hidden of ['.masthead', '.foot', '.ticket-actions', '.back'])
    t.false(await page.locator(hidden).isVisible())
  await close()
})
