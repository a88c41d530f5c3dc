import { type Invariant, isOverdue, isWatched } from './invariant.ts'

/** A payment or refund is judged when it is at rest: for some seconds nothing was left to do for it. */
const restsFor = `interval '5 seconds'`
/** A step that nobody answers is taken again every few seconds; after two minutes more is wrong than one answer. */
const stepWithin = `interval '2 minutes'`
/**
 * A payment or refund of which something is left to do, and which has made no step for too long. `next_check_at` says only
 * that: every try puts it off, also one that fails, so that it is never long past. Only a step moves `updated_at`.
 */
const isStuck = `next_check_at IS NOT NULL AND ${isOverdue('updated_at', stepWithin)}`

/**
 * A row of `purchase.payments`, aliased `payment`, for which nothing is in progress. Invariants exempt rows that are in
 * progress, but no row can hide that way: being in progress for too long is itself a violation.
 */
export const atRest = `payment.next_check_at IS NULL AND payment.updated_at < now() - ${restsFor}
  AND NOT EXISTS (SELECT FROM purchase.refunds AS refund
    WHERE refund.payment_id = payment.id AND refund.next_check_at IS NOT NULL)`

/**
 * A row of `booking.bookings`, aliased `booking`, whose price is fixed: it was sold, or is being paid for. Between two payments
 * the buyer may exchange the places of the hold, and the next one is then of what these cost.
 */
const isPriceFixed = `(booking.status IN ('confirmed', 'cancelled')
  OR (booking.status = 'pending' AND booking.payment_status IN ('processing', 'authorised')))`

/** Money and tickets balance, in our own books. `compare-ledger.ts` compares these with the provider's. */
export const moneyInvariants: readonly Invariant[] = [
  {
    id: 'I7',
    says: 'at rest, what was captured and not refunded is the price of the live items of the booking',
    violations: `
      SELECT format('payment %s: captured %s, refunded %s, live items %s', payment.id, payment.captured_minor,
        payment.refunded_minor, live.minor) AS example
      FROM purchase.payments AS payment CROSS JOIN LATERAL (
        SELECT coalesce(sum(price_minor), 0) AS minor FROM booking.booking_items AS item
        WHERE item.live AND item.event_id = payment.event_id AND item.booking_id = payment.booking_id) AS live
      WHERE ${isWatched('payment.event_id')} AND ${atRest} AND payment.status IN ('captured', 'refunded')
        AND payment.captured_minor - payment.refunded_minor <> live.minor`,
  },
  {
    id: 'I7',
    says: 'every live item is paid for, or its capture is under way',
    violations: `
      SELECT format('event %s booking %s', booking.event_id, booking.id) AS example
      FROM booking.bookings AS booking
      WHERE booking.status = 'confirmed' AND ${isWatched('booking.event_id')} AND NOT EXISTS (
        SELECT FROM purchase.payments AS payment
        WHERE payment.event_id = booking.event_id AND payment.booking_id = booking.id
          AND (payment.status IN ('authorised', 'capturing', 'captured', 'refunded') OR payment.next_check_at IS NOT NULL))`,
  },
  {
    id: 'I7',
    says: 'no payment and no refund stays open: each makes a step every two minutes until nothing is left to do',
    violations: `
      SELECT format('payment %s is %s since %s', id, status, updated_at) AS example
      FROM purchase.payments WHERE ${isStuck}
      UNION ALL
      SELECT format('refund %s is %s since %s', id, status, updated_at) FROM purchase.refunds WHERE ${isStuck}`,
  },
  {
    id: 'I9',
    says: 'refunded is at most captured, captured at most authorised, and authorised the frozen total of the booking',
    violations: `
      SELECT format('payment %s', payment.id) AS example
      FROM purchase.payments AS payment
      LEFT JOIN booking.bookings AS booking ON booking.event_id = payment.event_id AND booking.id = payment.booking_id
      WHERE ${isWatched('payment.event_id')} AND (
        payment.refunded_minor > payment.captured_minor OR payment.captured_minor > payment.amount_minor
        OR (payment.status IN ('capturing', 'captured', 'refunded') AND payment.amount_minor <> booking.total_minor))`,
  },
  {
    id: 'I9',
    says: 'the frozen total of a booking is what the places of its hold cost',
    violations: `
      SELECT format('event %s booking %s: %s, places: %s', booking.event_id, booking.id, booking.total_minor,
        places.minor) AS example
      FROM booking.bookings AS booking CROSS JOIN LATERAL (
        SELECT coalesce(sum(price_minor * qty), 0) AS minor FROM booking.hold_items AS item
        WHERE item.event_id = booking.event_id AND item.hold_id = booking.hold_id) AS places
      WHERE ${isWatched('booking.event_id')} AND ${isPriceFixed} AND booking.total_minor <> places.minor`,
  },
  {
    id: 'I9',
    says: 'what a booking says is refunded is what its payment says, once the refunds have come to rest',
    violations: `
      SELECT format('payment %s: %s, booking: %s', payment.id, payment.refunded_minor, booking.refunded_minor) AS example
      FROM purchase.payments AS payment
      JOIN booking.bookings AS booking ON booking.event_id = payment.event_id AND booking.id = payment.booking_id
      WHERE ${isWatched('payment.event_id')} AND ${atRest} AND payment.status IN ('captured', 'refunded')
        AND payment.refunded_minor <> booking.refunded_minor`,
  },
  {
    id: 'I10',
    says: 'a booking has at most one payment that took money or may still take it',
    violations: `
      SELECT format('event %s booking %s: %s payments', event_id, booking_id, count(*)) AS example
      FROM purchase.payments
      WHERE ${isWatched('event_id')} AND booking_id IS NOT NULL AND status NOT IN ('failed', 'voided', 'voiding')
      GROUP BY event_id, booking_id HAVING count(*) > 1`,
  },
]
