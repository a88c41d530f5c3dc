import test from 'ava'
import type { Database, TransactionOptions } from '#shared/database/postgres.ts'
import { newId } from '#shared/ids.ts'
import { byIndexOnly } from '../../workers/booking/store/rows.ts'
import { lockFreeSeats, lockSellableSeats, viewSeats } from '../../workers/booking/store/seats.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { seatsRead } from '../support/seats-read.ts'

const named = [7, 8, 9, 14_000]

/** With the settings of their transactions. */
const lookups: Record<string, [(db: Database, eventId: string) => Promise<unknown>, TransactionOptions['settings']]> = {
  'who lost them': [(db, eventId) => viewSeats(db, { eventId, seatNos: named }), byIndexOnly],
  'who holds them': [
    (db, eventId) =>
      lockFreeSeats(
        db,
        named.map((seatNo) => ({ eventId, seatNo, ownHold: null })),
        { wait: false },
      ),
    byIndexOnly,
  ],
  'who has paid for them': [
    (db, eventId) => lockSellableSeats(db, { hold: { eventId, ownId: newId() }, seatNos: named }),
    {},
  ],
}

test('named seats are looked up, not searched for, in a house whether or not the planner knows it, however many are held', async (t) => {
  const workers = await startBookingWorkers()
  t.teardown(() => workers.stop())
  const eventId = await workers.openHouse({ rows: 500, seatsPerRow: 30, maxTicketsPerUser: 100 })
  for (let hold = 0; hold < 10; hold++) {
    const seatNos = Array.from({ length: 100 }, (_, index) => 100 + hold * 100 + index)
    await workers.hold(eventId, seatNos, `buyer-${hold}`)
  }
  for (const when of ['before', 'after']) {
    for (const [who, [lookUp, settings]] of Object.entries(lookups)) {
      const read = await workers.postgres.transaction(
        async (db) => {
          const before = await seatsRead(db)
          await lookUp(db, eventId)
          return (await seatsRead(db)) - before
        },
        { settings },
      )
      // Locking reads each of them once more.
      t.true(read <= 2 * named.length, `${who}, ${when} ANALYZE: read ${read} of 15,000 seats`)
    }
    await workers.postgres.query('ANALYZE')
  }
})
