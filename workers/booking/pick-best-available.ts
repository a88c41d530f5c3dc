import { TicketingError } from '#shared/errors.ts'
import type { Database } from '#shared/postgres.ts'
import { chooseSeats } from './best-available.ts'
import { findRowsWithRun, hasFreeSeats, lockFreeSeatsOfRow, lockOneRow, walkInOrder } from './store/rows.ts'

/** Seats that would do exist, but other buyers are deciding about all of them: worth waiting for these. */
export class OthersAreDeciding extends Error {}

export interface BestAvailable {
  readonly eventId: string
  readonly qty: number
  /** Wait for buyers who are deciding, instead of passing over the seats they have locked. */
  readonly waiting: boolean
}

/** Rows looked at together, and how often: more than all buyers whom the workers serve at once can have locked. */
const rowsAtOnce = 16
const maxLooks = 32

/**
 * Picks and locks `qty` seats side by side, inside the transaction that takes them: picking outside of it would send all
 * buyers of a rush to the same seats. Throws `sold_out`, `no_adjacent_seats` when enough seats are free but nowhere side
 * by side, or `OthersAreDeciding`.
 */
export async function pickBestAvailable(db: Database, { eventId, qty, waiting }: BestAvailable): Promise<number[]> {
  await walkInOrder(db)
  await refuseIfSoldOut(db, { eventId, qty })
  let certain = false
  // Who waits goes through the house once only, upwards: two who wait must take their locks in the same order.
  for (const tidy of waiting ? [false] : [true, false]) {
    certain = false
    let afterRowNo = -1
    for (let look = 0; look < maxLooks; look++) {
      const rowNos = await findRowsWithRun(db, { eventId, afterRowNo, qty, tidy, limit: rowsAtOnce })
      const last = rowNos.at(-1)
      if (last === undefined) {
        // Nobody was passed over: there was nobody, or they were waited for.
        certain = look === 0 || waiting
        break
      }
      const row = await lockOneRow(db, { eventId, rowNos, waiting })
      const chosen = row && chooseSeats(await lockFreeSeatsOfRow(db, { eventId, row, waiting }), qty)
      if (chosen) return chosen
      afterRowNo = row?.rowNo ?? last
    }
  }
  if (!certain) throw new OthersAreDeciding()
  await refuseIfSoldOut(db, { eventId, qty })
  throw new TicketingError('no_adjacent_seats', `There are no ${qty} free seats side by side.`)
}

/** Seats that others are deciding about count as free. After a rush this is how nearly all requests end. */
async function refuseIfSoldOut(db: Database, { eventId, qty }: { eventId: string; qty: number }): Promise<void> {
  if (await hasFreeSeats(db, { eventId, qty })) return
  throw new TicketingError('sold_out', qty === 1 ? 'The event is sold out.' : `There are no ${qty} free seats left.`)
}
