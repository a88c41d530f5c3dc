import test from 'ava'
import { listSeats, viewAvailability } from '#shared/contracts/seats.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { forFile } from '../support/for-file.ts'
import { until } from '../support/until.ts'

// One of its own: what each of two has counted may be a second old.
const workers = forFile(() => startBookingWorkers({ isImpatient: false }))

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

test('sales make the rest of their tier dearer within a second; held seats keep their price', async (t) => {
  const eventId = await openHouse()
  const early = await workers.hold(eventId, [9])
  t.is(early.total_minor, 5_000)
  await workers.buy(eventId, [0])
  t.deepEqual(await pricesOf(eventId), [5_000])
  await workers.buy(eventId, [1])
  await until('the first step is reached', async () => (await pricesOf(eventId))[0] === 6_000)
  t.deepEqual(await pricesOf(eventId), [6_000, 5_000])
  t.is((await workers.hold(eventId, [2, 12])).total_minor, 11_000)
  t.is((await workers.viewHold(early)).total_minor, 5_000)

  await workers.buy(eventId, [4, 5, 6])
  await until('the second step is reached', async () => (await pricesOf(eventId))[0] === 7_500)
  const best = { best_available: { qty: 1, tier: 'Stalls' } }
  t.is((await workers.hold(eventId, best)).total_minor, 7_500)
  const { items } = await workers.ask(viewAvailability, { event_ids: [eventId] })
  t.deepEqual(items[0]?.stepped_prices, [{ tier: 'Stalls', price_minor: 7_500 }])
})

test('blocked seats do not count when the sold share of a tier is taken', async (t) => {
  const eventId = await openHouse()
  await workers.postgres.query(
    `UPDATE booking.event_seats SET state = 'blocked' WHERE event_id = $1 AND seat_no BETWEEN 5 AND 9`,
    [eventId],
  )
  await workers.buy(eventId, [0])
  await until('the first step is reached', async () => (await pricesOf(eventId))[0] === 6_000)
  t.pass()
})
