import type { Hold } from '#shared/contracts/holds.ts'
import type { Selection } from '#shared/contracts/places.ts'
import type { Command } from '#shared/database/idempotency.ts'
import type { Key } from '#shared/ids.ts'
import type { PassOfRequest } from '../passes.ts'
import type { Buyer } from '../store/buyers.ts'

/** One request for places: for a new hold, or instead of those that a hold has. */
export interface PlaceRequest {
  readonly buyer: Buyer
  /** The hold that is to be made, or changed. */
  readonly hold: Key
  readonly isSwap: boolean
  readonly selection: Selection
  readonly pass: PassOfRequest
  readonly command: Command
  /** Of an offer to a buyer on the waiting list: how long its hold lasts. It may take what is kept for the list, by the entry as its pass. */
  readonly offerMs?: number
  /** Of the request's trace, if that is recorded. */
  readonly traceparent: string | undefined
}

/** Why a request runs in a batch of one. */
export const aloneReasons = [
  /** Places of its own hold count as free for it alone. */
  'swap',
  /** Another request of the buyer is running. */
  'buyer_busy',
  /** The buyer's earlier hold has run out and must be ended first. */
  'hold_due',
  /** Places that would do are locked by somebody who is deciding about them. */
  'places_locked',
  /** The batch failed, and perhaps because of this request. */
  'batch_failed',
] as const
export type AloneReason = (typeof aloneReasons)[number]

export type Outcome =
  | { readonly what: 'held'; readonly hold: Hold }
  /** The stored answer to an earlier message with the same key. */
  | { readonly what: 'repeated'; readonly hold: Hold }
  | { readonly what: 'refused'; readonly error: unknown }
  /** Nothing is decided yet. */
  | { readonly what: 'alone'; readonly why: AloneReason }

/** What a batch may wait for. A batch of several requests waits for nothing. */
export interface Patience {
  /** A batch of one: waits for its buyer, its holds, named seats and areas. */
  readonly alone: boolean
  /** Also for rows in which others pick best available seats. Certain that no seats are side by side where it finds none. */
  readonly forRows: boolean
}

/** Whether the best seats are wanted also where they are not side by side. */
export function mayBeApart({ selection }: PlaceRequest): boolean {
  return selection.best_available?.adjacent === 'prefer'
}

export function refused(error: unknown): Outcome {
  return { what: 'refused', error }
}
