import type { Database } from '#shared/database/postgres.ts'
import type { Seat } from '../best-available/free-runs.ts'
import type { SeatsSeen } from '../lost-seats/lost-seats.ts'
import { type SeatState, type StatesOfRow, seatStateCodes, seatStateOf } from '../seat-states.ts'
import { snapshotStates } from '../store/seat-views.ts'

/** What an event looked like a moment ago: a hint, never a decision. */
export class SeenEvent implements SeatsSeen {
  /** This process' clock, in epoch ms, before the database was asked: what was committed by then is in here. */
  readonly seenAt: number
  readonly #rows: readonly StatesOfRow[]

  constructor({ seenAt, rows }: { seenAt: number; rows: readonly StatesOfRow[] }) {
    this.seenAt = seenAt
    this.#rows = rows
  }

  stateOf(seatNo: number): SeatState | undefined {
    const row = this.#rows.find(
      ({ firstSeatNo, codes }) => seatNo >= firstSeatNo && seatNo < firstSeatNo + codes.length,
    )
    return row && seatStateOf(row.codes.charAt(seatNo - row.firstSeatNo))
  }

  freeSeatsAround(near: number, reach: number): Seat[] {
    return this.#rows
      .flatMap(({ firstSeatNo, codes }, rowNo) => {
        if (firstSeatNo > near + reach || firstSeatNo + codes.length <= near - reach) return []
        const from = Math.max(firstSeatNo, near - reach)
        const length = Math.max(0, Math.min(firstSeatNo + codes.length - 1, near + reach) - from + 1)
        const seats = Array.from({ length }, (_, index) => ({ seatNo: from + index, rowNo }))
        return seats.filter(({ seatNo }) => codes[seatNo - firstSeatNo] === String(seatStateCodes.available))
      })
      .sort((a, b) => a.seatNo - b.seatNo)
  }
}

/** What an event looks like now. */
export async function seeEvent(db: Database, eventId: string): Promise<SeenEvent> {
  const seenAt = Date.now()
  const { rows } = await snapshotStates(db, eventId)
  return new SeenEvent({ seenAt, rows })
}
