import { invalidRequest, TicketingError } from '#shared/errors.ts'
import type { Seat } from '../best-available/free-runs.ts'
import type { SeatState } from '../seat-states.ts'
import { alternativesNear } from './alternatives.ts'

/** How far from a lost seat alternatives are looked for, in seat numbers: some rows of any house. */
export const reach = 100

/** What is known of the seats of an event, at this moment or from a moment ago. */
export interface SeatsSeen {
  /** `undefined` when there is no such seat. */
  stateOf(seatNo: number): SeatState | undefined
  /** Free seats whose numbers differ from `near` by at most `reach`, by ascending number. */
  freeSeatsAround(near: number, reach: number): readonly Seat[]
}

/**
 * The refusal of named seats, of which others have the `conflicts`: which of these may become free again, and which free seats are
 * near, a hint. A number that is no seat is the caller's mistake.
 */
export function seatUnavailable(
  seen: SeatsSeen,
  { wanted, conflicts }: { wanted: readonly number[]; conflicts: readonly number[] },
): TicketingError {
  const errors = wanted.flatMap((seatNo, index) =>
    seen.stateOf(seatNo) === undefined
      ? [{ pointer: `/seat_nos/${index}`, detail: 'is not a seat of this event' }]
      : [],
  )
  if (errors.length > 0) return invalidRequest(errors)
  const near = conflicts[0] ?? 0
  const free = seen.freeSeatsAround(near, reach).filter(({ seatNo }) => !conflicts.includes(seatNo))
  return refusal({
    conflicts,
    held: conflicts.filter((seatNo) => mayComeBack(seen.stateOf(seatNo))),
    alternatives: alternativesNear(free, { seatNo: near, qty: wanted.length }),
  })
}

/** The refusal of best available seats where others keep deciding about all that would do. */
export function seatsStayLocked(): TicketingError {
  return refusal({ conflicts: [], held: [], alternatives: [] })
}

function refusal(extra: Record<'conflicts' | 'held' | 'alternatives', readonly unknown[]>): TicketingError {
  return new TicketingError('seat_unavailable', 'Somebody else was faster; choose other seats, or try again later.', {
    extra,
  })
}

/** Whether a seat that somebody has, or is just deciding about, is neither sold nor blocked. */
function mayComeBack(state: SeatState | undefined): boolean {
  return state !== 'sold' && state !== 'blocked'
}
