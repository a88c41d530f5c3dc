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
 * What the world is told of holds and bookings. A fact lists the seats whose state changed with it, each with the state it has
 * now and the version of that state; of seats told before, a reader that knows a higher version keeps that.
 */

/** A seat after a change, as statements return it. */
export interface ChangedSeat {
  readonly seatNo: number
  readonly version: number
}

export type ChangedPlaces = PlacesPayload

export const noPlaces: ChangedPlaces = { seats: [], areas: [] }

export interface HoldFact extends ChangedPlaces {
  readonly what: 'taken' | 'changed' | 'paying' | 'returned' | 'released' | 'expired' | 'converted'
  readonly status: HoldPayload['status']
  /** Whose hold it is. */
  readonly userId: string
  /** Milliseconds from this transaction to the hold's end; 0 once it has ended. */
  readonly expiresInMs: number
}

export interface BookingFact extends ChangedPlaces {
  readonly what: 'confirmed' | 'failed' | 'expired' | 'cancelled' | 'partly-cancelled'
  readonly status: Booking['status']
  /** Why tickets were sold or taken back, in the words of the sale log. */
  readonly reason: string | null
  /** The pass that was used up: its session is over. */
  readonly passId?: string | null
}

export function holdFact(hold: Key, { what, status, userId, expiresInMs, seats, areas }: HoldFact): Fact {
  const { eventId } = hold
  const owner = ownerDigest(eventId, userId)
  const payload: HoldPayload = { hold_id: publicId(hold), status, owner, expires_in_ms: expiresInMs, seats, areas }
  return { entity: 'hold', eventId, what, payload }
}

/** Seats that became free although no hold or booking changed. */
export function freedSeatsFact(eventId: string, seats: readonly ChangedSeat[]): Fact {
  const payload: PlacesPayload = { seats: seatFacts(seats, 'available'), areas: [] }
  return { entity: 'seat', eventId, what: 'freed', payload }
}

export function bookingFact(booking: Key, { what, passId, ...rest }: BookingFact): Fact {
  const payload: BookingPayload = { booking_id: publicId(booking), ...rest, ...(passId && { pass_id: passId }) }
  return { entity: 'booking', eventId: booking.eventId, what, payload }
}

/** All seats of a change that brought them into one state. */
export function seatFacts(seats: readonly ChangedSeat[], state: SeatFact[1]): SeatFact[] {
  return seats.map(({ seatNo, version }) => [seatNo, state, version])
}

/** Each area once. */
export function areaNosOf(areaPlaces: readonly { readonly areaNo: number }[]): number[] {
  return [...new Set(areaPlaces.map(({ areaNo }) => areaNo))]
}
