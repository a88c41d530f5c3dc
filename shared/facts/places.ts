import { hash } from 'node:crypto'

/* What the payloads of facts about seats, holds and bookings have in common, for those who publish and those who read them. */

/** Number, present state and version of a seat. */
export type SeatFact = readonly [seatNo: number, state: 'available' | 'held' | 'sold' | 'blocked', version: number]

/** The places that a fact names. A seat's version grows with each change of its state. */
export interface PlacesPayload {
  readonly seats: readonly SeatFact[]
  /** Numbers of the GA areas in which tickets changed hands. */
  readonly areas: readonly number[]
}

export interface HoldPayload extends PlacesPayload {
  readonly hold_id: string
  readonly status: 'active' | 'paying' | 'converted' | 'released' | 'expired'
  /** `ownerDigest` of the buyer. */
  readonly owner: string
  /** Milliseconds from the commit to its end; 0 once it has ended. */
  readonly expires_in_ms: number
}

export interface BookingPayload extends PlacesPayload {
  readonly booking_id: string
  /** The pass that the places were held with, once they are bought; absent where none was needed. */
  readonly pass_id?: string
}

/**
 * Tells whether a hold is that of a known user, without naming the user: facts are kept for a week. Another one for each event, so that
 * they do not show who went where.
 */
export function ownerDigest(eventId: string, userId: string): string {
  return hash('sha256', `${eventId} ${userId}`, 'base64url').slice(0, 22)
}
