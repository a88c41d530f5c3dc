import type { BookedPaymentStatus, Booking } from '#shared/contracts/bookings.ts'

/** How a payment of a booking stands, as the purchase worker tells it. */
export interface PaymentNote {
  /** Counts the payments of one booking. */
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
 * Whether `next` says something newer than `known`. Notes may come twice and in any order: one of an older attempt, or of
 * an earlier stage of the same attempt, changes nothing, and how an attempt ended is final.
 */
export function supersedes(next: PaymentNote, known: PaymentNote): boolean {
  if (next.attempt !== known.attempt) return next.attempt > known.attempt
  return progress[next.status] > progress[known.status]
}

/**
 * Whether the money of a confirmed booking may be given up for payment `attempt`: unless it was captured after all, or the note
 * is about another payment. How an attempt ended is final.
 */
export function mayRevoke(attempt: number, known: PaymentNote): boolean {
  return attempt === known.attempt && known.status !== 'captured'
}

export interface PaidMoney {
  readonly status: BookedPaymentStatus
  readonly capturedMinor: number
  readonly refundedMinor: number
}

/** The status that buyers see: a capture of which money was paid back says so, and whether that was all of it. */
export function shownStatus({ status, capturedMinor, refundedMinor }: PaidMoney): Booking['payment']['status'] {
  if (status !== 'captured' || refundedMinor === 0) return status
  return refundedMinor < capturedMinor ? 'partly_refunded' : 'refunded'
}
