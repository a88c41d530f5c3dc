import type { Database } from '#shared/database/postgres.ts'
import type { Seat } from '../best-available/free-runs.ts'
import type { SeatsSeen } from '../lost-seats/lost-seats.ts'
import { RecentValues } from '../recent-values.ts'
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
        const from = Math.max(firstSeatNo, near - reach)
        const length = Math.max(0, Math.min(firstSeatNo + codes.length - 1, near + reach) - from + 1)
        const seats = Array.from({ length }, (_, index) => ({ seatNo: from + index, rowNo }))
        return seats.filter(({ seatNo }) => codes[seatNo - firstSeatNo] === String(seatStateCodes.available))
      })
      .sort((a, b) => a.seatNo - b.seatNo)
  }
}

/** What events look like, at most a second old, and asked for by one buyer for all who want to know at that moment. */
export class RecentSeatStates {
  readonly #db: Database
  /** An event's states are a byte a seat; more events than these are not rushed at once. */
  readonly #seen = new RecentValues<SeenEvent>({ maxAgeMs: 1_000, maxKeys: 100 })

  constructor(db: Database) {
    this.#db = db
  }

  of(eventId: string): Promise<SeenEvent> {
    return this.#seen.of(eventId, async () => {
      const seenAt = Date.now()
      const { rows } = await snapshotStates(this.#db, eventId)
      return new SeenEvent({ seenAt, rows })
    })
  }
}
