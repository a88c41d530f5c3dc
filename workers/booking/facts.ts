import type { Booking } from '#shared/contracts/bookings.ts'
import type { Fact } from '#shared/facts/fact.ts'
import {
  type BookingPayload,
  type HoldPayload,
  ownerDigest,
  type PlacesPayload,
  type SeatFact,
} from '#shared/facts/places.ts'
import { type Key, publicId } from '#shared/ids.ts'

/*
 * Facts about holds and bookings. A fact lists the seats whose state changed, each with its current state and version. Of two facts about a
 * seat, readers keep the one with the higher version.
 */

/** A seat after a change, as SQL statements return it. */
export interface ChangedSeat {
  readonly seatNo: number
  readonly version: number
}

export const noPlaces: PlacesPayload = { seats: [], areas: [] }

export interface HoldFact extends PlacesPayload {
  readonly what: 'taken' | 'changed' | 'paying' | 'returned' | 'released' | 'expired' | 'converted'
  readonly status: HoldPayload['status']
  /** The buyer of the hold. */
  readonly userId: string
  /** Milliseconds from this transaction to the hold's end; 0 after its end. */
  readonly expiresInMs: number
}

export interface BookingFact extends PlacesPayload {
  readonly what: 'confirmed' | 'failed' | 'expired' | 'cancelled' | 'partly-cancelled'
  readonly status: Booking['status']
  /** Why tickets were sold or cancelled, as in the sale log. */
  readonly reason: string | null
  /** The pass that was used for this booking: its session has ended. */
  readonly passId?: string | null
}

/** The fact about a change of a hold. */
export function holdFact(hold: Key, { what, status, userId, expiresInMs, seats, areas }: HoldFact): Fact {
  const { eventId } = hold
  const owner = ownerDigest(eventId, userId)
  const payload: HoldPayload = { hold_id: publicId(hold), status, owner, expires_in_ms: expiresInMs, seats, areas }
  return { entity: 'hold', eventId, what, payload }
}

/** Seats that became free without a change of a hold or booking. */
export function freedSeatsFact(eventId: string, seats: readonly ChangedSeat[]): Fact {
  const payload: PlacesPayload = { seats: seatFacts(seats, 'available'), areas: [] }
  return { entity: 'seat', eventId, what: 'freed', payload }
}

/** The fact about a change of a booking. */
export function bookingFact(booking: Key, { what, passId, ...rest }: BookingFact): Fact {
  const payload: BookingPayload = { booking_id: publicId(booking), ...rest, ...(passId && { pass_id: passId }) }
  return { entity: 'booking', eventId: booking.eventId, what, payload }
}

/** All seats of a change that gave them the same state. */
export function seatFacts(seats: readonly ChangedSeat[], state: SeatFact[1]): SeatFact[] {
  return seats.map(({ seatNo, version }) => [seatNo, state, version])
}

/** The area numbers, each once. */
export function areaNosOf(areaPlaces: readonly { readonly areaNo: number }[]): number[] {
  return [...new Set(areaPlaces.map(({ areaNo }) => areaNo))]
}
