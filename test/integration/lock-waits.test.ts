import test from 'ava'
import { holdSeats } from '#shared/contracts/holds.ts'
import { user } from '#shared/messaging/caller.ts'
import { lockBuyer } from '../../workers/booking/store/buyers.ts'
import { askWorker } from '../support/asking.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { forFile } from '../support/for-file.ts'
import { lockSeats } from '../support/locks.ts'
import { assertRefused } from '../support/refusals.ts'

/* What buyers hear when a lock is not given back in time, by a worker that waits as long as in production. */

const workers = forFile(() => startBookingWorkers())

test('a request that waits too long for another of the same buyer may be retried, and no seat is called taken', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 2 })
  await workers.postgres.transaction(async (db) => {
    await lockBuyer(db, { eventId, userId: 'ada' })
    // Sent, but not waited for.
    await db.query('SELECT')
    const asking = askWorker(workers.bus, holdSeats, { event_id: eventId, seat_nos: [0, 1] }, { caller: user('ada') })
    const { message } = await assertRefused(t, asking, 'overloaded')
    t.is(message, 'Another request is changing the same data; try again shortly.')
  })
  t.is((await workers.hold(eventId, [0, 1], 'ada')).status, 'active')
})

test('a buyer whose seat stays undecided with somebody else is not kept waiting for ever', async (t) => {
  const eventId = await workers.openHouse()
  await workers.postgres.transaction(async (db) => {
    await lockSeats(db, eventId, [7])
    await assertRefused(t, workers.hold(eventId, [6, 7]), 'seat_unavailable')
  })
  t.is((await workers.hold(eventId, [6, 7])).status, 'active')
})
