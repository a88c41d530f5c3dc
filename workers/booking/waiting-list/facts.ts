import type { WaitingEntry } from '#shared/contracts/waiting-list.ts'
import type { Database } from '#shared/database/postgres.ts'
import type { Fact } from '#shared/facts/fact.ts'
import { addFacts } from '#shared/facts/outbox.ts'
import { ownerDigest } from '#shared/facts/places.ts'
import { type Key, publicId } from '#shared/ids.ts'

/** An entry after a change. */
export interface ChangedEntry extends Key {
  readonly userId: string
  readonly status: WaitingEntry['status']
  readonly overtaken: number
  /** Own id of the hold that is the offer. */
  readonly holdId: string | null
  readonly endedBecause: WaitingEntry['ended_because']
}

/**
 * The fact about a change of an entry: `offered`, `overtaken`, or how it ended. `offerExpiresInMs`: from the commit on; 0 without an open
 * offer.
 */
export function entryFact(
  { userId, status, overtaken, holdId, endedBecause, ...entry }: ChangedEntry,
  {
    what = status,
    offerExpiresInMs = 0,
  }: { what?: WaitingEntry['status'] | 'overtaken'; offerExpiresInMs?: number } = {},
): Fact {
  const { eventId } = entry
  const payload = {
    entry_id: publicId(entry),
    status,
    owner: ownerDigest(eventId, userId),
    overtaken,
    hold_id: holdId === null ? null : publicId({ eventId, ownId: holdId }),
    offer_expires_in_ms: offerExpiresInMs,
    ended_because: endedBecause,
  }
  return { entity: 'waiting-list', eventId, what, payload }
}

/** Writes the facts about entries that ended. */
export async function publishEnds(db: Database, ended: readonly ChangedEntry[]): Promise<void> {
  await addFacts(
    db,
    'booking',
    ended.map((entry) => entryFact(entry)),
  )
}
