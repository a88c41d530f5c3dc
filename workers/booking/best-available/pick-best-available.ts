import type { Database } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { countLeft, hasRun, lockBestSeats, lockRowWithRun, type SeatFilter } from '../store/rows.ts'
import { keepingLocksOfSuccess } from '../store/savepoint.ts'
import type { LockedSeat } from '../store/seats.ts'
import { tooFewLeft } from '../too-few-left.ts'
import { chooseSeats } from './choose-seats.ts'
import { readSeatFilter, type WantedSeats } from './seat-filter.ts'

/** Seats that would do exist, but other buyers are deciding about all of them: worth waitForLocks for these. */
export class SeatsLockedByOthers extends Error {}

export interface BestAvailable extends WantedSeats {
  /** Wait for buyers who are deciding, instead of passing over the seats they have locked. */
  readonly waitForLocks: boolean
}

/** Rows tried: more than all buyers who name seats can have emptied between the look at a row and the lock of its seats. */
const maxLooks = 32

/** More than a row can have. */
const allSeats = 10_000

/**
 * Picks and locks the best free seats inside the transaction that takes them: picking outside of it would send all buyers of
 * a rush to the same seats. The transaction has the settings `walkInOrder`. Throws `sold_out`, `not_enough_left`,
 * `no_adjacent_seats` when enough seats are free but nowhere side by side, `validation_failed` for a tier or section that the event does not have, or `SeatsLockedByOthers`.
 */
export async function pickBestAvailable(db: Database, best: BestAvailable): Promise<LockedSeat[]> {
  const { wish, waitForLocks } = best
  const { qty } = wish
  const filter = await readSeatFilter(db, best)
  if (wish.adjacent === 'prefer') {
    // Seats of rows that did not do must not stay locked: those that are picked now may be lower.
    const together = await keepingLocksOfSuccess(db, () => pickTogether(db, filter, { qty, waitForLocks }))
    return together ?? pickApart(db, filter, { qty, waitForLocks })
  }
  const together = await pickTogether(db, filter, { qty, waitForLocks })
  if (together !== null) return together
  // They may all have been taken while this transaction waited for somebody's row.
  await refuseTooFew(db, filter, qty)
  throw new TicketingError('no_adjacent_seats', `There are no ${qty} free seats side by side.`)
}

/** `null` when it is certain that nowhere `qty` free seats stand side by side. */
async function pickTogether(
  db: Database,
  filter: SeatFilter,
  { qty, waitForLocks }: { qty: number; waitForLocks: boolean },
): Promise<LockedSeat[] | null> {
  // Who waits scans the house once, upwards, so that two of them take their locks in the same order.
  for (const tidy of waitForLocks ? [false] : [true, false]) {
    let ahead = filter
    for (let look = 0; look < maxLooks; look++) {
      const row = await lockRowWithRun(db, ahead, { qty, tidy, waitForLocks })
      if (row === undefined) {
        // Asked only when not even the first look found a row: else there are enough.
        if (look === 0) await refuseTooFew(db, filter, qty)
        // Who waits passes over no row, so this is certain.
        if (waitForLocks) return null
        break
      }
      const chosen = await chooseInRow(db, { filter, row, qty, waitForLocks })
      if (chosen !== null) return chosen
      ahead = { ...ahead, firstSeatNo: row.lastSeatNo + 1 }
    }
  }
  if (!waitForLocks && !(await hasRun(db, filter, qty))) return null
  throw new SeatsLockedByOthers()
}

async function chooseInRow(
  db: Database,
  given: { filter: SeatFilter; row: { firstSeatNo: number; lastSeatNo: number }; qty: number; waitForLocks: boolean },
): Promise<LockedSeat[] | null> {
  const { filter, row, qty, waitForLocks } = given
  const inRow = { ...filter, firstSeatNo: row.firstSeatNo, lastSeatNo: row.lastSeatNo }
  const free = await lockBestSeats(db, inRow, { limit: allSeats, waitForLocks })
  const chosen = new Set(chooseSeats(free, qty))
  return chosen.size === 0 ? null : free.filter(({ seatNo }) => chosen.has(seatNo))
}

async function pickApart(
  db: Database,
  filter: SeatFilter,
  { qty, waitForLocks }: { qty: number; waitForLocks: boolean },
): Promise<LockedSeat[]> {
  const seats = await lockBestSeats(db, filter, { limit: qty, waitForLocks })
  if (seats.length === qty) return seats
  if (waitForLocks) await refuseTooFew(db, filter, qty)
  throw new SeatsLockedByOthers()
}

/** Seats that others are deciding about count as free. After a rush this is how nearly all requests end. */
async function refuseTooFew(db: Database, filter: SeatFilter, qty: number): Promise<void> {
  const left = await countLeft(db, filter, qty)
  if (left.free < qty) throw tooFewLeft(left)
}
