import test from 'ava'
import { viewEvent } from '#shared/contracts/event.ts'
import { confirmHold } from '#shared/contracts/payment-steps.ts'
import { listSeats, viewSeatStates } from '#shared/contracts/seats.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { operation } from '#shared/messaging/serve.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { forFile } from '../support/for-file.ts'
import { assertRefused } from '../support/refusals.ts'
import { serveScripted } from '../support/scripted-worker.ts'

const unstockedEvent = newId()

const workers = forFile(() => startBookingWorkers({ isImpatient: false }))
forFile(async () => {
  // All that booking asks of an event worker is whether an event exists, and it does not read the answer.
  const answer = operation(viewEvent, async ({ event_id }) => {
    if (event_id !== unstockedEvent) throw new TicketingError('event_not_found', 'There is no such event.')
    return {} as never
  })
  return { stop: await serveScripted(workers.natsUrls, 'event', [answer]) }
})

const inAnHour = new Date(Date.now() + 3_600_000).toISOString()
const anHourAgo = new Date(Date.now() - 3_600_000).toISOString()

test('seats are held only while the sale is open, and the refusal says why', async (t) => {
  for (const [sale, code] of [
    [{ status: 'announced' }, 'sale_not_open'],
    [{ status: 'on_sale', on_sale_at: inAnHour }, 'sale_not_open'],
    [{ status: 'on_sale', off_sale_at: anHourAgo }, 'sale_closed'],
    [{ status: 'off_sale' }, 'sale_closed'],
    [{ status: 'paused' }, 'sale_paused'],
    [{ status: 'cancelled' }, 'event_cancelled'],
    // A sale that has ended says so, although it was paused or never opened.
    [{ status: 'paused', off_sale_at: anHourAgo }, 'sale_closed'],
    [{ status: 'announced', off_sale_at: anHourAgo }, 'sale_closed'],
    // The new date of what is postponed is not known yet.
    [{ status: 'postponed', off_sale_at: anHourAgo }, 'sale_paused'],
  ] as const) {
    const eventId = await workers.openHouse()
    await workers.setSale(eventId, sale)
    await assertRefused(t, workers.hold(eventId, [0]), code, JSON.stringify(sale))
  }
})

test('places held before the end of the sale are paid for within their time, but neither extended nor exchanged', async (t) => {
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [0])
  await workers.setSale(eventId, { off_sale_at: anHourAgo })
  for (const change of [workers.extend(hold), workers.swap(hold, [1])]) await assertRefused(t, change, 'sale_closed')
  t.is(await workers.confirm(await workers.beginPayment(hold)), 'CONFIRMED')
})

test('a hold that ran out is not rescued once the sale has ended', async (t) => {
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [0])
  const booking_id = await workers.beginPayment(hold)
  await workers.letRunOut(hold)
  await workers.setSale(eventId, { off_sale_at: anHourAgo })
  t.deepEqual(await workers.ask(confirmHold, { booking_id }), { outcome: 'LOST', reason: 'hold_changed' })
})

test('a change of the sale counts from its answer on; the same again changes nothing', async (t) => {
  const eventId = await workers.openHouse()
  for (const changed of [true, false]) t.deepEqual(await workers.setSale(eventId, { status: 'paused' }), { changed })
  await assertRefused(t, workers.hold(eventId, [0]), 'sale_paused')
  await workers.setSale(eventId, { on_sale_at: anHourAgo })
  t.is((await workers.hold(eventId, [0])).status, 'active')
})

test('a cancelled sale is never opened again by anybody; cancelling it again is allowed', async (t) => {
  const eventId = await workers.openHouse()
  const cancel = (times = {}) => workers.setSale(eventId, { status: 'cancelled', ...times })
  t.deepEqual(await cancel(), { changed: true })
  for (const status of ['on_sale', 'paused', 'announced', 'postponed', 'off_sale'] as const) {
    await assertRefused(t, workers.setSale(eventId, { status }), 'event_cancelled', status)
  }
  t.deepEqual(await cancel(), { changed: false })
  t.deepEqual(await cancel({ off_sale_at: inAnHour }), { changed: true })
  await assertRefused(t, workers.hold(eventId, [0]), 'event_cancelled')
})

test('a sale that would close before it opens is refused', async (t) => {
  const sale = workers.setSale(await workers.openHouse(), { on_sale_at: inAnHour, off_sale_at: anHourAgo })
  await assertRefused(t, sale, 'validation_failed')
})

test('an event without stock is not on sale and has no seats', async (t) => {
  const event_id = unstockedEvent
  await assertRefused(t, workers.hold(event_id, [0]), 'sale_not_open')
  t.deepEqual(await workers.ask(listSeats, { event_id }), { items: [], next_cursor: null })
  const { seq: _, ...states } = await workers.ask(viewSeatStates, { event_id })
  const nothing = { version: 0, available: 0, held: 0, sold: 0, states: '', areas: [], waited_for: [] }
  t.deepEqual(states, { event_id, ...nothing })
  await assertRefused(t, workers.setSale(event_id), 'not_found')
})

test('an event that nobody knows is not found', async (t) => {
  const event_id = newId()
  await assertRefused(t, workers.hold(event_id, { best_available: { qty: 1 } }), 'event_not_found')
  await assertRefused(t, workers.ask(listSeats, { event_id }), 'event_not_found')
  await assertRefused(t, workers.ask(viewSeatStates, { event_id }), 'event_not_found')
})
