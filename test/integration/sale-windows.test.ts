import test from 'ava'
import type { RequestOf } from '#shared/contracts/contract.ts'
import { viewEvent } from '#shared/contracts/event.ts'
import { changeHold, holdSeats } from '#shared/contracts/holds.ts'
import { beginPayment, confirmHold } from '#shared/contracts/payment-steps.ts'
import { listSeats, viewSeatStates } from '#shared/contracts/seats.ts'
import { setSale } from '#shared/contracts/stock.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { operation } from '#shared/messaging/serve.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { forFile } from '../support/for-file.ts'
import { serveScripted } from '../support/scripted-worker.ts'

const unstockedEvent = newId()

const workers = forFile(() => startBookingWorkers())
forFile(async () => {
  // All that booking asks of an event worker is whether an event exists, and it does not read the answer.
  const answer = operation(viewEvent, async ({ event_id }) => {
    if (event_id !== unstockedEvent) throw new TicketingError('event_not_found', 'There is no such event.')
    return {} as never
  })
  return { stop: await serveScripted(workers.natsUrls, 'event', [answer]) }
})

type Sale = Omit<RequestOf<typeof setSale>, 'event_id'>
const inAnHour = new Date(Date.now() + 3_600_000).toISOString()
const anHourAgo = new Date(Date.now() - 3_600_000).toISOString()

async function codeUnder(sale: Sale): Promise<string> {
  const event_id = await workers.openHouse()
  await workers.ask(setSale, { event_id, ...sale })
  return (await workers.refusal(holdSeats, { event_id, seat_nos: [0] }, { as: 'ada' })).code
}

test('seats are held only while the sale is open, and the refusal says why', async (t) => {
  const always = { on_sale_at: null, off_sale_at: null }
  t.is(await codeUnder({ status: 'announced', ...always }), 'sale_not_open')
  t.is(await codeUnder({ status: 'on_sale', on_sale_at: inAnHour, off_sale_at: null }), 'sale_not_open')
  t.is(await codeUnder({ status: 'on_sale', on_sale_at: null, off_sale_at: anHourAgo }), 'sale_closed')
  t.is(await codeUnder({ status: 'off_sale', ...always }), 'sale_closed')
  t.is(await codeUnder({ status: 'paused', ...always }), 'sale_paused')
  t.is(await codeUnder({ status: 'cancelled', ...always }), 'event_cancelled')
})

test('a sale that has ended says so, although it was paused or never opened', async (t) => {
  for (const status of ['paused', 'announced'] as const) {
    t.is(await codeUnder({ status, on_sale_at: null, off_sale_at: anHourAgo }), 'sale_closed', status)
  }
  // Its new date is not known yet.
  t.is(await codeUnder({ status: 'postponed', on_sale_at: null, off_sale_at: anHourAgo }), 'sale_paused')
})

test('places held before the end of the sale are paid for within their time, but neither extended nor exchanged', async (t) => {
  const event_id = await workers.openHouse()
  const { id: hold_id } = await workers.hold(event_id, [0], 'ada')
  await workers.ask(setSale, { event_id, status: 'on_sale', on_sale_at: null, off_sale_at: anHourAgo })
  for (const change of [{ extend: true as const }, { seat_nos: [1] }]) {
    t.is((await workers.refusal(changeHold, { hold_id, ...change }, { as: 'ada' })).code, 'sale_closed')
  }
  const { booking_id } = await workers.ask(beginPayment, { hold_id }, { as: 'ada' })
  t.deepEqual(await workers.ask(confirmHold, { booking_id }), { outcome: 'CONFIRMED' })
})

test('a hold that ran out is not rescued once the sale has ended', async (t) => {
  const event_id = await workers.openHouse()
  const hold = await workers.hold(event_id, [0], 'ada')
  const { booking_id } = await workers.ask(beginPayment, { hold_id: hold.id }, { as: 'ada' })
  await workers.letRunOut(hold)
  await workers.ask(setSale, { event_id, status: 'on_sale', on_sale_at: null, off_sale_at: anHourAgo })
  t.deepEqual(await workers.ask(confirmHold, { booking_id }), { outcome: 'LOST', reason: 'hold_changed' })
})

test('a change of the sale counts from its answer on; the same again changes nothing', async (t) => {
  const event_id = await workers.openHouse()
  const paused = { event_id, status: 'paused', on_sale_at: null, off_sale_at: null } as const
  t.deepEqual(await workers.ask(setSale, paused), { changed: true })
  t.deepEqual(await workers.ask(setSale, paused), { changed: false })
  await workers.refusal(holdSeats, { event_id, seat_nos: [0] }, { as: 'ada' })
  await workers.ask(setSale, { ...paused, status: 'on_sale', on_sale_at: anHourAgo })
  t.is((await workers.hold(event_id, [0], 'ada')).status, 'active')
})

test('a cancelled sale is never opened again by anybody; cancelling it again is allowed', async (t) => {
  const event_id = await workers.openHouse()
  const cancelled = { event_id, status: 'cancelled', on_sale_at: null, off_sale_at: null } as const
  t.deepEqual(await workers.ask(setSale, cancelled), { changed: true })
  for (const status of ['on_sale', 'paused', 'announced', 'postponed', 'off_sale'] as const) {
    t.is((await workers.refusal(setSale, { ...cancelled, status })).code, 'event_cancelled', status)
  }
  t.deepEqual(await workers.ask(setSale, cancelled), { changed: false })
  t.deepEqual(await workers.ask(setSale, { ...cancelled, off_sale_at: inAnHour }), { changed: true })
  const refusal = await workers.refusal(holdSeats, { event_id, seat_nos: [0] }, { as: 'ada' })
  t.is(refusal.code, 'event_cancelled')
})

test('a sale that would close before it opens is refused', async (t) => {
  const event_id = await workers.openHouse()
  const refusal = await workers.refusal(setSale, {
    event_id,
    status: 'on_sale',
    on_sale_at: inAnHour,
    off_sale_at: anHourAgo,
  })
  t.is(refusal.code, 'validation_failed')
})

test('an event without stock is not on sale and has no seats', async (t) => {
  const event_id = unstockedEvent
  t.is((await workers.refusal(holdSeats, { event_id, seat_nos: [0] }, { as: 'ada' })).code, 'sale_not_open')
  t.deepEqual(await workers.ask(listSeats, { event_id }), { items: [], next_cursor: null })
  const { seq: _, ...states } = await workers.ask(viewSeatStates, { event_id })
  const nothing = { version: 0, available: 0, held: 0, sold: 0, states: '', areas: [], waited_for: [] }
  t.deepEqual(states, { event_id, ...nothing })
  const sale = { event_id, status: 'on_sale', on_sale_at: null, off_sale_at: null } as const
  t.is((await workers.refusal(setSale, sale)).code, 'not_found')
})

test('an event that nobody knows is not found', async (t) => {
  const event_id = newId()
  const request = { event_id, best_available: { qty: 1 } }
  t.is((await workers.refusal(holdSeats, request, { as: 'ada' })).code, 'event_not_found')
  t.is((await workers.refusal(listSeats, { event_id })).code, 'event_not_found')
  t.is((await workers.refusal(viewSeatStates, { event_id })).code, 'event_not_found')
})
