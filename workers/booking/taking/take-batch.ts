import type { Hold } from '#shared/contracts/holds.ts'
import type { Postgres } from '#shared/database/postgres.ts'
import type { SoldShares } from '../sold-shares.ts'
import { currentPosition } from '../store/clock.ts'
import { byIndexOnly } from '../store/rows.ts'
import { type Admitted, admit } from './admit.ts'
import type { Lacking } from './decide.ts'
import { findAndDecide, SeatsStayLocked } from './find-places.ts'
import { explainLacks } from './refuse.ts'
import { type Outcome, type Patience, type PlaceRequest, refused } from './request.ts'
import { writeHolds } from './write.ts'

export interface TakingParts {
  readonly postgres: Pick<Postgres, 'transaction'>
  readonly shares: SoldShares
  /** Most rows that one search locks; tests set it to force more searches. */
  readonly rowsPerSearch?: number | undefined
}

/** Rolls back a transaction that has nothing to commit. */
class NothingTaken extends Error {}

/** Receives the outcome of a request, once, when it is certain. */
export type Settle = (request: PlaceRequest, outcome: Outcome) => void

/**
 * Takes the places of a batch in one transaction: admits requests, searches places, decides in order of arrival, and writes. If it throws,
 * no request has an outcome yet and nothing is taken, except possibly after `CommitUnanswered`.
 */
export async function takeBatch(
  { postgres, shares, rowsPerSearch }: TakingParts,
  requests: readonly PlaceRequest[],
  patience: Patience,
  settle: Settle,
): Promise<void> {
  let outcomes: ReadonlyMap<PlaceRequest, Outcome> = new Map()
  let lacking: Lacking[] = []
  let admitted: Admitted[] = []
  await postgres
    .transaction(
      async (db) => {
        const first = await admit(db, requests, { shares, alone: patience.alone })
        admitted = first.admitted
        outcomes = first.outcomes
        lacking = []
        if (admitted.length === 0) throw new NothingTaken()
        // Sent first: after a failed statement it would fail too.
        const [position, decided] = await Promise.all([
          currentPosition(db),
          findAndDecide(db, admitted, { ...patience, rowsPerSearch }),
        ])
        lacking = decided.lacking
        if (decided.given.length === 0) {
          outcomes = new Map([...outcomes, ...(await explainLacks(db, lacking, patience))])
          lacking = []
          throw new NothingTaken()
        }
        const holds = await writeHolds(db, decided.given, position)
        outcomes = new Map([...outcomes, ...Array.from(holds, asHeld)])
      },
      { settings: byIndexOnly },
    )
    .catch((error: unknown) => {
      if (error instanceof SeatsStayLocked) lacking = admitted.map(lackingLockedSeats)
      else if (!(error instanceof NothingTaken)) throw error
    })
  for (const [request, outcome] of outcomes) settle(request, outcome)
  if (lacking.length === 0) return
  // After the commit: winners do not wait for the explanations of losers.
  const explained = await postgres
    .transaction((db) => explainLacks(db, lacking, patience), { settings: byIndexOnly })
    .catch((error: unknown) => new Map(lacking.map(({ admitted: { request } }) => [request, refused(error)])))
  for (const [request, outcome] of explained) settle(request, outcome)
}

function asHeld([request, hold]: [PlaceRequest, Hold]): [PlaceRequest, Outcome] {
  return [request, { what: 'held', hold }]
}

function lackingLockedSeats(admitted: Admitted): Lacking {
  return { admitted, lack: { of: 'seats', seatNos: admitted.request.selection.seat_nos ?? [] } }
}
