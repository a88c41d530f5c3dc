import { randomUUID } from 'node:crypto'
import type { HoldDesign } from '../hold-design.ts'
import { isAvailableOrExpired } from '../seat-table.ts'
import { holdInShortTransaction } from './short-transactions.ts'

/** A seat is free when its row says so or when its hold has run out: expiry is a comparison and nobody's job. */
export const implicitExpiry: HoldDesign = {
  name: 'implicit expiry',
  async open(lab) {
    return {
      hold: (seatNos) => holdInShortTransaction(lab, { seatNos, holdId: randomUUID(), isFree: isAvailableOrExpired }),
      close: async () => undefined,
    }
  },
}
