import type { WorkerParts } from '#shared/worker.ts'
import {
  beginRefundsOfEvent,
  countOpenRefunds,
  countRemaining,
  finishEventRefunds,
  lockDueEvent,
  lookAgainAtEvent,
} from './store/event-refunds.ts'

/*
 * An event is cancelled: every captured payment gets a refund of its own, a bounded number at a time, which the reconciler
 * drives on like any other. Any instance may take the next step, at any time: all that is known stands in the tables.
 */

/** So many refunds of one event are under way at most. */
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
    const open = await countOpenRefunds(db, eventId)
    const begun = open < atOnce ? await beginRefundsOfEvent(db, { eventId, limit: atOnce - open }) : 0
    if (open + begun > 0) {
      await lookAgainAtEvent(db, eventId, soonMs)
      return begun
    }
    const remaining = await countRemaining(db, eventId)
    if (remaining.openPayments > 0) {
      await lookAgainAtEvent(db, eventId, laterMs)
    } else if (remaining.unrefunded > 0) {
      log.error(
        { event_id: eventId, payments: remaining.unrefunded },
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
