import test from 'ava'
import type { Page } from 'playwright-core'
import { create } from 'qrcode'
import { organiserKey } from '../support/system.ts'
import { until } from '../support/until.ts'
import { openWindow } from './support/browser.ts'
import { send } from './support/buyer.ts'
import {
  answerText,
  eventWithTickets,
  keepAnswers,
  listLoaded,
  openGate,
  scanElsewhere,
  typeCode,
} from './support/gate.ts'
import { untilSaved } from './support/saved-page.ts'
import { sharedBrowser, sharedUnlimitedShop } from './support/shared-shop.ts'

const shop = sharedUnlimitedShop()
const browser = sharedBrowser()

/** The ids of the scans that a page sends from now on. A busy machine may answer late, and a scan then goes again under its id. */
function scansSentBy(page: Page): Set<string> {
  const sent = new Set<string>()
  page.on('request', (request) => {
    if (!request.url().endsWith('/scans')) return
    for (const { scan_id } of request.postDataJSON().scans) sent.add(scan_id)
  })
  return sent
}

test('a gate signs in, lets tickets in by number and by what a hand scanner types, once each, and says why it refuses others', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  await keepAnswers(page)
  const other = await eventWithTickets(page, 1, 'Another evening')
  const { eventId, tickets } = await eventWithTickets(page, 4)
  const [first, second, third, fourth] = tickets
  await send(page, 'POST', `/tickets/${third?.id}/transfer`, { to_user_id: `jo.${third?.id.slice(-6)}` })
  const { booking_id } = fourth ?? {}
  await send(page, 'POST', `/bookings/${booking_id}/cancel`, { ticket_ids: [fourth?.id] })

  const response = await page.goto(`/door/${eventId}`)
  t.regex(response?.headers()['permissions-policy'] ?? '', /camera=\(self\)/)
  t.regex((await page.request.get('/desk')).headers()['permissions-policy'] ?? '', /camera=\(\)/)
  await page.getByLabel('Door key').fill('door_wrong-0123456789abcdef')
  await page.getByRole('button', { name: 'Sign in' }).click()
  t.is(await page.getByRole('alert').textContent(), 'This key is not valid.')
  await page.getByLabel('Door key').fill(organiserKey)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Start at this gate' }).click()
  await page.getByText('Type the name of the gate.').waitFor()
  await page.getByLabel('Name of the gate').fill('Gate 2')
  await page.getByRole('button', { name: 'Start at this gate' }).click()
  await listLoaded(page)
  t.false((await page.content()).includes(organiserKey))
  await page.getByText('Inside: 0 of 3').waitFor()

  await page.getByLabel('Number on the ticket').fill(first?.number.toLowerCase() ?? '')
  await page.getByRole('button', { name: 'Check' }).click()
  t.regex(await answerText(page), /^Enter\s+Section\s+Stalls\s+Row\s+\S+\s+Seat\s+\S+/)
  await page.getByRole('button', { name: 'Next ticket' }).click()
  await page.getByText('Inside: 1 of 3').waitFor()
  // A screen reader says it at once.
  await typeCode(page, second?.code)
  await page.getByRole('alert').getByText('Enter', { exact: true }).waitFor()
  // The next scan takes the place of the answer.
  await typeCode(page, second?.code)
  await page.getByText(/^since \d\d:\d\d, Gate 2$/).waitFor()
  t.regex(await answerText(page), /^Already in/)
  for (const [code, says] of [
    [other.tickets[0]?.code, /^Not for this event/],
    [third?.code, /^Passed on/],
    [fourth?.number, /^Void/],
    ['https://example.org/', /^Not found/],
    ['0000-0000', /^Not found/],
  ] as const) {
    await page.keyboard.press('Escape')
    await page.locator('.door-answer').waitFor({ state: 'detached' })
    await typeCode(page, code)
    t.regex(await answerText(page), says)
  }
  await page.keyboard.press('Escape')
  await page.getByText('Inside: 2 of 3').waitFor()

  // There is no camera here.
  await page.getByRole('button', { name: 'Start the camera' }).click()
  await page.getByText('No camera was found.', { exact: false }).waitFor()

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Door key').waitFor()
  await page.reload()
  await page.getByLabel('Door key').waitFor()
  t.deepEqual(faults, [])
  await close()
})

test('once a ticket has entered, its page says so in place of the code, and the desk counts it and leads to the door', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  const { eventId, tickets } = await eventWithTickets(page, 2)
  await scanElsewhere(page, { eventId, code: tickets[0]?.code ?? '', gate: 'Gate 1' })
  await page.goto(`/shop/tickets/${tickets[0]?.id}`)
  t.is(await page.locator('.ticket-word').textContent(), 'Used')
  t.is(await page.locator('.code').count(), 0)
  await send(page, 'POST', '/admin/session', { key: organiserKey })
  await page.goto(`/desk/events/${eventId}`)
  const inside = page.locator('.desk-figures > div', { has: page.getByText('Inside', { exact: true }) })
  await inside.getByText('1', { exact: true }).waitFor()
  t.is(await inside.locator('dd').last().textContent(), 'of 2')
  await page.getByRole('link', { name: 'Door', exact: true }).click()
  await page.waitForURL(`${shop.url}/door/${eventId}`)
  await page.getByLabel('Door key').waitFor()
  t.deepEqual(faults, [])
  await close()
})

