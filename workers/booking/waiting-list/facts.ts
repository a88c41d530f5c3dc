import type { WaitingEntry } from '#shared/contracts/waiting-list.ts'
import type { Fact } from '#shared/facts/fact.ts'
import { ownerDigest } from '#shared/facts/places.ts'
import { type Key, publicId } from '#shared/ids.ts'

/** An entry after a change. */
export interface ToldEntry extends Key {
  readonly userId: string
  readonly status: WaitingEntry['status']
  readonly overtaken: number
  /** Own id of the hold that is the offer. */
  readonly holdId: string | null
  readonly endedBecause: WaitingEntry['ended_because']
}

/** What became of an entry: `offered`, `overtaken`, or how it ended. `offerExpiresInMs`: from the commit on; 0 without an open offer. */
export function entryFact(
  { userId, status, overtaken, holdId, endedBecause, ...entry }: ToldEntry,
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
