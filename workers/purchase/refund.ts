import type { RefundReason } from '#shared/contracts/bookings.ts'
import { cancelTickets } from '#shared/contracts/payment-steps.ts'
import type { RefundStatus } from '#shared/contracts/purchase.ts'
import { TicketingError } from '#shared/errors.ts'

/*
 * The states of a refund and the moves between them: pure rules over plain data. `refund-steps.ts` has the call for each state, `saga.ts`
 * the engine, `store/refunds.ts` the SQL.
 *
 * requested   the booking worker may have been asked to cancel the tickets
 * returning   the tickets are cancelled and the money is promised; the provider may have been asked
 * done        the buyer has the money
 * refused     the tickets cannot be cancelled; nothing happened
 */

/** The booking worker's refusal to cancel tickets. */
export type Refusal = Pick<TicketingError, 'code' | 'message' | 'extra'>

/** Tickets of one booking to cancel, and their money. */
export interface Refund {
  readonly id: string
  readonly status: RefundStatus
  readonly paymentId: string
  readonly eventId: string
  readonly bookingId: string
  /** The buyer of the booking. */
  readonly userId: string
  /** Null: all valid tickets. */
  readonly ticketIds: readonly string[] | null
  readonly reason: RefundReason
  /** The key of the refund at the provider. */
  readonly providerKey: string
  /** The key of its charge at the provider. */
  readonly chargeKey: string
  readonly currency: string
  /** Null until the booking worker has answered. */
  readonly amountMinor: number | null
  readonly refusal: Refusal | null
  /** Nothing is left to do: provider and booking both know the end. */
  readonly settled: boolean
  /** No step has succeeded for a minute: it is tried less often, delays no other refund, and the auditor reports it (I7). */
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

/** Whether a refund may move from one state to another. */
export function mayMoveRefund(from: RefundStatus, to: RefundStatus): boolean {
  return moves[from].includes(to)
}

/** The move after a step threw an error; null: the refund stays, and the step is repeated. */
export function refundMoveAfterError({ status }: Refund, error: unknown): RefundMove | null {
  const isRefusal = error instanceof TicketingError && cancelTickets.errors.includes(error.code)
  if (status !== 'requested' || !isRefusal) return null
  const { code, message, extra } = error
  return { to: 'refused', refusal: { code, message, extra } }
}

/** The amount to refund; every refund that is returning or done has it. */
export function amountOf({ id, status, amountMinor }: Refund): number {
  if (amountMinor === null) throw new Error(`refund ${id} is ${status} without an amount`)
  return amountMinor
}
