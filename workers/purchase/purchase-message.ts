import type { Booking } from '#shared/contracts/bookings.ts'
import type { Hold } from '#shared/contracts/holds.ts'
import type { LossReason } from '#shared/contracts/payment-steps.ts'
import type { Place, SeatPlace } from '#shared/contracts/places.ts'
import type { Outcome } from '#shared/contracts/purchase.ts'
import { formatMinor } from '#shared/money.ts'
import type { Payment } from './payment.ts'

/** Seats that a message names one by one; the booking itself lists them all. */
const namedSeats = 5

/** `Bought seat Stalls A-12 for 50.00 EUR, paid with the payment sandbox.` */
export function boughtMessage({ places, total_minor, currency }: Booking, providerName: string): string {
  if (total_minor === 0) return `Booked ${placeNames(places)}, free of charge.`
  return `Bought ${placeNames(places)} for ${formatMinor(total_minor, currency)}, paid with ${providerName}.`
}

export const processingMessage =
  'Your payment is being processed. The booking shows its outcome, and so does this request, repeated with its Idempotency-Key.'

/** The money was there and the seats are not the buyer's. `null`: nobody knows why. */
export function lostMessage(reason: LossReason | null): string {
  switch (reason) {
    case 'seats_taken':
      return 'The seats went to others before they were paid for; no money was taken.'
    case 'event_cancelled':
      return 'The event is cancelled; no money was taken.'
    case 'ticket_limit':
      return 'Your hold ran out, and with these seats you would now have more tickets of this event than one person may; no money was taken.'
    case 'hold_changed':
    case null:
      return 'Your hold ended before it was paid for; no money was taken.'
  }
}

/** The same request with its key gets the same answer for ever. */
const payAgain = 'send this hold_id (or the same places once more) with another payment_token and a new Idempotency-Key'

/** There was no money. `hold`: how it stands, `null` when nobody knows. */
export function declinedMessage({ failure }: Pick<Payment, 'failure'>, hold: Hold['status'] | null): string {
  const what =
    failure === 'not_authorised' ? 'The payment provider did not take the payment.' : 'The payment was declined.'
  switch (hold) {
    case 'active':
      return `${what} Nothing was charged and your seats are still held. To pay for them, ${payAgain}.`
    case 'released':
    case 'expired':
      return `${what} Nothing was charged, but your hold has ended meanwhile: choose seats again.`
    case 'paying':
    case 'converted':
    case null:
      return `${what} Nothing was charged. Your hold shows whether its seats can still be paid for; if so, ${payAgain}.`
  }
}

/** Of a purchase that is looked at, not asked for. */
export const purchaseMessages: Record<Outcome, string> = {
  processing: 'The purchase is being processed; look again in a second.',
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
