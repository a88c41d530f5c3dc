import type { Hold } from '#shared/contracts/holds.ts'

/** A buyer's intention to pay: one intention, one key, one charge. */
export interface Intention {
  /** The Idempotency-Key, the same for every repetition. */
  readonly key: string
  /** Null if the places cost nothing. */
  readonly token: string | null
  readonly totalMinor: number
  readonly currency: string
}

/** A message while the places still belong to the buyer. */
export type PayNote =
  | 'declined'
  | 'not_authorised'
  | 'price_changed'
  | 'provider_unavailable'
  | 'busy'
  | 'offline'
  /** The gateway's own sentence. */
  | { readonly text: string }

export type HoldEnd = 'ran_out' | 'released' | 'seats_taken' | 'event_cancelled' | 'ticket_limit' | 'revoked' | 'lost'

/** The state of paying for a hold. `browser/hold-state.ts` has the transitions. */
export type PayState =
  | { readonly name: 'held'; readonly note: PayNote | null }
  /** The purchase was sent, or sent again with the same key. */
  | { readonly name: 'paying'; readonly intention: Intention; readonly tries: number; readonly isOffline: boolean }
  /** It is unknown whether the buyer was charged; the page polls. */
  | { readonly name: 'waiting'; readonly intention: Intention; readonly polls: number; readonly isOffline: boolean }
  /** Another tab is paying, with a key that this tab does not know. */
  | { readonly name: 'elsewhere'; readonly polls: number }
  /** Null: the booking is unknown; the list of bookings has it. */
  | { readonly name: 'bought'; readonly bookingId: string | null }
  | { readonly name: 'ended'; readonly why: HoldEnd }

/** The state of a hold for which this page has not tried to pay. */
export function stateOfHold({ status }: Pick<Hold, 'status'>): PayState {
  switch (status) {
    case 'active':
      return { name: 'held', note: null }
    case 'paying':
      return { name: 'elsewhere', polls: 0 }
    case 'converted':
      return { name: 'bought', bookingId: null }
    case 'expired':
      return { name: 'ended', why: 'ran_out' }
    case 'released':
      return { name: 'ended', why: 'released' }
  }
}
