import test from 'ava'
import { holdSeats } from '#shared/contracts/booking.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'

test('200 buyers want one seat over two workers: one gets it, 199 hear that it is gone', async (t) => {
  const workers = await startBookingWorkers({ instances: 2 })
  t.teardown(() => workers.stop())
  const eventId = await workers.openHouse()
  const begin = performance.now()
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      workers.ask(holdSeats, { event_id: eventId, seat_nos: [7] }, { as: `buyer-${index}` }).then(
        () => 'held',
        (error) => error.code,
      ),
    ),
  )
  t.log(performance.now() - begin)
  t.deepEqual(Object.fromEntries(Object.entries(Object.groupBy(outcomes, String)).map(([k, v]) => [k, v?.length])), {
    held: 1,
    seat_unavailable: 199,
  })
})
