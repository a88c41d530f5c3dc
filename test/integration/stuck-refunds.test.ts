import test from 'ava'
import bunyan from 'bunyan'
import { newId } from '#shared/ids.ts'
import { refundDueEvent } from '../../workers/purchase/event-refunds.ts'
import { refundSteps } from '../../workers/purchase/refund-steps.ts'
import { driveToEnd, type SagaParts } from '../../workers/purchase/saga.ts'
import { readEventRefunds, startEventRefunds } from '../../workers/purchase/store/event-refunds.ts'
import { claimDueRefunds } from '../../workers/purchase/store/refunds.ts'
import { forFile } from '../support/for-file.ts'
import { startSagaBench, stepContextNow } from '../support/purchase-saga.ts'
import type { ScriptedHold } from '../support/scripted-booking.ts'

const bench = forFile(() => startSagaBench())

/** Bookings whose tickets cannot be taken back, of which the booking worker knows no better than to fail. */
async function buyBroken(eventId: string, count: number, totalMinor = 6_000): Promise<ScriptedHold[]> {
  const holds: ScriptedHold[] = []
  while (holds.length < count) {
    const some = Array.from({ length: Math.min(10, count - holds.length) }, () => bench.buy({ eventId, totalMinor }))
    holds.push(...(await Promise.all(some)))
  }
  for (const hold of holds) hold.failsToCancel = true
  return holds
}

/** From now on they can, and everything comes to its end. */
async function mend(holds: readonly ScriptedHold[]): Promise<void> {
  for (const hold of holds) hold.failsToCancel = false
  await bench.reconcile()
}

/** As the reconciler does, once. */
async function driveDueRefunds(saga: SagaParts = bench.saga): Promise<void> {
  const due = await claimDueRefunds(bench.db, { limit: 1_000, leaseMs: 1_000 })
  await Promise.all(due.map((refund) => driveToEnd(saga, refundSteps, refund, stepContextNow())))
}

/** As if nobody had been able to move the open refunds of the event for more than a minute. */
async function letAMinutePass(eventId: string): Promise<void> {
  await bench.db.query(
    `UPDATE purchase.refunds SET updated_at = now() - interval '61 seconds', next_check_at = now()
     WHERE event_id = $1 AND next_check_at IS NOT NULL`,
    [eventId],
  )
}

function loggingSaga(): { saga: SagaParts; errors(): object[] } {
  const lines = new bunyan.RingBuffer({ limit: 1_000 })
  const log = bunyan.createLogger({ name: 'purchase', streams: [{ type: 'raw', stream: lines, level: 'error' }] })
  return { saga: { ...bench.saga, log }, errors: () => lines.records }
}

const progress = async (eventId: string) => {
  const refunds = await readEventRefunds(bench.db, eventId)
  return `${refunds?.status}, ${refunds?.refunded} of ${refunds?.bookings}`
}

// Serial: each looks at whichever event is due.

test.serial('refunds that fail again and again keep nobody else from being refunded', async (t) => {
  const eventId = newId()
  const broken = await buyBroken(eventId, 60)
  const last = await bench.buy({ eventId })
  await startEventRefunds(bench.db, eventId)
  t.is(await refundDueEvent(bench.saga), 60)
  await driveDueRefunds()
  t.is(await refundDueEvent(bench.saga), 0)

  await letAMinutePass(eventId)
  t.is(await refundDueEvent(bench.saga), 1)
  await driveDueRefunds()
  t.is(last.bookingStatus, 'cancelled')
  t.is(await progress(eventId), 'running, 1 of 61')

  await mend(broken)
  t.is(await progress(eventId), 'done, 61 of 61')
})

test.serial('a stuck refund is tried once a minute, one that is not as soon as its driver is silent', async (t) => {
  const eventId = newId()
  const stuck = await buyBroken(eventId, 1)
  await startEventRefunds(bench.db, eventId)
  await refundDueEvent(bench.saga)
  const secondsToWait = async (): Promise<number> => {
    await claimDueRefunds(bench.db, { limit: 10, leaseMs: 30_000 })
    const [row] = await bench.db.query<{ seconds: number }>(
      `SELECT round(extract(epoch FROM next_check_at - now()))::int AS seconds FROM purchase.refunds WHERE event_id = $1`,
      [eventId],
    )
    return row?.seconds ?? 0
  }
  const soon = await secondsToWait()
  t.true(soon > 0 && soon <= 30, `${soon} s`)
  await letAMinutePass(eventId)
  const later = await secondsToWait()
  t.true(later > 50 && later <= 60, `${later} s`)
  await mend(stuck)
  t.is(await progress(eventId), 'done, 1 of 1')
})

test.serial('a stuck refund is no secret, and an event with one is not done, though nothing was paid', async (t) => {
  const eventId = newId()
  const stuck = await buyBroken(eventId, 1, 0)
  await startEventRefunds(bench.db, eventId)
  await refundDueEvent(bench.saga)
  const { saga, errors } = loggingSaga()
  await driveDueRefunds(saga)
  t.deepEqual(errors(), [])

  await letAMinutePass(eventId)
  await driveDueRefunds(saga)
  await refundDueEvent(saga)
  t.like(errors(), [
    { msg: 'a step is stuck', kind: 'refund', event_id: eventId, status: 'requested' },
    { msg: 'payments of a cancelled event were not refunded', event_id: eventId, stuck_refunds: 1 },
  ])
  t.is(await progress(eventId), 'running, 0 of 1')

  await mend(stuck)
  t.is(await progress(eventId), 'done, 1 of 1')
})