test('without a network a gate lets in by its list, keeps its scans across a reload, sends them once it is back, and names who had entered elsewhere', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  await keepAnswers(page)
  const { eventId, tickets } = await eventWithTickets(page, 3)
  const [first, second, third] = tickets
  await openGate(page, eventId)
  await untilSaved(page)
  const sent = scansSentBy(page)

  await page.context().setOffline(true)
  const elsewhere = await scanElsewhere(page, { eventId, code: first?.code ?? '', gate: 'Gate 1' })
  t.is(elsewhere.items[0]?.outcome, 'admitted')
  await typeCode(page, first?.code)
  t.regex(await answerText(page), /^Enter[\s\S]*Checked without a connection/)
  await typeCode(page, first?.code)
  await page.getByText(/^since \d\d:\d\d, Gate 2$/).waitFor()
  await page.reload()
  await page.getByText('No connection: this device checks by its list.').waitFor()
  await page.getByText('1 scan waits to be sent').waitFor()
  await typeCode(page, second?.number)
  t.regex(await answerText(page), /^Enter/)
  await page.keyboard.press('Escape')
  await page.getByText('2 scans wait to be sent').waitFor()
  await page.getByText('Inside: 2 of 3').waitFor()

  sent.clear()
  await page.context().setOffline(false)
  await page.getByText('Connected', { exact: true }).waitFor()
  t.is(sent.size, 2)
  const wrong = page.locator('.door-wrong li')
  t.regex(await wrong.innerText(), new RegExp(`${first?.number}[\\s\\S]*Let in at .*Gate 2.*entered at .*Gate 1`))
  await page.reload()
  await wrong.waitFor()
  await page.getByRole('button', { name: `Done with ${first?.number}` }).click()
  await wrong.waitFor({ state: 'detached' })
  await listLoaded(page)
  await typeCode(page, third?.code)
  await page.locator('.door-answer.enter').waitFor()
  await page.getByRole('button', { name: 'Next ticket' }).click()
  await page.getByText('Inside: 3 of 3').waitFor()
  t.deepEqual(faults, [])
  await close()
})

test('a ticket that two gates let in without a network is on the desk, with both gates and when', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  await keepAnswers(page)
  const { eventId, tickets } = await eventWithTickets(page, 1)
  const [{ number = '', code = null } = {}] = tickets
  await openGate(page, eventId)
  await page.context().setOffline(true)
  await typeCode(page, code)
  t.regex(await answerText(page), /^Enter[\s\S]*Checked without a connection/)
  await scanElsewhere(page, { eventId, code, gate: 'Gate 1', letIn: true })
  await page.context().setOffline(false)
  await page.getByText('Connected', { exact: true }).waitFor()
  await page.getByRole('heading', { name: 'Wrong entries' }).waitFor()

  await send(page, 'POST', '/admin/session', { key: organiserKey })
  await page.goto(`/desk/events/${eventId}`)
  const line = page.getByRole('listitem').filter({ hasText: '1 ticket let in twice' })
  await line.getByRole('link', { name: 'Show' }).click()
  await page.waitForURL(`${shop.url}/desk/events/${eventId}/double-entries`)
  const row = page.getByRole('row').nth(1)
  const time = String.raw`\d{1,2} \w+, \d\d:\d\d`
  t.regex(await row.innerText(), new RegExp(`${number}[\\s\\S]*Stalls[\\s\\S]*Gate 1\\s+${time}\\s+Gate 2\\s+${time}`))
  await page.getByRole('link', { name: 'An evening at the gate' }).click()
  await page.waitForURL(`${shop.url}/desk/events/${eventId}`)
  t.deepEqual(faults, [])
  await close()
})

test('where the gateway does not answer in time the device decides, and the scan arrives once it does', async (t) => {
  const { page, close } = await openWindow(browser, shop.url, { width: 360 })
  await keepAnswers(page)
  const { eventId, tickets } = await eventWithTickets(page, 1)
  await openGate(page, eventId)
  await page.route('**/scans', () => undefined)
  await typeCode(page, tickets[0]?.code)
  t.regex(await answerText(page), /^Enter[\s\S]*Checked without a connection/)
  await page.keyboard.press('Escape')
  await page.getByText('1 scan waits to be sent').waitFor()
  await page.unroute('**/scans')
  await page.getByText('Connected', { exact: true }).waitFor()
  const again = await scanElsewhere(page, { eventId, code: tickets[0]?.code ?? '', gate: 'Gate 1' })
  t.like(again.items[0], { outcome: 'already_admitted', entered: { gate: 'Gate 2' } })
  t.is(await page.locator('.door-wrong').count(), 0)
  await close()
})

