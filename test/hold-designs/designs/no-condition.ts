import { randomUUID } from 'node:crypto'
import type { HoldDesign } from '../hold-design.ts'
import { isAvailableOrExpired, markAvailable, markHeld, markSold } from '../seat-table.ts'

/**
 * Positive control: looks whether the seats are free, then writes, and nothing holds the two together. Shows that the
 * lab sees two buyers with one seat when there are any.
 */
export const noCondition: HoldDesign = {
  name: 'control: no condition',
  async open({ database, holdTtlMs }) {
    return {
      async hold(seatNos) {
        const free = await database.query(`SELECT FROM seats WHERE seat_no = ANY($1) AND ${isAvailableOrExpired}`, [
          seatNos,
        ])
        if (free.length < seatNos.length) return null
        await markHeld(database, { seatNos, holdId: randomUUID(), holdTtlMs })
        return {
          async buy() {
            await markSold(database, seatNos)
            return true
          },
          release: () => markAvailable(database, seatNos),
        }
      },
      close: async () => undefined,
    }
  },
}
