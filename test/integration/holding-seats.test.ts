import test from 'ava'
import { holdSeats, releaseHold, viewHold } from '#shared/contracts/holds.ts'
import { beginPayment, confirmHold } from '#shared/contracts/payment-steps.ts'
import { listSeats } from '#shared/contracts/seats.ts'
import type { TicketingError } from '#shared/errors.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { seatNosOf } from '../support/seat-numbers.ts'

const workers = sharedBookingWorkers()

test('a hold names its places, its frozen prices and its end', async (t) => {
  const eventId = await workers.openHouse({ rows: 2, seatsPerRow: 3, priceMinor: 4_200 })
  const hold = await workers.hold(eventId, [4, 2], 'ada')
  t.like(hold, { event_id: eventId, user_id: 'ada', status: 'active', total_minor: 8_400, currency: 'EUR' })
  t.deepEqual(hold.places, [
    { seat_no: 2, section: 'Stalls', row: 'R1', label: '3', price_minor: 4_200 },
    { seat_no: 4, section: 'Stalls', row: 'R2', label: '2', price_minor: 4_200 },
  ])
  const lasts = Date.parse(hold.expires_at) - Date.now()
  t.true(lasts > 590_000 && lasts <= 600_500)
  t.is(Date.parse(hold.hard_cap_at) - Date.parse(hold.expires_at), 20 * 60_000)

  await workers.postgres.query('UPDATE booking.event_seats SET price_minor = 9900 WHERE event_id = $1', [eventId])
  const later = await workers.ask(viewHold, { hold_id: hold.id }, { as: 'ada' })
  t.deepEqual(later.places, hold.places)
})

test('a hold takes all its seats or none', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  await workers.hold(eventId, [1], 'first')
  await workers.refusal(holdSeats, { event_id: eventId, seat_nos: [0, 1, 2] }, { as: 'second' })
  const { items } = await workers.ask(listSeats, { event_id: eventId })
  t.is(items.map((seat) => seat.state).join(' '), 'available held available available')
})

test('a seat that the house does not have is the mistake of the request, whatever else is wrong', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  await workers.hold(eventId, [1], 'first')
  const refusal = await workers.refusal(holdSeats, { event_id: eventId, seat_nos: [1, 4] }, { as: 'second' })
  t.is(refusal.code, 'validation_failed')
  t.deepEqual(refusal.extra.errors, [{ pointer: '/seat_nos/1', detail: 'seat_nos[1] is not a seat of this event.' }])
})

test('a buyer has one hold of an event at a time, also when two requests come at once', async (t) => {
  const eventId = await workers.openHouse()
  const answers = await Promise.allSettled([0, 5].map((seatNo) => workers.hold(eventId, [seatNo], 'twice')))
  const [made] = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  const [refused] = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
  t.is(refused?.code, 'hold_exists')
  t.deepEqual(refused?.extra, { hold_id: made?.id })
  await workers.hold(await workers.openHouse(), [0], 'twice')
})

test('a refused hold leaves its key free for another try', async (t) => {
  const eventId = await workers.openHouse()
  const first = await workers.hold(eventId, [0], 'first')
  const request = { event_id: eventId, seat_nos: [0] }
  const options = { as: 'patient', idempotencyKey: 'again' }
  t.is((await workers.refusal(holdSeats, request, options)).code, 'seat_unavailable')
  await workers.ask(releaseHold, { hold_id: first.id }, { as: 'first' })
  t.is((await workers.ask(holdSeats, request, options)).status, 'active')
})

test('seats given back are free at once; giving them back again changes nothing', async (t) => {
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [0, 1], 'first')
  for (const _ of ['once', 'again'])
    t.deepEqual(await workers.ask(releaseHold, { hold_id: hold.id }, { as: 'first' }), {})
  t.is((await workers.ask(viewHold, { hold_id: hold.id }, { as: 'first' })).status, 'released')
  const next = await workers.hold(eventId, [1], 'second')
  await workers.ask(releaseHold, { hold_id: hold.id }, { as: 'first' })
  t.is((await workers.ask(viewHold, { hold_id: next.id }, { as: 'second' })).status, 'active')
})

test('an anonymous caller cannot hold seats', async (t) => {
  const eventId = await workers.openHouse()
  t.is((await workers.refusal(holdSeats, { event_id: eventId, seat_nos: [0] })).code, 'unauthenticated')
})

test('overlapping requests of forty buyers at once all end, with seats or without, and no seat is held twice', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 12 })
  const held: number[] = []
  const refusals: string[] = []
  await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      workers.hold(eventId, [(index + 7) % 12, index % 12, (index + 3) % 12], `buyer-${index}`).then(
        (hold) => held.push(...seatNosOf(hold.places)),
        (error: TicketingError) => refusals.push(error.code),
      ),
    ),
  )
  t.is(held.length / 3 + refusals.length, 40)
  t.true(held.length > 0)
  t.is(new Set(held).size, held.length)
  t.true(refusals.every((code) => code === 'seat_unavailable'))
})

test('a refusal tells lost seats that are held, and may become free again, from sold ones', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 8 })
  await workers.buy(eventId, [1], 'ada')
  const { id } = await workers.hold(eventId, [2, 3], 'bob')
  const lost = { event_id: eventId, seat_nos: [0, 1, 2, 3] }
  const refused = await workers.refusal(holdSeats, lost, { as: 'cyd' })
  t.is(refused.code, 'seat_unavailable')
  t.like(refused.extra, { conflicts: [1, 2, 3], held: [2, 3], alternatives: [[4, 5, 6, 7]] })
  const { booking_id } = await workers.ask(beginPayment, { hold_id: id }, { as: 'bob' })
  await workers.ask(confirmHold, { booking_id })
  t.like((await workers.refusal(holdSeats, lost, { as: 'cyd' })).extra, { conflicts: [1, 2, 3], held: [] })
})
