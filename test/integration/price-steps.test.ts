import test from 'ava'
import { holdSeats, viewHold } from '#shared/contracts/holds.ts'
import { beginPayment, confirmHold } from '#shared/contracts/payment-steps.ts'
import { listSeats, viewAvailability } from '#shared/contracts/seats.ts'
import { newId } from '#shared/ids.ts'
import { estimateFreePlaces } from '../../workers/booking/store/seat-views.ts'
import { availabilityOf } from '../../workers/event/availability.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { forFile } from '../support/for-file.ts'
import { seatsRead } from '../support/seats-read.ts'
import { until } from '../support/until.ts'

// One of its own: what each of two has counted may be a second old.
const workers = forFile(() => startBookingWorkers())

const tiers = [
  {
    name: 'Stalls',
    steps: [
      { sold_percent: 20, price_minor: 6_000 },
      { sold_percent: 50, price_minor: 7_500 },
    ],
  },
  { name: 'Balcony', steps: [] },
]
/** Two rows of ten: Stalls, whose price has steps, and Balcony. */
const openHouse = (): Promise<string> =>
  workers.openHouse({ rows: 2, seatsPerRow: 10, tiers, rowOf: (row) => ({ tier: row }), maxTicketsPerUser: 20 })

async function pricesOf(eventId: string): Promise<number[]> {
  const { items } = await workers.ask(listSeats, { event_id: eventId })
  return [...new Set(items.map(({ price_minor }) => price_minor))]
}

test('what is sold makes the rest of its tier dearer, within a second; held seats keep their price', async (t) => {
  const eventId = await openHouse()
  const early = await workers.hold(eventId, [9], 'early')
  t.is(early.total_minor, 5_000)
  await workers.buy(eventId, [0], 'ada')
  t.deepEqual(await pricesOf(eventId), [5_000])
  await workers.buy(eventId, [1], 'bob')
  await until('the first step is reached', async () => (await pricesOf(eventId))[0] === 6_000)
  t.deepEqual(await pricesOf(eventId), [6_000, 5_000])
  t.is((await workers.hold(eventId, [2, 12], 'mixed')).total_minor, 11_000)
  t.is((await workers.ask(viewHold, { hold_id: early.id }, { as: 'early' })).total_minor, 5_000)

  await workers.buy(eventId, [4, 5, 6], 'cyd')
  await until('the second step is reached', async () => (await pricesOf(eventId))[0] === 7_500)
  const best = { event_id: eventId, best_available: { qty: 1, tier: 'Stalls' } }
  t.is((await workers.ask(holdSeats, best, { as: 'late' })).total_minor, 7_500)
  const { items } = await workers.ask(viewAvailability, { event_ids: [eventId] })
  t.deepEqual(items[0]?.stepped_prices, [{ tier: 'Stalls', price_minor: 7_500 }])
})

test('blocked seats do not count when the sold share of a tier is taken', async (t) => {
  const eventId = await openHouse()
  await workers.postgres.query(
    `UPDATE booking.event_seats SET state = 'blocked' WHERE event_id = $1 AND seat_no BETWEEN 5 AND 9`,
    [eventId],
  )
  await workers.buy(eventId, [0], 'ada')
  await until('the first step is reached', async () => (await pricesOf(eventId))[0] === 6_000)
  t.pass()
})

// Its own: what is read of a database depends on what else is in it.

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
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4, standing: { Floor: { capacity: 4 } } })
  await workers.buy(eventId, [0, 1, 2, 3], 'ada')
  const floor = { event_id: eventId, areas: [{ area: 'Floor', qty: 4 }] }
  const { id } = await workers.ask(holdSeats, floor, { as: 'bob' })
  t.deepEqual(await words(eventId), { coarse: 'few', exact: 'few' })
  const { booking_id } = await workers.ask(beginPayment, { hold_id: id }, { as: 'bob' })
  await workers.ask(confirmHold, { booking_id })
  t.deepEqual(await words(eventId), { coarse: 'sold_out', exact: 'sold_out' })
})

test('standing places count, also where there are no seats', async (t) => {
  const eventId = await workers.openHouse({ rows: 0, standing: { Floor: { capacity: 50 } } })
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
