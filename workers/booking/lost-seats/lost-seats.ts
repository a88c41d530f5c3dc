import type { Database } from '#shared/database/postgres.ts'
import { invalidRequest, TicketingError } from '#shared/errors.ts'
import { findSeatsAround } from '../store/seats.ts'
import { alternativesNear } from './alternatives.ts'

/** How far from a lost seat alternatives are looked for, in seat numbers: some rows of any house. */
export const reach = 100

export function seatUnavailable(lost: { conflicts: readonly number[]; alternatives?: number[][] }): TicketingError {
  return new TicketingError('seat_unavailable', 'Somebody else was faster; choose other seats.', {
    extra: { alternatives: [], ...lost },
  })
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
  if (near === undefined) return seatUnavailable({ conflicts })
  const seats = await findSeatsAround(db, { eventId, seatNos: wanted, near, reach })
  const known = new Set(seats.map(({ seatNo }) => seatNo))
  const errors = wanted.flatMap((seatNo, index) =>
    known.has(seatNo) ? [] : [{ pointer: `/seat_nos/${index}`, detail: 'is not a seat of this event' }],
  )
  if (errors.length > 0) return invalidRequest(errors)
  const free = seats.filter((seat) => seat.free)
  return seatUnavailable({ conflicts, alternatives: alternativesNear(free, { seatNo: near, qty: wanted.length }) })
}
