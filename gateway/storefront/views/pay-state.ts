import type { Hold } from '#shared/contracts/holds.ts'

/** What a buyer wants to pay: one intention, one key, one charge. */
export interface Intention {
  /** The Idempotency-Key, the same for every repetition. */
  readonly key: string
  /** Null for places that cost nothing. */
  readonly token: string | null
  readonly totalMinor: number
  readonly currency: string
}

/** What the buyer is told while the places are still theirs. */
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

/** How it stands with paying for a hold; `browser/hold-state.ts` has the moves. */
export type PayState =
  | { readonly name: 'held'; readonly note: PayNote | null }
  /** The purchase is sent, or sent again with the same key. */
  | { readonly name: 'paying'; readonly intention: Intention; readonly tries: number; readonly isOffline: boolean }
  /** Whether it was charged is not known; it is asked for. */
  | { readonly name: 'waiting'; readonly intention: Intention; readonly looks: number; readonly isOffline: boolean }
  /** Another tab pays, with a key that this one does not know. */
  | { readonly name: 'elsewhere'; readonly looks: number }
  /** Null: the booking is not known; the list of bookings has it. */
  | { readonly name: 'bought'; readonly bookingId: string | null }
  | { readonly name: 'ended'; readonly why: HoldEnd }

/** How it stands with a hold that this page has not been asked to pay for. */
export function stateOfHold({ status }: Pick<Hold, 'status'>): PayState {
  switch (status) {
    case 'active':
      return { name: 'held', note: null }
    case 'paying':
      return { name: 'elsewhere', looks: 0 }
    case 'converted':
      return { name: 'bought', bookingId: null }
    case 'expired':
      return { name: 'ended', why: 'ran_out' }
    case 'released':
      return { name: 'ended', why: 'released' }
  }
}
