import type { Database } from '#shared/database/postgres.ts'
import type { SeatsSeen } from '../lost-seats/lost-seats.ts'
import { seatStateCodes, seatStateOf } from '../seat-states.ts'
import { snapshotStates } from '../store/seat-views.ts'

/** The state of an event a moment ago: a hint, never a decision. */
export interface SeenEvent extends SeatsSeen {
  /** This process's clock, in epoch ms, before the read: everything committed by then is included. */
  readonly seenAt: number
}

/** The current state of an event. */
export async function seeEvent(db: Database, eventId: string): Promise<SeenEvent> {
  const seenAt = Date.now()
  const { rows } = await snapshotStates(db, eventId)
  return {
    seenAt,
    stateOf(seatNo) {
      const row = rows.find(({ firstSeatNo, codes }) => seatNo >= firstSeatNo && seatNo < firstSeatNo + codes.length)
      return row && seatStateOf(row.codes.charAt(seatNo - row.firstSeatNo))
    },
    freeSeatsAround(near, reach) {
      const free = rows.flatMap(({ firstSeatNo, codes }, rowNo) => {
        const from = Math.max(firstSeatNo, near - reach)
        const length = Math.min(firstSeatNo + codes.length - 1, near + reach) - from + 1
        if (length <= 0) return []
        const seats = Array.from({ length }, (_, index) => ({ seatNo: from + index, rowNo }))
        return seats.filter(({ seatNo }) => codes[seatNo - firstSeatNo] === String(seatStateCodes.available))
      })
      return free.sort((a, b) => a.seatNo - b.seatNo)
    },
  }
}
