import type { WorkerParts } from '#shared/process/worker.ts'
import {
  beginRefundsOfEvent,
  countMovingRefunds,
  countRemaining,
  finishEventRefunds,
  lockDueEvent,
  scheduleEventRefunds,
} from './store/event-refunds.ts'

/*
 * Refunds of a cancelled event: every captured payment gets its own refund, a bounded number at a time, which the reconciler drives like
 * any other. Any instance can take the next step at any time, because the whole state is in the tables. A stuck refund does not delay other
 * buyers, but the event is not finished before it is.
 */

/** Most refunds of one event in progress, without stuck ones. */
const atOnce = 60
/** While refunds are in progress: the reconciler comes back after it has driven some. */
const soonMs = 0
/** While payments of the event are open; each ends by itself. */
const laterMs = 1_000
/** When only an operator can help. */
const muchLaterMs = 60_000

/** Takes the next step for one due event, in one transaction: begins refunds and returns how many, or finishes if nothing is left. */
export function refundDueEvent({ postgres, log }: WorkerParts): Promise<number> {
  return postgres.transaction(async (db) => {
    const eventId = await lockDueEvent(db)
    if (eventId === undefined) return 0
    const moving = await countMovingRefunds(db, eventId)
    const begun = moving < atOnce ? await beginRefundsOfEvent(db, { eventId, limit: atOnce - moving }) : 0
    if (moving + begun > 0) {
      await scheduleEventRefunds(db, eventId, soonMs)
      return begun
    }
    const remaining = await countRemaining(db, eventId)
    if (remaining.openPayments > 0) {
      await scheduleEventRefunds(db, eventId, laterMs)
    } else if (remaining.unrefunded + remaining.openRefunds > 0) {
      log.error(
        { event_id: eventId, payments: remaining.unrefunded, stuck_refunds: remaining.openRefunds },
        'payments of a cancelled event were not refunded',
      )
      await scheduleEventRefunds(db, eventId, muchLaterMs)
    } else {
      await finishEventRefunds(db, eventId)
      log.info({ event_id: eventId }, 'all payments of a cancelled event are refunded')
    }
    return 0
  })
}
