import test from 'ava'
import { viewAvailability } from '#shared/contracts/seats.ts'
import { newId } from '#shared/ids.ts'
import { estimateFreePlaces } from '../../workers/booking/store/seat-views.ts'
import { availabilityOf } from '../../workers/event/availability.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { forFile } from '../support/for-file.ts'
import { seatsRead } from '../support/seats-read.ts'

// Its own: what is read of a database depends on what else is in it.
const workers = forFile(() => startBookingWorkers({ isImpatient: false }))

const seats = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index)

/** How the event is described by the coarse count, and by the exact one where that differs. */
async function words(eventId: string): Promise<string> {
  const described = [true, false].map(async (coarse) => {
    const { items } = await workers.ask(viewAvailability, { event_ids: [eventId], coarse })
    const { available = 0, place_count: placeCount = 0, sold_out } = items[0] ?? {}
    return availabilityOf({ available, placeCount, soldOut: sold_out === true })
  })
  return [...new Set(await Promise.all(described))].join(', exactly ')
}

test('the coarse count says the same word as the exact one, however full the house is', async (t) => {
  const eventId = await workers.openHouse({ rows: 20, seatsPerRow: 10, maxTicketsPerUser: 1_000 })
  t.is(await words(eventId), 'plenty')
  for (const from of [0, 90]) await workers.buy(eventId, seats(from, 90))
  t.is(await words(eventId), 'plenty')
  const hold = await workers.hold(eventId, seats(180, 1))
  t.is(await words(eventId), 'few')
  await workers.hold(eventId, seats(181, 19))
  t.is(await words(eventId), 'few')
  await workers.letRunOut(hold)
  t.is(await words(eventId), 'few')
})

test('a house is sold out once all is sold, and not while the last places are held', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4, areas: { Floor: { capacity: 4 } } })
  await workers.buy(eventId, [0, 1, 2, 3])
  const hold = await workers.hold(eventId, { areas: [{ area: 'Floor', qty: 4 }] })
  t.is(await words(eventId), 'few')
  await workers.confirm(await workers.beginPayment(hold))
  t.is(await words(eventId), 'sold_out')
})

test('GA tickets count, also where there are no seats', async (t) => {
  t.is(await words(await workers.openHouse({ rows: 0, areas: { Floor: { capacity: 50 } } })), 'plenty')
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
