import test from 'ava'
import { holdSeats } from '#shared/contracts/holds.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { assertRefused, outcomesOf } from '../support/refusals.ts'
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
  t.deepEqual((await workers.viewHold(hold)).places, hold.places)
})

test('a hold takes all its seats or none', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  await workers.hold(eventId, [1])
  await assertRefused(t, workers.hold(eventId, [0, 1, 2]), 'seat_unavailable')
  t.is(await workers.statesOf(eventId), 'available held available available')
})

test('a seat that the house does not have is named as the mistake before any other reason to refuse', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  await workers.hold(eventId, [1])
  const { extra } = await assertRefused(t, workers.hold(eventId, [1, 4]), '/seat_nos/1')
  t.deepEqual(extra.errors, [{ pointer: '/seat_nos/1', detail: 'seat_nos[1] is not a seat of this event.' }])
})

test('a buyer has one hold of an event at a time, also when twenty requests come at once', async (t) => {
  const eventId = await workers.openHouse()
  const seatNos = Array.from({ length: 20 }, (_, seatNo) => seatNo)
  const answers = await Promise.allSettled(seatNos.map((seatNo) => workers.hold(eventId, [seatNo], 'ada')))
  const made = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  t.is(made.length, 1)
  for (const answer of answers) {
    if (answer.status === 'rejected') t.like(answer.reason, { code: 'hold_exists', extra: { hold_id: made[0]?.id } })
  }
  await workers.hold(await workers.openHouse(), [0], 'ada')
})

test('a refused hold leaves its key free for another try', async (t) => {
  const eventId = await workers.openHouse()
  const first = await workers.hold(eventId, [0])
  const request = { event_id: eventId, seat_nos: [0] }
  const tryIt = () => workers.ask(holdSeats, request, { as: 'patient', idempotencyKey: 'again' })
  await assertRefused(t, tryIt(), 'seat_unavailable')
  await workers.release(first)
  t.is((await tryIt()).status, 'active')
})

test('seats given back are free at once; giving them back again changes nothing', async (t) => {
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [0, 1])
  for (const _ of ['once', 'again']) t.deepEqual(await workers.release(hold), {})
  t.is((await workers.viewHold(hold)).status, 'released')
  const next = await workers.hold(eventId, [1])
  await workers.release(hold)
  t.is((await workers.viewHold(next)).status, 'active')
})

test('an anonymous caller cannot hold seats', async (t) => {
  const event_id = await workers.openHouse()
  await assertRefused(t, workers.ask(holdSeats, { event_id, seat_nos: [0] }), 'unauthenticated')
})

test('overlapping requests of forty buyers at once all end, with seats or without, and no seat is held twice', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 12 })
  const held: number[] = []
  const buyers = Array.from({ length: 40 }, async (_, index) => {
    const { places } = await workers.hold(eventId, [(index + 7) % 12, index % 12, (index + 3) % 12])
    held.push(...seatNosOf(places))
  })
  t.deepEqual(await outcomesOf(buyers, 'held'), ['held', 'seat_unavailable'])
  t.is(new Set(held).size, held.length)
})

test('a refusal tells lost seats that are held, and may become free again, from sold ones', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 8 })
  await workers.buy(eventId, [1])
  const hold = await workers.hold(eventId, [2, 3])
  const refused = await assertRefused(t, workers.hold(eventId, [0, 1, 2, 3]), 'seat_unavailable')
  t.like(refused.extra, { conflicts: [1, 2, 3], held: [2, 3], alternatives: [[4, 5, 6, 7]] })
  await workers.confirm(await workers.beginPayment(hold))
  const { extra } = await assertRefused(t, workers.hold(eventId, [0, 1, 2, 3]), 'seat_unavailable')
  t.like(extra, { conflicts: [1, 2, 3], held: [] })
})
