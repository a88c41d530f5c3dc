import { hash } from 'node:crypto'

/* The common part of the payloads of facts about seats, holds and bookings, for publishers and readers. */

/** Number, current state and version of a seat. */
export type SeatFact = readonly [seatNo: number, state: 'available' | 'held' | 'sold' | 'blocked', version: number]

/** The places that a fact names. A seat's version increases with each change of its state. */
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
  /** Milliseconds from the commit to the hold's end; 0 after it has ended. */
  readonly expires_in_ms: number
}

export interface BookingPayload extends PlacesPayload {
  readonly booking_id: string
  /** The pass with which the places were held, once they are bought; absent if none was needed. */
  readonly pass_id?: string
}

/**
 * Identifies the owner of a hold to somebody who knows the user id, without revealing it: facts are stored for a week. Different for each
 * event, so that facts do not reveal who bought for which events.
 */
export function ownerDigest(eventId: string, userId: string): string {
  return hash('sha256', `${eventId} ${userId}`, 'base64url').slice(0, 22)
}
