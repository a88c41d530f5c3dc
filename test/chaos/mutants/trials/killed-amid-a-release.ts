import pg from 'pg'
import { until } from '../../../support/until.ts'
import { askOnce, askUntilFinal, describe, requestToRelease } from '../../crash-points/client.ts'
import { readEnding } from '../../crash-points/ending.ts'
import { holdSeat } from '../../crash-points/scenarios/buying.ts'
import type { Stand } from '../../crash-points/stand/stand.ts'
import type { Trial } from './trial.ts'

const waitsWithinMs = 5_000

/**
 * The booking worker dies in the transaction that gives a hold back, which a lock of ours makes last. Nothing has happened
 * then, and so the same request must have its effect when it is repeated.
 */
export const killedAmidARelease: Trial = async (system) => {
  const stand = await system.stand('long')
  const event = await stand.openEvent()
  const { userId, holdId } = await holdSeat(stand, event)
  const request = requestToRelease(userId, holdId)
  await killWhileItReleases(stand, event.eventId, () => askOnce(stand, request))
  const answer = await askUntilFinal(stand, request)
  const { holds } = await readEnding(stand, event)
  if (answer.status === 204 && holds.join() === 'released') return []
  return [`the same request, repeated, was answered ${describe(answer)}, and the hold is ${holds.join()}`]
}

async function killWhileItReleases(stand: Stand, eventId: string, release: () => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: stand.databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    await client.query('BEGIN')
    await client.query('SELECT FROM booking.holds WHERE event_id = $1 FOR UPDATE', [eventId])
    // Its line breaks, or falls silent: it is repeated.
    release().catch(() => undefined)
    await until('the worker waits for the hold', () => isBookingWaiting(stand), { timeoutMs: waitsWithinMs })
    await stand.process('booking').kill()
  } finally {
    // Gives back the lock, too.
    await client.end()
  }
  await stand.process('booking').ready()
}

async function isBookingWaiting({ db }: Stand): Promise<boolean> {
  const waiting = await db.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'booking-1'
       AND wait_event_type = 'Lock'`,
  )
  return waiting.length > 0
}
