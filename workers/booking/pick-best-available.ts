import { TicketingError } from '#shared/errors.ts'
import type { Database } from '#shared/postgres.ts'
import { chooseSeats } from './best-available.ts'
import { findRun, hasFreeSeats, lockNextFreeSeats, walkInOrder } from './store/seats.ts'

/** Seats that would do exist, but other buyers are deciding about all of them: worth waiting for these. */
export class OthersAreDeciding extends Error {}

export interface BestAvailable {
  readonly eventId: string
  readonly qty: number
  /** Wait for buyers who are deciding, instead of passing over the seats they have locked. */
  readonly waiting: boolean
}

/** Bounds one pass; only where nearly every seat is being decided about is there more to look at. */
const maxWindows = 25

/**
 * Picks and locks `qty` seats side by side, inside the transaction that takes them: picking outside of it would send all
 * buyers of a rush to the same seats. Throws `sold_out`, `no_adjacent_seats` when enough seats are free but nowhere side
 * by side, or `OthersAreDeciding`.
 */
export async function pickBestAvailable(db: Database, { eventId, qty, waiting }: BestAvailable): Promise<number[]> {
  await walkInOrder(db)
  let foundRun = false
  // Who waits goes through the house once only, upwards: two who wait must take their locks in the same order.
  for (const tidy of waiting ? [false] : [true, false]) {
    let fromSeatNo = 0
    for (let window = 0; window < maxWindows; window++) {
      const run = await findRun(db, { eventId, fromSeatNo, qty, tidy })
      if (run === undefined) break
      foundRun = true
      // Enough to see whether the first run is longer by one seat, and to find room behind what others have locked.
      const limit = 2 * qty + 2
      const seats = await lockNextFreeSeats(db, { eventId, fromSeatNo: run, limit, waiting })
      const chosen = chooseSeats(seats, qty)
      if (chosen !== null) return chosen
      const last = seats.at(-1)
      if (last === undefined || seats.length < limit) break
      fromSeatNo = last.seatNo + 1
    }
  }
  if (foundRun) throw new OthersAreDeciding()
  if (await hasFreeSeats(db, { eventId, qty })) {
    throw new TicketingError('no_adjacent_seats', `There are no ${qty} free seats side by side.`)
  }
  throw new TicketingError('sold_out', qty === 1 ? 'The event is sold out.' : `There are no ${qty} free seats left.`)
}
