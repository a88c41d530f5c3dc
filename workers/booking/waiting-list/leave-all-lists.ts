import type { Database } from '#shared/database/postgres.ts'
import { endAndPublishEntry } from './leave-waiting-list.ts'
import { findListsOf, lockList, lockOpenEntry } from './store.ts'

/** Takes a buyer off every list on which the buyer waits. Entries with an offer stay: their hold decides. */
export async function leaveAllLists(db: Database, userId: string): Promise<void> {
  for (const eventId of await findListsOf(db, userId)) {
    await lockList(db, eventId)
    const entry = await lockOpenEntry(db, { eventId, userId })
    if (entry?.status === 'waiting') await endAndPublishEntry(db, entry)
  }
}
