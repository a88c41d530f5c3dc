import type { Database } from '#shared/database/postgres.ts'
import { finalVerdict } from '../history.ts'
import type { Check } from './evidence.ts'

/* Everything comes to an end: holds, payments, and what a buyer does not know. For a system at rest. */

/** No hold lives on when its time is over, let alone beyond its hard cap. */
export const holdsEnd: Check = async ({ db }) => {
  const late = await db.query<{ event_id: string; id: string; status: string }>(
    `SELECT event_id, id, status FROM booking.holds
     WHERE status IN ('active', 'paying') AND (expires_at < now() OR hard_cap_at < now())`,
  )
  return late.map(({ event_id, id, status }) => `hold ${id} of event ${event_id} is ${status} after its time`)
}

/** Nothing is left to do. */
export const everythingEnds: Check = ({ db }) => underWay(db)

/** Payments, refunds and facts that are not at their end, and bookings that wait for money though their hold has ended. */
export async function underWay(db: Database): Promise<string[]> {
  const left = await db.query<{ what: string }>(
    `SELECT format('payment %s is %s', id, status) AS what FROM purchase.payments
     WHERE next_check_at IS NOT NULL OR status NOT IN ('captured', 'refunded', 'voided', 'failed')
     UNION ALL SELECT format('refund %s is %s', id, status) FROM purchase.refunds
     WHERE next_check_at IS NOT NULL OR status NOT IN ('done', 'refused')
     UNION ALL SELECT format('booking %s is pending (%s %s) although hold %s has ended; payments: %s', booking.id,
       payment_status, payment_attempt, hold_id, (SELECT string_agg(concat_ws(' ', id, status, attempt, decline_code), ', ')
         FROM purchase.payments WHERE payments.hold_id = booking.hold_id))
     FROM booking.bookings AS booking JOIN booking.holds AS hold
       ON hold.event_id = booking.event_id AND hold.id = booking.hold_id
     WHERE booking.status = 'pending' AND hold.status NOT IN ('active', 'paying')
     UNION ALL SELECT format('fact %s was not published: %s', id, subject) FROM (
       SELECT id, subject, published_at FROM event.outbox UNION ALL
       SELECT id, subject, published_at FROM booking.outbox UNION ALL
       SELECT id, subject, published_at FROM purchase.outbox) AS facts WHERE published_at IS NULL`,
  )
  return left.map(({ what }) => what)
}

/** Every buyer who asked again after the end of all trouble got to know how their purchase ended. */
export const buyersKnow: Check = ({ history }) =>
  [...history.purchases(), ...history.cancellations()]
    .filter((command) => finalVerdict(command) === 'open')
    .map(
      ({ userId, key, entries }) => `${userId} with ${key}: ${JSON.stringify(entries.at(-1)?.outcome).slice(0, 200)}`,
    )
