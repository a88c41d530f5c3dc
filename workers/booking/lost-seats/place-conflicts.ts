import type { Selection } from '#shared/contracts/places.ts'
import type { Database } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { SeatsLockedByOthers } from '../best-available/pick-best-available.ts'
import { explainConflicts } from './lost-seats.ts'

/**
 * Runs `take`, a transaction that takes the selected places, and once more such that it waits where others are deciding about
 * all that would do. A refusal of seats then names the nearest alternatives.
 */
export async function takeOrExplain<Result>(
  db: Database,
  { eventId, selection }: { eventId: string; selection: Selection },
  take: (waitForLocks: boolean) => Promise<Result>,
): Promise<Result> {
  try {
    return await take(false).catch((error: unknown) => {
      if (error instanceof SeatsLockedByOthers) return take(true)
      throw error
    })
  } catch (error) {
    const conflicts = conflictsOf(error, selection)
    if (conflicts === null) throw error
    throw await explainConflicts(db, { eventId, wanted: selection.seat_nos ?? [], conflicts })
  }
}

/** The seats that were lost to others; `null` when the error says something else. */
function conflictsOf(error: unknown, { seat_nos }: Selection): readonly number[] | null {
  if (error instanceof SeatsLockedByOthers) return seat_nos ?? []
  const lost = error instanceof TicketingError && error.code === 'seat_unavailable'
  return lost ? (error.extra.conflicts as number[]) : null
}