test('a gate scans on after a fault of its browser, an answer that is no list, and a full device, and lets nobody in twice', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  await keepAnswers(page)
  const { eventId, tickets } = await eventWithTickets(page, 1)
  const code = tickets[0]?.code
  await openGate(page, eventId)
  await untilSaved(page)

  // Any fault of the browser: here it has no random numbers.
  await page.evaluate(() => Object.defineProperty(crypto, 'getRandomValues', { value: undefined, configurable: true }))
  await typeCode(page, code)
  await page.getByText('This ticket was not checked.', { exact: false }).waitFor()
  await until('the fault is heard of', () => faults.length > 0)
  t.deepEqual(
    faults.map((fault) => /getRandomValues/.test(fault)),
    [true],
  )
  await page.evaluate(() => Reflect.deleteProperty(crypto, 'getRandomValues'))
  await typeCode(page, code)
  t.regex(await answerText(page), /^Enter/)
  await page.keyboard.press('Escape')

  // A network that wants a sign-in first answers in place of the gateway.
  const loadAgain = page.getByRole('button', { name: 'Load it again' })
  const listFault = page.getByText('The list could not be loaded.', { exact: false })
  await page.route('**/manifest**', (route) => route.fulfill({ json: { login: '/' } }))
  await loadAgain.click()
  await listFault.waitFor()
  await page.unroute('**/manifest**')
  await page.evaluate(() => {
    const { put } = IDBObjectStore.prototype
    IDBObjectStore.prototype.put = function (value, key) {
      if (this.name === 'lists') throw new DOMException('full', 'QuotaExceededError')
      return put.call(this, value, key)
    }
  })
  await loadAgain.click()
  await page.getByText('This browser stores nothing:', { exact: false }).waitFor()
  t.is(await listFault.count(), 0)

  // The stored list is from before the entry.
  await page.context().setOffline(true)
  await page.reload()
  await page.getByText('No connection: this device checks by its list.').waitFor()
  await typeCode(page, code)
  t.regex(await answerText(page), /^Already in/)
  t.is(faults.length, 1)
  await close()
})

test('a second tab of a device says that the door is open in the first, and opens once that is closed', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url)
  const { eventId } = await eventWithTickets(page, 1)
  await openGate(page, eventId)
  const second = await page.context().newPage()
  await second.goto(`/door/${eventId}`)
  await second.getByText('The door is open in another tab of this device.', { exact: false }).waitFor()
  t.is(await second.getByLabel('Number on the ticket').count(), 0)
  await page.close()
  await second.getByLabel('Number on the ticket').waitFor()
  t.is(await second.getByText('another tab', { exact: false }).count(), 0)
  t.deepEqual(faults, [])
  await close()
})

test('the camera reads the code of a ticket once for as long as it sees it, the answer goes by itself, and a camera that cannot be shown is off', async (t) => {
  const { page, faults, close } = await openWindow(browser, shop.url, { width: 360 })
  const { eventId, tickets } = await eventWithTickets(page, 1)
  const { modules } = create(tickets[0]?.code ?? '', { errorCorrectionLevel: 'M' })
  // A camera before which somebody holds a phone with the ticket.
  await page.addInitScript(
    ({ size, squares }) => {
      navigator.mediaDevices.getUserMedia = async () => {
        const canvas = Object.assign(document.createElement('canvas'), { width: 1_280, height: 720 })
        const context = canvas.getContext('2d')
        const draw = (): void => {
          if (context === null) return
          context.fillStyle = '#667'
          context.fillRect(0, 0, 1_280, 720)
          context.setTransform(1, 0.1, -0.1, 1, 400, 80)
          const step = 480 / (size + 8)
          context.fillStyle = '#fff'
          context.fillRect(0, 0, 480, 480)
          context.fillStyle = '#111'
          for (const square of squares) {
            context.fillRect(
              ((square % size) + 4) * step,
              (Math.floor(square / size) + 4) * step,
              step + 0.5,
              step + 0.5,
            )
          }
          context.resetTransform()
        }
        setInterval(draw, 100)
        draw()
        const stream = canvas.captureStream()
        Object.assign(globalThis, { stream })
        return stream
      }
    },
    { size: modules.size, squares: [...modules.data].flatMap((isDark, at) => (isDark ? [at] : [])) },
  )
  const sent = scansSentBy(page)
  await openGate(page, eventId)
  const entering = page.locator('.door-answer.enter')
  const isShown = entering.waitFor()
  await page.getByRole('button', { name: 'Start the camera' }).click()
  await isShown
  await entering.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Stop the camera' }).click()
  await page.getByText('The camera is off.').waitFor()
  // The camera saw it for seconds. A machine that reads a picture in three of them may take it for another scan.
  t.true(sent.size >= 1 && sent.size <= 2, `${sent.size}`)

  await page.evaluate(() => {
    HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('', 'AbortError'))
  })
  await page.getByRole('button', { name: 'Start the camera' }).click()
  await page.getByText('No camera was found.', { exact: false }).waitFor()
  const tracks = await page.evaluate(() =>
    (globalThis as unknown as { stream: MediaStream }).stream.getTracks().map(({ readyState }) => readyState),
  )
  t.deepEqual(tracks, ['ended'])
  t.deepEqual(faults, [])
  await close()
})
