import test from 'ava'
import { releaseHold } from '#shared/contracts/holds.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { until } from '../support/until.ts'

test('a release whose transaction was broken off has not happened: the same request, repeated, gives the seats back', async (t) => {
  const workers = await startBookingWorkers()
  t.teardown(() => workers.stop())
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [0], 'ada')
  const release = () => workers.ask(releaseHold, { hold_id: hold.id }, { as: 'ada', idempotencyKey: 'release' })
  // Our lock makes the transaction last, until its session is gone.
  await workers.postgres.transaction(async (db) => {
    await db.query('SELECT FROM booking.holds WHERE event_id = $1 FOR UPDATE', [eventId])
    const brokenOff = t.throwsAsync(release())
    await until('the worker waits for the hold', async () => {
      const ended = await db.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'booking-1' AND wait_event_type = 'Lock'`,
      )
      return ended.length > 0
    })
    await brokenOff
  })
  await release()
  t.is((await workers.viewHold(hold)).status, 'released')
  await workers.hold(eventId, [0])
})
