import type { Selection } from '#shared/contracts/places.ts'
import { type Database, lockTimedOut } from '#shared/database/postgres.ts'
import type { Key } from '#shared/ids.ts'
import { pickBestAvailable, SeatsLockedByOthers } from './best-available/pick-best-available.ts'
import { seatsLost } from './lost-seats/lost-seats.ts'
import { presentPrice } from './price-rule.ts'
import type { SoldShares } from './sold-shares.ts'
import { findWantedAreas, takeStanding } from './standing/pick-standing.ts'
import { findFrozenPrices } from './store/holds.ts'
import type { Sale } from './store/sales.ts'
import { type LockedSeat, lockFreeSeats } from './store/seats.ts'
import type { TakenPlaces } from './taken-places.ts'

export interface Taking {
  readonly eventId: string
  readonly selection: Selection
  /** Wait for buyers who are deciding about the best places, instead of passing over what they have locked. */
  readonly waitForLocks: boolean
  readonly sale: Sale
  readonly shares: SoldShares
  /** A locked live hold of the same event whose places count as free, because they are to be exchanged. */
  readonly ownHold?: Key
}

/**
 * Locks the wanted places inside the transaction that holds them: all or none. The buyer and all holds concerned are locked
 * before. Nothing is written yet, except that standing places of `ownHold` are given back: `insertHold` or `exchangePlaces`
 * follows in the same transaction. A seat that `ownHold` has already keeps its price.
 *
 * Throws `seat_unavailable` (naming `conflicts`), `sold_out`, `not_enough_left`, `no_adjacent_seats`, `validation_failed` for
 * names of areas, tiers and sections that the event does not have, and `SeatsLockedByOthers` when the best seats stay locked: the caller begins a new
 * transaction that waits, unless this one did.
 */
export async function takePlaces(db: Database, taking: Taking): Promise<TakenPlaces> {
  const { eventId, selection, sale, shares, ownHold } = taking
  const areas = await findWantedAreas(db, eventId, selection.areas ?? [])
  const seats = await lockSeats(db, taking)
  const standing = await takeStanding(db, { eventId, areas, ownHold })
  const tiers = await shares.of(db, eventId, sale)
  const frozen = ownHold === undefined ? undefined : await findFrozenPrices(db, ownHold)
  return {
    seats: seats.map(({ seatNo, priceMinor, tierNo }) => ({
      seatNo,
      priceMinor: frozen?.get(seatNo) ?? presentPrice(priceMinor, tiers.get(tierNo)),
    })),
    standing,
  }
}

async function lockSeats(db: Database, taking: Taking): Promise<readonly LockedSeat[]> {
  const { seat_nos: named } = taking.selection
  try {
    return await lockWantedSeats(db, taking)
  } catch (error) {
    if (!lockTimedOut(error)) throw error
    // Somebody has been deciding about them for so long that it is not known which ones they are.
    throw named === undefined ? new SeatsLockedByOthers() : seatsLost(named)
  }
}

function lockWantedSeats(
  db: Database,
  { eventId, selection, waitForLocks, ownHold }: Taking,
): Promise<readonly LockedSeat[]> {
  const { seat_nos: named, best_available: wish } = selection
  if (named !== undefined) return lockNamedSeats(db, { eventId, seatNos: named, ownHold })
  if (wish !== undefined) return pickBestAvailable(db, { eventId, wish, waitForLocks, ownHold })
  return Promise.resolve([])
}

async function lockNamedSeats(
  db: Database,
  named: { eventId: string; seatNos: readonly number[]; ownHold: Key | undefined },
): Promise<readonly LockedSeat[]> {
  const locked = await lockFreeSeats(db, named)
  const lockedNos = new Set(locked.map(({ seatNo }) => seatNo))
  const conflicts = named.seatNos.filter((seatNo) => !lockedNos.has(seatNo))
  if (conflicts.length > 0) throw seatsLost(conflicts)
  return locked
}
