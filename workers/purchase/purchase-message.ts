import type { Booking, Place } from '#shared/contracts/booking.ts'
import { formatMinor } from '#shared/money.ts'

/** Seats that a message names one by one; the booking itself lists them all. */
const namedSeats = 5

/** `Bought seat Stalls A-12 for 50.00 EUR, paid with the payment sandbox.` */
export function boughtMessage({ places, total_minor, currency }: Booking, providerName: string): string {
  if (total_minor === 0) return `Booked ${seatNames(places)}, free of charge.`
  return `Bought ${seatNames(places)} for ${formatMinor(total_minor, currency)}, paid with ${providerName}.`
}

export const processingMessage =
  'Your payment is being processed. The booking shows its outcome, and so does this request, repeated with its Idempotency-Key.'

function seatNames(places: readonly Place[]): string {
  const names = places.slice(0, namedSeats).map(({ section, row, label }) => `${section} ${row}-${label}`)
  const more = places.length - names.length
  const list = more === 0 ? names.join(', ') : `${names.join(', ')} and ${more} more`
  return places.length === 1 ? `seat ${list}` : `${places.length} seats (${list})`
}
