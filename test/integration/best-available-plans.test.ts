import test from 'ava'
import { byIndexOnly, lockRowsWithRun } from '../../workers/booking/store/rows.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { seatsRead } from '../support/seats-read.ts'

test('the best seats are found by reading a row or two, whether or not the planner has statistics', async (t) => {
  const workers = await startBookingWorkers()
  t.teardown(() => workers.stop())
  const { postgres } = workers
  const eventId = await workers.openHouse({ rows: 500, seatsPerRow: 20, maxTicketsPerUser: 100 })
  const wholeHouse = { firstSeatNo: 0, lastSeatNo: 999_999, accessible: false, tierNos: null, rowNos: null }
  const look = (): Promise<number> =>
    postgres.transaction(
      async (db) => {
        const before = await seatsRead(db)
        const filter = { eventId, ownHold: undefined, ...wholeHouse }
        await lockRowsWithRun(db, filter, { qty: 4, tidy: true, limit: 1, wait: false })
        return (await seatsRead(db)) - before
      },
      { settings: byIndexOnly },
    )
  for (const when of ['a new house', 'after holds', 'after ANALYZE']) {
    if (when === 'after holds') {
      for (let hold = 0; hold < 10; hold++) {
        const seatNos = Array.from({ length: 100 }, (_, index) => hold * 100 + index)
        await workers.hold(eventId, seatNos, `buyer-${hold}`)
      }
    }
    if (when === 'after ANALYZE') await postgres.query('ANALYZE')
    // The second one runs the plan that is kept.
    for (let times = 0; times < 2; times++) {
      const read = await look()
      t.true(read <= 60, `${when}: read ${read} of 10,000 seats`)
    }
  }
})
