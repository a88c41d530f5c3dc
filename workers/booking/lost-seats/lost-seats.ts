import { invalidRequest, TicketingError } from '#shared/errors.ts'
import type { Seat } from '../best-available/free-runs.ts'
import type { SeatState } from '../seat-states.ts'
import { alternativesNear } from './alternatives.ts'

/** How far from a lost seat alternatives may be, in seat numbers: a few rows. */
export const reach = 100

/** The known state of an event's seats, current or a moment old. */
export interface SeatsSeen {
  /** `undefined` if the event has no such seat. */
  stateOf(seatNo: number): SeatState | undefined
  /** Free seats whose numbers differ from `near` by at most `reach`, sorted by number. */
  freeSeatsAround(near: number, reach: number): readonly Seat[]
}

/**
 * The refusal of named seats because others have the `conflicts`. Says which of these may become free again, and suggests free seats
 * nearby. A number that is no seat is the caller's error.
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

/** The refusal of best available seats that other requests keep locked. */
export function seatsStayLocked(): TicketingError {
  return refusal({ conflicts: [], held: [], alternatives: [] })
}

function refusal(extra: Record<'conflicts' | 'held' | 'alternatives', readonly unknown[]>): TicketingError {
  return new TicketingError('seat_unavailable', 'Somebody else was faster; choose other seats, or try again later.', {
    extra,
  })
}

/** Whether a seat may become free again: it is held or locked, not sold or blocked. */
function mayComeBack(state: SeatState | undefined): boolean {
  return state !== 'sold' && state !== 'blocked'
}
