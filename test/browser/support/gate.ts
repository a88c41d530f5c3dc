import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import type { recordScans } from '#shared/contracts/check-in.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { CarriedTicket } from '#shared/contracts/tickets.ts'
import { shownMs } from '../../../gateway/storefront/views/door/answer-screen.ts'
import { daysFromToday } from '../../support/catalogue.ts'
import { organiserKey } from '../../support/system.ts'
import { buy, organise, send } from './buyer.ts'

/* The door of an event, and tickets for it. */

export interface Tickets {
  readonly eventId: string
  readonly tickets: readonly CarriedTicket[]
}

/** An event for which the buyer of a window bought tickets, with their codes. */
export async function eventWithTickets(page: Page, qty: number, name = 'An evening at the gate'): Promise<Tickets> {
  const eventId = await organise(page, {
    name,
    venue: { name: 'Kleiner Speicher', city: 'Berlin', country: 'DE', tz: 'Europe/Berlin' },
    starts_on: daysFromToday(30),
    starts_at_local: '20:00',
    sections: [{ name: 'Stalls', rows: 5, seats_per_row: 10, price_minor: 4_200 }],
  })
  const booking = await buy(page, { eventId, qty })
  const tickets = await Promise.all(booking.tickets.map(({ id }) => send<CarriedTicket>(page, 'GET', `/tickets/${id}`)))
  return { eventId, tickets }
}

/** Opens the door of an event in a window that is signed in and at a gate, with its list loaded. */
export async function openGate(page: Page, eventId: string, gate = 'Gate 2'): Promise<void> {
  await send(page, 'POST', '/check-in/session', { key: organiserKey })
  await page.addInitScript((name) => localStorage.setItem('ticketing-gate', name), gate)
  await page.goto(`/door/${eventId}`)
  await listLoaded(page)
}

export async function listLoaded(page: Page): Promise<void> {
  await page.getByText(/^\d+ tickets?, loaded at \d\d:\d\d$/).waitFor()
}

/** Types a code as a hand scanner does, wherever the focus is. */
export async function typeCode(page: Page, code: string | null | undefined): Promise<void> {
  await page.keyboard.type(code ?? '')
  await page.keyboard.press('Enter')
}

/** What the page says over the whole screen about the ticket that was scanned last. */
export async function answerText(page: Page): Promise<string> {
  await page.locator('.door-answer').waitFor()
  return page.locator('.door-answer').innerText()
}

/** Another gate scans a ticket. `letIn`: it had no connection, and its scan arrives now. */
export async function scanElsewhere(
  page: Page,
  { eventId, code, gate, letIn = false }: { eventId: string; code: string | null; gate: string; letIn?: boolean },
) {
  const scan = { scan_id: randomUUID(), code, scanned_at: new Date().toISOString(), let_in: letIn }
  const answer = await page.request.post(`/check-in/${eventId}/scans`, {
    headers: { authorization: `Bearer ${organiserKey}` },
    data: { gate, scans: [scan] },
  })
  if (!answer.ok()) throw new Error(`${answer.status()} ${await answer.text()}`)
  return (await answer.json()) as ReplyOf<typeof recordScans>
}

/** Answers go by themselves after seconds; not before a test has looked at them. */
export async function keepAnswers(page: Page): Promise<void> {
  await page.addInitScript((answers: readonly number[]) => {
    const usual = globalThis.setTimeout
    const slow = ((run: () => void, ms = 0) => usual(run, answers.includes(ms) ? 10 ** 9 : ms)) as typeof usual
    globalThis.setTimeout = slow
  }, Object.values(shownMs))
}
