import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { HoldDesign } from '../hold-design.ts'
import { type LabDatabase, OutOfTime } from '../lab-database.ts'
import { isAvailable } from '../seat-table.ts'
import { holdInShortTransaction } from './short-transactions.ts'

/** A seat is free when its row says so; a job that comes round every so often frees those whose hold has run out. */
export const statusAndCron: HoldDesign = {
  name: 'status + cron',
  async open(lab) {
    const closing = new AbortController()
    const sweeping = sweepUntil(closing.signal, lab)
    return {
      hold: (seatNos) => holdInShortTransaction(lab, { seatNos, holdId: randomUUID(), isFree: isAvailable }),
      async close() {
        closing.abort()
        await sweeping
      },
    }
  },
}

async function sweepUntil(
  closing: AbortSignal,
  { database, sweepEveryMs }: { database: LabDatabase; sweepEveryMs: number },
): Promise<void> {
  while (!closing.aborted) {
    await wait(sweepEveryMs, undefined, { signal: closing }).catch(() => undefined)
    await freeExpired(database).catch((error: unknown) => {
      // It gets no connection for itself: the next round will find what this one leaves.
      if (!(error instanceof OutOfTime)) throw error
    })
  }
}

async function freeExpired(database: LabDatabase): Promise<void> {
  await database.query(
    `WITH due AS (
       SELECT seat_no FROM seats WHERE status = 'held' AND held_until <= now() ORDER BY seat_no FOR UPDATE SKIP LOCKED)
     UPDATE seats SET status = 'available', hold_id = NULL, held_until = NULL FROM due WHERE seats.seat_no = due.seat_no`,
  )
}
