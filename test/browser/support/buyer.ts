import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import type { Booking } from '#shared/contracts/bookings.ts'
import type { Hold } from '#shared/contracts/holds.ts'
import { demoEventId } from '#shared/ids.ts'
import { ask, eventOnSale } from '../../support/http.ts'
import { organiserKey } from '../../support/system.ts'

/* What a buyer did before a page opens, by the requests that pages send. They share the cookies of the window. */

let buyers = 0

function newBuyer(): string {
  buyers += 1
  return `ines.moreau.${buyers}`
}

/** Signs a new buyer in on a window, and answers who it is. */
export async function signIn(page: Page, userId = newBuyer()): Promise<string> {
  await send(page, 'POST', '/session', { user_id: userId })
  return userId
}

/** A window has a new buyer, who holds the best places of an event. */
export async function hold(page: Page, wanted: { qty?: number; eventId?: string } = {}): Promise<Hold> {
  await signIn(page)
  return holdPlaces(page, wanted)
}

/** The buyer of a window holds the best places of an event. */
function holdPlaces(page: Page, { qty = 3, eventId = demoEventId } = {}): Promise<Hold> {
  return send(page, 'POST', `/events/${eventId}/holds`, { best_available: { qty } })
}

/** A window has a new buyer, who bought the best places of an event. */
export async function buy(page: Page, wanted: { qty?: number; eventId?: string } = {}): Promise<Booking> {
  await signIn(page)
  return buyPlaces(page, wanted)
}

/** The buyer of a window buys the best places of an event. */
export async function buyPlaces(page: Page, wanted: { qty?: number; eventId?: string } = {}): Promise<Booking> {
  const { id } = await holdPlaces(page, wanted)
  return send(page, 'POST', '/purchase', { hold_id: id, payment_token: 'tok_ok' })
}

/** An event with four seats, all of which another buyer bought. */
export async function soldOutEvent(url: string): Promise<{ eventId: string; bookingId: string; owner: string }> {
  const eventId = await eventOnSale(url, { name: 'A small night', rows: 1, seatsPerRow: 4 })
  const owner = newBuyer()
  const json = { event_id: eventId, best_available: { qty: 4 }, payment_token: 'tok_ok', user_id: owner }
  const { status, text, body } = await ask(`${url}/purchase`, { json, headers: { 'idempotency-key': randomUUID() } })
  if (status !== 201) throw new Error(text)
  return { eventId, bookingId: body.id, owner }
}

/** An event as its organiser wants it, published; `action`: what happens to it then. Answers its id. */
export async function organise(page: Page, wanted: object, action?: 'pause' | 'cancel'): Promise<string> {
  const headers = { authorization: `Bearer ${organiserKey}` }
  const post = async (path: string, data?: object): Promise<{ id: string }> => {
    const answer = await page.request.post(path, { headers, ...(data === undefined ? {} : { data }) })
    if (!answer.ok()) throw new Error(`${answer.status()} ${await answer.text()}`)
    return answer.json()
  }
  const { id } = await post('/admin/events', wanted)
  for (const each of ['publish', ...(action === undefined ? [] : [action])]) await post(`/admin/events/${id}/${each}`)
  return id
}

/** Switches the waiting room of an event on, as its organiser; `room`: other than one that calls everybody at once. */
export async function openRoom(page: Page, eventId: string, room: object = {}): Promise<void> {
  const usual = { state: 'open', calls_per_minute: 6_000, max_active: 100, claim_s: 60, session_s: 900, idle_s: 300 }
  const answer = await page.request.fetch(`/admin/events/${eventId}/queue`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${organiserKey}`, 'idempotency-key': randomUUID() },
    data: { ...usual, ...room },
  })
  if (!answer.ok()) throw new Error(`${answer.status()} ${await answer.text()}`)
}

/** Sends a request of the window's buyer and answers its body. Throws for anything but a success. */
export async function send<Reply>(
  page: Page,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  data?: object,
): Promise<Reply> {
  const headers = method === 'GET' ? {} : { 'idempotency-key': randomUUID() }
  const answer = await page.request.fetch(path, { method, headers, ...(data === undefined ? {} : { data }) })
  const text = await answer.text()
  if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${text}`)
  return JSON.parse(text || '{}') as Reply
}
