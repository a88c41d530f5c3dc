import type { HeldSeats, Lab } from '../hold-design.ts'
import { lockSeats, lockSeatsOfHold, markAvailable, markHeld, markSold } from '../seat-table.ts'

/*
 * Hold, sell and release, each in a transaction that asks nobody but the database. Between them no lock is held and no
 * connection used: the table itself remembers who has the seat, and until when.
 */

export interface Wish {
  readonly seatNos: readonly number[]
  readonly holdId: string
  /** SQL over a row of `seats`: whether it may be held. In this the designs differ. */
  readonly isFree: string
}

export async function holdInShortTransaction(
  { database, holdTtlMs }: Lab,
  { seatNos, holdId, isFree }: Wish,
): Promise<HeldSeats | null> {
  const held = await database.transaction(async (db) => {
    if ((await lockSeats(db, { seatNos, condition: isFree })) < seatNos.length) return false
    await markHeld(db, { seatNos, holdId, holdTtlMs })
    return true
  })
  if (!held) return null
  return {
    // A hold that ran out sells all the same, as long as nobody else has taken a seat of it.
    buy: () =>
      database.transaction(async (db) => {
        if ((await lockSeatsOfHold(db, { seatNos, holdId })) < seatNos.length) return false
        await markSold(db, seatNos)
        return true
      }),
    release: () =>
      database.transaction(async (db) => {
        if ((await lockSeatsOfHold(db, { seatNos, holdId })) < seatNos.length) return
        await markAvailable(db, seatNos)
      }),
  }
}
