import type { Database } from '#shared/database/postgres.ts'
import type { Key } from '#shared/ids.ts'
import { noSuchHold } from './refusals.ts'
import { type LockedHold, lockHold } from './store/holds.ts'

/** Locks a buyer's hold until the transaction ends. Throws `not_found` where there is none or it is another buyer's. */
export async function lockOwnHold(db: Database, key: Key, userId: string): Promise<LockedHold> {
  const hold = await lockHold(db, key)
  if (hold?.userId !== userId) throw noSuchHold()
  return hold
}
