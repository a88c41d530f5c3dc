import type { Saga } from './saga.ts'
import {
  beginRefundsOfEvent,
  countOpenRefunds,
  finishEventRefunds,
  lockDueEvent,
  lookAgainAtEvent,
  readRest,
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
export function refundDueEvent({ db, log }: Saga): Promise<number> {
  return db.transaction(async (transaction) => {
    const eventId = await lockDueEvent(transaction)
    if (eventId === undefined) return 0
    const open = await countOpenRefunds(transaction, eventId)
    const begun = open < atOnce ? await beginRefundsOfEvent(transaction, { eventId, limit: atOnce - open }) : 0
    if (open + begun > 0) {
      await lookAgainAtEvent(transaction, eventId, soonMs)
      return begun
    }
    const rest = await readRest(transaction, eventId)
    if (rest.openPayments > 0) {
      await lookAgainAtEvent(transaction, eventId, laterMs)
    } else if (rest.unrefunded > 0) {
      log.error({ event_id: eventId, payments: rest.unrefunded }, 'payments of a cancelled event were not refunded')
      await lookAgainAtEvent(transaction, eventId, muchLaterMs)
    } else {
      await finishEventRefunds(transaction, eventId)
      log.info({ event_id: eventId }, 'all payments of a cancelled event are refunded')
    }
    return 0
  })
}
