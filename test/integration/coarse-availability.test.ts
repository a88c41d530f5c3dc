import test from 'ava'
import { holdSeats } from '#shared/contracts/holds.ts'
import { beginPayment, confirmHold } from '#shared/contracts/payment-steps.ts'
import { viewAvailability } from '#shared/contracts/seats.ts'
import { newId } from '#shared/ids.ts'
import { estimateFreePlaces } from '../../workers/booking/store/seat-views.ts'
import { availabilityOf } from '../../workers/event/availability.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { forFile } from '../support/for-file.ts'
import { seatsRead } from '../support/seats-read.ts'

// Its own: what is read of a database depends on what else is in it.
const workers = forFile(() => startBookingWorkers())

const seats = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index)

async function words(eventId: string) {
  const asked = [{ coarse: true }, { coarse: false }].map((how) =>
    workers.ask(viewAvailability, { event_ids: [eventId], ...how }),
  )
  const [coarse, exact] = (await Promise.all(asked)).map(({ items: [item] }) =>
    item === undefined
      ? undefined
      : availabilityOf({ available: item.available, placeCount: item.place_count, soldOut: item.sold_out === true }),
  )
  return { coarse, exact }
}

test('the coarse count says the same word as the exact one, however full the house is', async (t) => {
  const eventId = await workers.openHouse({ rows: 20, seatsPerRow: 10, maxTicketsPerUser: 1_000 })
  t.deepEqual(await words(eventId), { coarse: 'plenty', exact: 'plenty' })
  for (const from of [0, 90]) await workers.buy(eventId, seats(from, 90), 'ada')
  t.deepEqual(await words(eventId), { coarse: 'plenty', exact: 'plenty' })
  const hold = await workers.hold(eventId, seats(180, 1), 'bob')
  t.deepEqual(await words(eventId), { coarse: 'few', exact: 'few' })
  await workers.hold(eventId, seats(181, 19), 'cyd')
  t.deepEqual(await words(eventId), { coarse: 'few', exact: 'few' })
  await workers.letRunOut(hold)
  t.deepEqual(await words(eventId), { coarse: 'few', exact: 'few' })
})

test('a house is sold out once all is sold, and not while the last places are held', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4, areas: { Floor: { capacity: 4 } } })
  await workers.buy(eventId, [0, 1, 2, 3], 'ada')
  const floor = { event_id: eventId, areas: [{ area: 'Floor', qty: 4 }] }
  const { id } = await workers.ask(holdSeats, floor, { as: 'bob' })
  t.deepEqual(await words(eventId), { coarse: 'few', exact: 'few' })
  const { booking_id } = await workers.ask(beginPayment, { hold_id: id }, { as: 'bob' })
  await workers.ask(confirmHold, { booking_id })
  t.deepEqual(await words(eventId), { coarse: 'sold_out', exact: 'sold_out' })
})

test('GA tickets count, also where there are no seats', async (t) => {
  const eventId = await workers.openHouse({ rows: 0, areas: { Floor: { capacity: 50 } } })
  t.deepEqual(await words(eventId), { coarse: 'plenty', exact: 'plenty' })
})

test('a large house costs 200 of its seats, and unknown events cost nothing', async (t) => {
  const eventId = await workers.openHouse({ rows: 100, seatsPerRow: 30 })
  const eventIds = [eventId, ...Array.from({ length: 999 }, newId)]
  const { items } = await workers.ask(viewAvailability, { event_ids: eventIds, coarse: true })
  t.deepEqual(items, [{ event_id: eventId, available: 200, place_count: 3_000, sold_out: false, stepped_prices: [] }])
  const read = await workers.postgres.transaction(async (db) => {
    await estimateFreePlaces(db, eventIds)
    return seatsRead(db)
  })
  t.true(read <= 200, `${read} of 3,000`)
})
