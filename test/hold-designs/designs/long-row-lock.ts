import type { HeldSeats, HoldDesign, Lab } from '../hold-design.ts'
import { isAvailable, lockSeats, markSold } from '../seat-table.ts'

/**
 * The buyer's transaction stays open, with the rows locked, until the buyer has decided or the time of a hold is over.
 * The lock is the hold: nothing is written until the seats are sold.
 */
export const longRowLock: HoldDesign = {
  name: 'long row lock',
  async open(lab) {
    const open = new Set<Promise<unknown>>()
    return {
      hold: (seatNos) => holdByTransaction(lab, seatNos, open),
      async close() {
        await Promise.allSettled(open)
      },
    }
  },
}

/** `open` gets the transaction for as long as it lasts. */
function holdByTransaction(
  { database, holdTtlMs }: Lab,
  seatNos: readonly number[],
  open: Set<Promise<unknown>>,
): Promise<HeldSeats | null> {
  return new Promise((answer, refuse) => {
    const { promise: decision, resolve: decide } = Promise.withResolvers<'buy' | 'release'>()
    const sold = database.transaction(async (db) => {
      if ((await lockSeats(db, { seatNos, condition: isAvailable })) < seatNos.length) {
        answer(null)
        return false
      }
      const timeUp = setTimeout(decide, holdTtlMs, 'release')
      answer({
        buy() {
          decide('buy')
          return sold
        },
        async release() {
          decide('release')
          await sold
        },
      })
      const decided = await decision
      clearTimeout(timeUp)
      if (decided === 'release') return false
      await markSold(db, seatNos)
      return true
    })
    open.add(sold)
    sold.catch(refuse).finally(() => open.delete(sold))
  })
}
