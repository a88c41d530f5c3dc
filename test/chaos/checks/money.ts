import { type Check, ledgerJson, ledgerTable } from './evidence.ts'

/* Our bookings against the provider's own ledger, to the cent. */

/** What the provider keeps of each booking's money. */
const keptByBooking = `
  SELECT payment.event_id, payment.booking_id, sum(charge.amount_minor - charge.refunded_minor)::bigint AS kept_minor
  FROM ${ledgerTable}
  JOIN purchase.payments AS payment ON payment.provider_key = charge.idempotency_key AND payment.status <> 'failed'
  WHERE charge.state IN ('captured', 'refunded')
  GROUP BY payment.event_id, payment.booking_id`

/** What a booking is worth: its live items, at the price frozen with the hold. */
const worthOfBookings = `
  SELECT booking.event_id, booking.id AS booking_id, coalesce(sum(item.price_minor), 0)::bigint AS worth_minor
  FROM booking.bookings AS booking
  LEFT JOIN booking.booking_items AS item
    ON item.event_id = booking.event_id AND item.booking_id = booking.id AND item.live
  WHERE booking.status = 'confirmed'
  GROUP BY booking.event_id, booking.id`

interface Difference {
  readonly booking_id: string
  readonly kept_minor: number
  readonly worth_minor: number
}

function difference({ booking_id, kept_minor, worth_minor }: Difference): string {
  return `booking ${booking_id}: the provider keeps ${kept_minor}, its live items cost ${worth_minor}`
}

/** Nobody is charged more than their live tickets cost. */
export const moneyHasItsTicket: Check = async (evidence) => {
  const wrong = await evidence.db.query<Difference>(
    `SELECT booking_id, kept_minor, coalesce(worth_minor, 0) AS worth_minor
     FROM (${keptByBooking}) AS kept LEFT JOIN (${worthOfBookings}) AS worth USING (event_id, booking_id)
     WHERE kept_minor > coalesce(worth_minor, 0)`,
    [ledgerJson(evidence)],
  )
  return wrong.map(difference)
}

/** Every charge that took money is one of ours. */
export const moneyIsKnown: Check = async (evidence) => {
  const unknown = await evidence.db.query<{ idempotency_key: string; amount_minor: number }>(
    `SELECT idempotency_key, amount_minor FROM ${ledgerTable}
     WHERE state = 'captured' AND NOT EXISTS (
       SELECT FROM purchase.payments AS payment
       WHERE payment.provider_key = charge.idempotency_key AND payment.status IN ('captured', 'refunded'))`,
    [ledgerJson(evidence)],
  )
  return unknown.map(
    ({ idempotency_key, amount_minor }) => `charge ${idempotency_key} took ${amount_minor} for nothing`,
  )
}

/** Reserved money is taken or freed in the end. */
export const nothingStaysAuthorised: Check = ({ ledger }) =>
  ledger
    .filter(({ state }) => state === 'authorised')
    .map(({ idempotency_key, amount_minor }) => `charge ${idempotency_key} keeps ${amount_minor} reserved`)

/** Every live ticket is paid for in full. */
export const ticketsArePaidFor: Check = async (evidence) => {
  const wrong = await evidence.db.query<Difference>(
    `SELECT booking_id, coalesce(kept_minor, 0) AS kept_minor, worth_minor
     FROM (${worthOfBookings}) AS worth LEFT JOIN (${keptByBooking}) AS kept USING (event_id, booking_id)
     WHERE worth_minor > coalesce(kept_minor, 0)`,
    [ledgerJson(evidence)],
  )
  return wrong.map(difference)
}
