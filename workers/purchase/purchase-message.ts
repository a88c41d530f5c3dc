import type { Booking } from '#shared/contracts/bookings.ts'
import type { Hold } from '#shared/contracts/holds.ts'
import type { LossReason } from '#shared/contracts/payment-steps.ts'
import type { Place, SeatPlace } from '#shared/contracts/places.ts'
import type { Outcome } from '#shared/contracts/purchase.ts'
import { formatMinor } from '#shared/money.ts'
import type { Payment } from './payment.ts'

/** Most seats named in a message; the booking lists all. */
const namedSeats = 5

/** `Bought seat Stalls A-12 for 50.00 EUR, paid with the payment sandbox.` */
export function boughtMessage({ places, total_minor, currency }: Booking, providerName: string): string {
  if (total_minor === 0) return `Booked ${placeNames(places)}, free of charge.`
  return `Bought ${placeNames(places)} for ${formatMinor(total_minor, currency)}, paid with ${providerName}.`
}

export const processingMessage =
  'Your payment is being processed. To see its outcome, read the booking or repeat this request with its Idempotency-Key.'

/** The money was available but the seats are lost. `null`: the reason is unknown. */
export function lostMessage(reason: LossReason | null): string {
  switch (reason) {
    case 'seats_taken':
      return 'The seats went to others before they were paid for; no money was taken.'
    case 'event_cancelled':
      return 'The event is cancelled; no money was taken.'
    case 'ticket_limit':
      return 'Your hold ran out, and these seats would now exceed the ticket limit for this event; no money was taken.'
    case 'hold_changed':
    case null:
      return 'Your hold ended before it was paid for; no money was taken.'
  }
}

/** A request with the same key always gets the same answer. */
const payAgain = 'send this hold_id (or the same places once more) with another payment_token and a new Idempotency-Key'

/** The payment failed. `hold`: its status, or `null` if unknown. */
export function declinedMessage({ failure }: Pick<Payment, 'failure'>, hold: Hold['status'] | null): string {
  const what =
    failure === 'not_authorised' ? 'The payment provider did not take the payment.' : 'The payment was declined.'
  switch (hold) {
    case 'active':
      return `${what} Nothing was charged and your seats are still held. To pay for them, ${payAgain}.`
    case 'released':
    case 'expired':
      return `${what} Nothing was charged, but your hold has ended: choose seats again.`
    case 'paying':
    case 'converted':
    case null:
      return `${what} Nothing was charged. Your hold shows whether its seats can still be paid for; if so, ${payAgain}.`
  }
}

/** Messages for a purchase that is read, not sent. */
export const purchaseMessages: Record<Outcome, string> = {
  processing: 'The purchase is being processed; read it again in a second.',
  bought: 'The purchase went well; the booking shows the tickets.',
  declined: `The payment was declined and nothing was charged. While the hold lasts, ${payAgain}.`,
  lost: 'The seats were no longer available, so no money was taken: choose seats again.',
  revoked: 'The money could not be taken. Nothing was charged, and your seats were released.',
  not_started: 'Nothing was asked for and nothing was charged: send the purchase again with its Idempotency-Key.',
}

/** `seat Stalls A-12`, `2 seats (Stalls A-12, Stalls A-13) and 3 places in Floor`. */
function placeNames(places: readonly Place[]): string {
  const seats = places.filter((place) => 'seat_no' in place)
  const areas = places.filter((place) => 'area' in place)
  const standing = areas.map(({ area, qty }) => `${qty} ${qty === 1 ? 'place' : 'places'} in ${area}`)
  return [...(seats.length > 0 ? [seatNames(seats)] : []), ...standing].join(' and ')
}

function seatNames(seats: readonly SeatPlace[]): string {
  const names = seats.slice(0, namedSeats).map(({ section, row, label }) => `${section} ${row}-${label}`)
  const more = seats.length - names.length
  const list = more === 0 ? names.join(', ') : `${names.join(', ')} and ${more} more`
  return seats.length === 1 ? `seat ${list}` : `${seats.length} seats (${list})`
}
