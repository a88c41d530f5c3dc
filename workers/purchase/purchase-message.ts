import type { Booking, Place } from '#shared/contracts/booking.ts'

/** Seats that a message names one by one; the booking itself lists them all. */
const namedSeats = 5

/** `Bought seat Stalls A-12 for EUR 50.00, paid with the payment sandbox.` */
export function boughtMessage({ places, total_minor, currency }: Booking, providerName: string): string {
  if (total_minor === 0) return `Booked ${seatNames(places)}, free of charge.`
  return `Bought ${seatNames(places)} for ${money(total_minor, currency)}, paid with ${providerName}.`
}

export const processingMessage =
  'Your payment is being processed. The booking shows its outcome, and so does this request, repeated with its Idempotency-Key.'

function seatNames(places: readonly Place[]): string {
  const names = places.slice(0, namedSeats).map(({ section, row, label }) => `${section} ${row}-${label}`)
  const more = places.length - names.length
  const list = more === 0 ? names.join(', ') : `${names.join(', ')} and ${more} more`
  return places.length === 1 ? `seat ${list}` : `${places.length} seats (${list})`
}

/** `EUR 1,250.00`; each currency has its own number of decimals. */
function money(minor: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' })
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 2
  return format.format(minor / 10 ** decimals).replaceAll('\u00a0', ' ')
}
