import type { Hold } from '#shared/contracts/holds.ts'
import type { Selection } from '#shared/contracts/places.ts'
import type { Command } from '#shared/database/idempotency.ts'
import type { Key } from '#shared/ids.ts'
import type { PassOfRequest } from '../passes.ts'
import type { Buyer } from '../store/buyers.ts'

/** One request for places: for a new hold, or to exchange those of a hold. */
export interface PlaceRequest {
  readonly buyer: Buyer
  /** The hold to create or change. */
  readonly hold: Key
  readonly isSwap: boolean
  readonly selection: Selection
  readonly pass: PassOfRequest
  readonly command: Command
  /**
   * For an offer to a buyer on the waiting list: how long its hold lasts. Its entry serves as its pass, and it can take places reserved for
   * the list.
   */
  readonly offerMs?: number
  /** The request's trace, if it is recorded. */
  readonly traceparent: string | undefined
}

/** Why a request runs in a batch of one. */
export const aloneReasons = [
  /** The places of its own hold count as free, for it alone. */
  'swap',
  /** Another request of the buyer is running. */
  'buyer_busy',
  /** The buyer's earlier hold has expired and must be ended first. */
  'hold_due',
  /** Other transactions have locked the places that it could get. */
  'places_locked',
  /** The batch failed, perhaps because of this request. */
  'batch_failed',
] as const
export type AloneReason = (typeof aloneReasons)[number]

export type Outcome =
  | { readonly what: 'held'; readonly hold: Hold }
  /** The stored answer to an earlier message with the same key. */
  | { readonly what: 'repeated'; readonly hold: Hold }
  | { readonly what: 'refused'; readonly error: unknown }
  /** Not decided yet. */
  | { readonly what: 'alone'; readonly why: AloneReason }

/** What a batch may wait for. A batch of several requests waits for nothing. */
export interface Patience {
  /** A batch of one: waits for its buyer, its holds, named seats and areas. */
  readonly alone: boolean
  /** Also waits for rows in which others pick best available seats. If it finds no neighbouring seats, there certainly are none. */
  readonly forRows: boolean
}

/** Whether the best seats may also be apart. */
export function mayBeApart({ selection }: PlaceRequest): boolean {
  return selection.best_available?.adjacent === 'prefer'
}

/** The outcome of a refused request. */
export function refused(error: unknown): Outcome {
  return { what: 'refused', error }
}
