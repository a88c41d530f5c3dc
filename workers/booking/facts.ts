import type { Booking } from '#shared/contracts/bookings.ts'
import type { Hold } from '#shared/contracts/holds.ts'
import type { Fact } from '#shared/facts/fact.ts'
import { type Key, publicId } from '#shared/ids.ts'

/*
 * What the world is told of holds and bookings. A fact lists the seats whose state changed with it, each with the state it has
 * now and the version of that state; of seats told before, whoever knows a higher version keeps that.
 */

/** Number, present state and version of a seat. */
export type SeatFact = readonly [seatNo: number, state: 'available' | 'held' | 'sold' | 'blocked', version: number]

/** A seat after a change, as statements return it. */
export interface ChangedSeat {
  readonly seatNo: number
  readonly version: number
}

export interface ChangedPlaces {
  readonly seats: readonly SeatFact[]
  /** Numbers of the areas in which standing places changed hands. */
  readonly areas: readonly number[]
}

export const noPlaces: ChangedPlaces = { seats: [], areas: [] }

export interface HoldFact extends ChangedPlaces {
  readonly what: 'taken' | 'changed' | 'paying' | 'returned' | 'released' | 'expired' | 'converted'
  readonly status: Hold['status']
}

export interface BookingFact extends ChangedPlaces {
  readonly what: 'confirmed' | 'failed' | 'expired' | 'cancelled' | 'partly-cancelled'
  readonly status: Booking['status']
  /** Why tickets were sold or taken back, in the words of the sale log. */
  readonly reason: string | null
}

export function holdFact(hold: Key, { what, ...payload }: HoldFact): Fact {
  return { entity: 'hold', eventId: hold.eventId, what, payload: { hold_id: publicId(hold), ...payload } }
}

export function bookingFact(booking: Key, { what, ...payload }: BookingFact): Fact {
  return { entity: 'booking', eventId: booking.eventId, what, payload: { booking_id: publicId(booking), ...payload } }
}

/** All seats of a change that brought them into one state. */
export function seatFacts(seats: readonly ChangedSeat[], state: SeatFact[1]): SeatFact[] {
  return seats.map(({ seatNo, version }) => [seatNo, state, version])
}

/** Each area once. */
export function areaNosOf(standing: readonly { readonly areaNo: number }[]): number[] {
  return [...new Set(standing.map(({ areaNo }) => areaNo))]
}
