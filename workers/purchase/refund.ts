import type { RefundReason } from '#shared/contracts/bookings.ts'
import { cancelTickets } from '#shared/contracts/payment-steps.ts'
import { TicketingError } from '#shared/errors.ts'

/*
 * The states of a refund and the moves between them: plain rules over plain data. What each state waits for is asked in
 * `refund-steps.ts`, by the engine in `saga.ts`; the SQL stands in `store/refunds.ts`.
 *
 * requested   wanted; the booking worker was perhaps asked for the tickets
 * returning   the tickets are back and the money is promised; the provider was perhaps asked
 * done        the money is back with the buyer
 * refused     the tickets may not be given back; nothing happened
 */

export type RefundStatus = 'requested' | 'returning' | 'done' | 'refused'

/** What the booking worker said instead of taking tickets back. */
export type Refusal = Pick<TicketingError, 'code' | 'message' | 'extra'>

/** Tickets of one booking that are to be taken back, and their money. */
export interface Refund {
  readonly id: string
  readonly status: RefundStatus
  readonly paymentId: string
  readonly eventId: string
  readonly bookingId: string
  /** Whose booking it is. */
  readonly userId: string
  /** Null: all that are valid. */
  readonly ticketIds: readonly string[] | null
  readonly reason: RefundReason
  /** Names the refund at the provider. */
  readonly providerKey: string
  /** Names the charge at the provider that it is part of. */
  readonly chargeKey: string
  readonly currency: string
  /** Null until the booking worker has answered. */
  readonly amountMinor: number | null
  readonly refusal: Refusal | null
  /** Nothing is left to do: the provider and the booking both know the end. */
  readonly settled: boolean
  /** Nobody could move it for a minute: it is tried less often, holds up no other, and people are told. */
  readonly isStuck: boolean
}

export type RefundMove =
  | { readonly to: 'returning'; readonly amountMinor: number }
  | { readonly to: 'done' }
  | { readonly to: 'refused'; readonly refusal: Refusal }

const moves: Record<RefundStatus, readonly RefundStatus[]> = {
  requested: ['returning', 'refused'],
  returning: ['done'],
  done: [],
  refused: [],
}

export function mayMoveRefund(from: RefundStatus, to: RefundStatus): boolean {
  return moves[from].includes(to)
}

/** Where a refund goes whose step threw this; null: it stays, and the step is to be taken again. */
export function refundMoveAfterError({ status }: Refund, error: unknown): RefundMove | null {
  const isRefusal = error instanceof TicketingError && cancelTickets.errors.includes(error.code)
  if (status !== 'requested' || !isRefusal) return null
  const { code, message, extra } = error
  return { to: 'refused', refusal: { code, message, extra } }
}

/** What goes back; every refund that is returning or done has it. */
export function amountOf({ id, status, amountMinor }: Refund): number {
  if (amountMinor === null) throw new Error(`refund ${id} is ${status} without an amount`)
  return amountMinor
}
