import type { Booking } from '#shared/contracts/bookings.ts'
import type { Place, SeatPlace } from '#shared/contracts/places.ts'
import { formatMinor } from '#shared/money.ts'

/** Seats that a message names one by one; the booking itself lists them all. */
const namedSeats = 5

/** `Bought seat Stalls A-12 for 50.00 EUR, paid with the payment sandbox.` */
export function boughtMessage({ places, total_minor, currency }: Booking, providerName: string): string {
  if (total_minor === 0) return `Booked ${placeNames(places)}, free of charge.`
  return `Bought ${placeNames(places)} for ${formatMinor(total_minor, currency)}, paid with ${providerName}.`
}

export const processingMessage =
  'Your payment is being processed. The booking shows its outcome, and so does this request, repeated with its Idempotency-Key.'

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
