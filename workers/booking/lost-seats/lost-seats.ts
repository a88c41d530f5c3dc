import type { Database } from '#shared/database/postgres.ts'
import { invalidRequest, TicketingError } from '#shared/errors.ts'
import type { SeatState } from '../seat-states.ts'
import { findSeatsAround } from '../store/seats.ts'
import { alternativesNear } from './alternatives.ts'

/** How far from a lost seat alternatives are looked for, in seat numbers: some rows of any house. */
export const reach = 100

export interface LostSeats {
  /** Wanted seats that others have. */
  readonly conflicts: readonly number[]
  /** Those of them that are neither sold nor blocked, so that they may become free again. */
  readonly held: readonly number[]
  readonly alternatives: readonly (readonly number[])[]
}

export function seatUnavailable({ conflicts, held, alternatives }: LostSeats): TicketingError {
  return new TicketingError('seat_unavailable', 'Somebody else was faster; choose other seats, or try again later.', {
    extra: { conflicts, held, alternatives },
  })
}

/** The refusal inside a transaction; `explainConflicts` says the rest once that is over. */
export function seatsLost(conflicts: readonly number[]): TicketingError {
  return seatUnavailable({ conflicts, held: [], alternatives: [] })
}

/** Whether a seat that somebody has, or is just deciding about, may become free again. */
export function mayComeBack(state: SeatState | undefined): boolean {
  return state !== 'sold' && state !== 'blocked'
}

/**
 * Why named seats could not be held: a number that is no seat is the caller's mistake; for others there are alternatives.
 * Those are hints, read after the transaction is over: by the time they are chosen they may be gone as well.
 */
export async function explainConflicts(
  db: Database,
  { eventId, wanted, conflicts }: { eventId: string; wanted: readonly number[]; conflicts: readonly number[] },
): Promise<TicketingError> {
  const near = conflicts[0]
  if (near === undefined) return seatsLost(conflicts)
  const seats = await findSeatsAround(db, { eventId, seatNos: wanted, near, reach })
  const known = new Map(seats.map(({ seatNo, state }) => [seatNo, state]))
  const errors = wanted.flatMap((seatNo, index) =>
    known.has(seatNo) ? [] : [{ pointer: `/seat_nos/${index}`, detail: 'is not a seat of this event' }],
  )
  if (errors.length > 0) return invalidRequest(errors)
  const free = seats.filter(({ state }) => state === 'available')
  return seatUnavailable({
    conflicts,
    held: conflicts.filter((seatNo) => mayComeBack(known.get(seatNo))),
    alternatives: alternativesNear(free, { seatNo: near, qty: wanted.length }),
  })
}
