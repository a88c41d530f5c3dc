import type { WorkerParts } from '#shared/process/worker.ts'
import {
  beginRefundsOfEvent,
  countMovingRefunds,
  countRemaining,
  finishEventRefunds,
  lockDueEvent,
  lookAgainAtEvent,
} from './store/event-refunds.ts'

/*
 * An event is cancelled: every captured payment gets a refund of its own, a bounded number at a time, which the reconciler
 * drives on like any other. Any instance may take the next step, at any time: all that is known stands in the tables. Refunds
 * that are stuck take no other buyer's turn, but the event is not done before they are.
 */

/** So many refunds of one event are under way at most, beside those that are stuck. */
const atOnce = 60
/** While refunds are under way; the reconciler comes back when it has driven some. */
const soonMs = 0
/** While payments of the event are still open; each comes to its end by itself. */
const laterMs = 1_000
/** When only people can help. */
const muchLaterMs = 60_000

/**
 * Takes the next step for one event that is due, in one transaction: begins refunds and answers how many, or finishes when
 * nothing is left.
 */
export function refundDueEvent({ postgres, log }: WorkerParts): Promise<number> {
  return postgres.transaction(async (db) => {
    const eventId = await lockDueEvent(db)
    if (eventId === undefined) return 0
    const moving = await countMovingRefunds(db, eventId)
    const begun = moving < atOnce ? await beginRefundsOfEvent(db, { eventId, limit: atOnce - moving }) : 0
    if (moving + begun > 0) {
      await lookAgainAtEvent(db, eventId, soonMs)
      return begun
    }
    const remaining = await countRemaining(db, eventId)
    if (remaining.openPayments > 0) {
      await lookAgainAtEvent(db, eventId, laterMs)
    } else if (remaining.unrefunded + remaining.openRefunds > 0) {
      log.error(
        { event_id: eventId, payments: remaining.unrefunded, stuck_refunds: remaining.openRefunds },
        'payments of a cancelled event were not refunded',
      )
      await lookAgainAtEvent(db, eventId, muchLaterMs)
    } else {
      await finishEventRefunds(db, eventId)
      log.info({ event_id: eventId }, 'all payments of a cancelled event are refunded')
    }
    return 0
  })
}
