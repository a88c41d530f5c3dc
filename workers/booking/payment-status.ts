import type { BookedPaymentStatus, Booking } from '#shared/contracts/bookings.ts'

/** The status of a booking's payment, as the purchase worker reported it. */
export interface PaymentNote {
  /** Number of the payment among those of its booking. */
  readonly attempt: number
  readonly status: BookedPaymentStatus
}

const progress: Record<BookedPaymentStatus, number> = {
  processing: 0,
  authorised: 1,
  captured: 2,
  voided: 2,
  failed: 2,
}

/**
 * Whether `next` is newer than `known`. Notes may arrive twice and in any order. A note about an older attempt or an earlier stage of the
 * same attempt changes nothing, and the end of an attempt is final.
 */
export function supersedes(next: PaymentNote, known: PaymentNote): boolean {
  if (next.attempt !== known.attempt) return next.attempt > known.attempt
  return progress[next.status] > progress[known.status]
}

/**
 * Whether the money of a confirmed booking can be given up for payment `attempt`: not if it was captured, and not if the note is about
 * another payment. The end of an attempt is final.
 */
export function mayRevoke(attempt: number, known: PaymentNote): boolean {
  return attempt === known.attempt && known.status !== 'captured'
}

export interface PaidMoney {
  readonly status: BookedPaymentStatus
  readonly capturedMinor: number
  readonly refundedMinor: number
}

/** The status that buyers see. A captured payment shows whether money was refunded, and whether all of it. */
export function shownStatus({ status, capturedMinor, refundedMinor }: PaidMoney): Booking['payment']['status'] {
  if (status !== 'captured' || refundedMinor === 0) return status
  return refundedMinor < capturedMinor ? 'partly_refunded' : 'refunded'
}
