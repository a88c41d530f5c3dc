import type { Database } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import type { Key } from '#shared/ids.ts'
import { holdEnded, holdExpired, noSuchHold } from './refusals.ts'
import { type LockedHold, lockHold } from './store/holds.ts'

/** Locks a buyer's hold until the transaction ends. Throws `not_found` if there is none or it belongs to another buyer. */
export async function lockOwnHold(db: Database, key: Key, userId: string): Promise<LockedHold> {
  return ownHoldOf(userId, await lockHold(db, key))
}

function ownHoldOf(userId: string, hold: LockedHold | undefined): LockedHold {
  if (hold?.userId !== userId) throw noSuchHold()
  return hold
}

/** Throws unless a locked hold belongs to the buyer and can still be changed. */
export function refuseUnlessOwnAndActive(hold: LockedHold | undefined, userId: string): void {
  switch (ownHoldOf(userId, hold).status) {
    case 'active':
      return
    case 'expired':
      throw holdExpired()
    case 'paying':
      throw new TicketingError('hold_paying', 'These places are being paid for; they cannot be changed now.')
    case 'released':
      throw holdEnded('You gave these places back.')
    case 'converted':
      throw holdEnded('You have bought these places.')
  }
}
