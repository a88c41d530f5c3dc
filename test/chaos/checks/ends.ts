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

export const paymentsEnd: Check = async ({ db }) => {
  const open = await db.query<{ id: string; status: string }>(
    `SELECT id, status FROM purchase.payments
     WHERE next_check_at IS NOT NULL OR status NOT IN ('captured', 'refunded', 'voided', 'failed')`,
  )
  return open.map(({ id, status }) => `payment ${id} is still ${status}`)
}

export const refundsEnd: Check = async ({ db }) => {
  const open = await db.query<{ id: string; status: string }>(
    `SELECT id, status FROM purchase.refunds WHERE next_check_at IS NOT NULL OR status NOT IN ('done', 'refused')`,
  )
  return open.map(({ id, status }) => `refund ${id} is still ${status}`)
}

/** Every fact that was written down has been published. */
export const factsAreTold: Check = async ({ db }) => {
  const untold = await db.query<{ id: string; subject: string }>(
    `SELECT id, subject FROM booking.outbox WHERE published_at IS NULL
     UNION ALL SELECT id, subject FROM purchase.outbox WHERE published_at IS NULL`,
  )
  return untold.map(({ id, subject }) => `fact ${id} was not published: ${subject}`)
}

/** A booking does not wait for money when its hold has ended. */
export const bookingsEnd: Check = async ({ db }) => {
  const open = await db.query<{ id: string; hold_id: string; payment: string; payments: string | null }>(
    `SELECT booking.id, booking.hold_id, booking.payment_status || ' ' || booking.payment_attempt AS payment,
       (SELECT string_agg(concat_ws(' ', payment.id, payment.status, payment.attempt, payment.decline_code), ', '
          ORDER BY payment.id)
        FROM purchase.payments AS payment WHERE payment.hold_id = booking.hold_id) AS payments
     FROM booking.bookings AS booking
     JOIN booking.holds AS hold ON hold.event_id = booking.event_id AND hold.id = booking.hold_id
     WHERE booking.status = 'pending' AND hold.status NOT IN ('active', 'paying')`,
  )
  return open.map(
    ({ id, hold_id, payment, payments }) =>
      `booking ${id} is pending (${payment}) although hold ${hold_id} has ended; payments: ${payments ?? 'none'}`,
  )
}

/** Every buyer who asked again after the end of all trouble got to know how their purchase ended. */
export const buyersKnow: Check = ({ history }) =>
  [...history.purchases(), ...history.cancellations()]
    .filter((command) => finalVerdict(command) === 'open')
    .map(
      ({ userId, key, entries }) => `${userId} with ${key}: ${JSON.stringify(entries.at(-1)?.outcome).slice(0, 200)}`,
    )
