import test from 'ava'
import { byIndexOnly, lockRowsWithRun, lockSeatsOfRows } from '../../workers/booking/store/rows.ts'
import { lockFreeSeats } from '../../workers/booking/store/seats.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { rowsRead, seatsRead } from '../support/seats-read.ts'

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

test('seats that a batch wants are locked by reading them and their rows, however large the house and however many there are', async (t) => {
  const workers = await startBookingWorkers()
  t.teardown(() => workers.stop())
  const { postgres } = workers
  const house = { rows: 100, seatsPerRow: 20, maxTicketsPerUser: 100 }
  const [eventId = ''] = await Promise.all([1, 2, 3].map(() => workers.openHouse(house)))
  await postgres.query('ANALYZE')
  const filter = { eventId, firstSeatNo: 0, lastSeatNo: 1_999, accessible: false, tierNos: null, rowNos: null }
  const wanted = Array.from({ length: 20 }, (_, index) => ({ eventId, seatNo: 99 * index, ownHold: null }))
  const rows = [0, 50].map((row) => ({ firstSeatNo: 20 * row, lastSeatNo: 20 * row + 19 }))
  await postgres.transaction(
    async (db) => {
      const named = await lockFreeSeats(db, wanted, { wait: false })
      t.is(named.map(({ seatNo }) => seatNo).join(), wanted.map(({ seatNo }) => seatNo).join())
      const ofRows = await lockSeatsOfRows(db, { ...filter, ownHold: undefined }, { rows, wait: false })
      t.is(ofRows.length, 40)
      // Each seat once, and once more for its lock.
      t.true((await seatsRead(db)) <= 2 * 60, `read ${await seatsRead(db)} of 6,000 seats`)
      const read = await rowsRead(db, 'event_rows')
      t.true(read <= 60, `read ${read} of 300 rows, some twice`)
    },
    { settings: byIndexOnly },
  )
})
