import { type Invariant, isOverdue, isWatched } from './invariant.ts'

/**
 * A large event is refunded some dozens of payments at a time, and of many events at once each waits for its turn: what counts
 * is not how long it takes but that it goes on.
 */
const goesOnWithin = `interval '10 minutes'`
/**
 * The refunds are begun by a second message, after the sale is cancelled. If that one fails, the organiser gets an error and
 * repeats the cancellation.
 */
const begunWithin = `interval '2 minutes'`

/** Everybody who paid for an event that does not take place gets their money back. */
export const cancelledEventInvariants: readonly Invariant[] = [
  {
    // A payment that is captured after the end of the run begins it anew, in one commit with its own step.
    id: 'I7',
    says: 'the refunds of a cancelled event go on until all money is back',
    violations: `
      SELECT format('refunds of event %s, begun %s', run.event_id, run.started_at) AS example
      FROM purchase.event_refunds AS run
      WHERE run.finished_at IS NULL AND ${isOverdue('run.started_at', goesOnWithin)}
        AND NOT EXISTS (SELECT FROM purchase.payments AS payment
          WHERE payment.event_id = run.event_id AND payment.status IN ('captured', 'refunded')
            AND payment.updated_at > now() - ${goesOnWithin})
        AND NOT EXISTS (SELECT FROM purchase.refunds AS refund
          WHERE refund.event_id = run.event_id AND refund.updated_at > now() - ${goesOnWithin})`,
  },
  {
    // While the refunds of the event are in progress, each booking stays confirmed until its turn. The run ends after the last booking,
    // also of those whose capture was in progress when the sale was cancelled.
    id: 'I7',
    says: 'no booking of a cancelled sale stays confirmed unless the refunds of its event are under way',
    violations: `
      SELECT format('event %s booking %s', booking.event_id, booking.id) AS example
      FROM booking.sales AS sale JOIN booking.bookings AS booking ON booking.event_id = sale.event_id
      WHERE sale.status = 'cancelled' AND ${isWatched('sale.event_id')} AND ${isOverdue('sale.changed_at', begunWithin)}
        AND booking.status = 'confirmed'
        AND NOT EXISTS (SELECT FROM purchase.event_refunds AS run
          WHERE run.event_id = sale.event_id AND run.finished_at IS NULL)`,
  },
]
