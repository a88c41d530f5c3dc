import type { WaitingEntry } from '#shared/contracts/waiting-list.ts'
import type { Database } from '#shared/database/postgres.ts'
import { publicId } from '#shared/ids.ts'
import { isDue } from '../store/conditions.ts'
import { whyNoMoreOffers } from './store.ts'
import type { Wanted } from './wishes.ts'

/* SQL by which buyers see their entries, including what the clock, the sale or a hold has decided but nobody has recorded. */

const shownStatus = `CASE
  WHEN entry.status = 'waiting' AND over.because IS NOT NULL THEN 'ended'
  WHEN entry.status <> 'offered' THEN entry.status
  WHEN hold.status = 'converted' THEN 'converted'
  WHEN over.because = 'event_cancelled' THEN 'ended'
  WHEN hold.status = 'released' THEN 'left'
  WHEN hold.id IS NULL OR hold.status = 'expired' OR ${isDue} THEN 'expired'
  ELSE 'offered' END`

/** `$2` an event, or null for all; `$3` an own id: only older entries, or null; `$4` a limit. */
const entriesOfUser = `
  SELECT entry.event_id AS "eventId", entry.id AS "ownId", shown.status, qty, kind, name, overtaken, entry.hold_id AS "holdId",
    CASE shown.status WHEN 'waiting' THEN (SELECT count(*)::int FROM booking.waiting_list AS before
      WHERE before.event_id = entry.event_id AND before.status = 'waiting' AND before.number < entry.number) END AS ahead,
    CASE shown.status WHEN 'offered' THEN hold.expires_at END AS "offerExpiresAt",
    CASE shown.status WHEN 'offered' THEN greatest(0, extract(epoch FROM hold.expires_at - now()) * 1000)::int END
      AS "offerExpiresInMs",
    CASE shown.status WHEN 'ended' THEN coalesce(ended_because, over.because) END AS "endedBecause",
    entry.joined_at AS "joinedAt"
  FROM booking.waiting_list AS entry JOIN booking.sales AS sale USING (event_id)
  LEFT JOIN booking.holds AS hold ON hold.event_id = entry.event_id AND hold.id = entry.hold_id
  CROSS JOIN LATERAL (SELECT ${whyNoMoreOffers} AS because) AS over
  CROSS JOIN LATERAL (SELECT ${shownStatus} AS status) AS shown
  WHERE entry.user_id = $1 AND ($2::uuid IS NULL OR entry.event_id = $2) AND ($3::uuid IS NULL OR entry.id < $3)
  ORDER BY entry.id DESC LIMIT $4`

interface EntryRow extends Wanted, Pick<WaitingEntry, 'status' | 'qty' | 'overtaken' | 'ahead'> {
  readonly eventId: string
  readonly ownId: string
  readonly holdId: string | null
  readonly offerExpiresAt: Date | null
  readonly offerExpiresInMs: number | null
  readonly endedBecause: WaitingEntry['ended_because']
  readonly joinedAt: Date
}

export interface EntriesWanted {
  readonly userId: string
  /** Only entries of this event. */
  readonly eventId?: string
  /** Own id of an entry: only older entries. */
  readonly beforeId?: string | null
  readonly limit: number
}

/** Entries of a buyer, newest first. */
export async function readEntries(
  db: Database,
  { userId, eventId, beforeId = null, limit }: EntriesWanted,
): Promise<WaitingEntry[]> {
  const rows = await db.query<EntryRow>(entriesOfUser, [userId, eventId ?? null, beforeId, limit])
  return rows.map(showEntry)
}

function showEntry({ eventId, ownId, holdId, kind, name, ...row }: EntryRow): WaitingEntry {
  const nameOf = (wanted: Wanted['kind']): string | null => (kind === wanted ? name : null)
  return {
    id: publicId({ eventId, ownId }),
    event_id: eventId,
    status: row.status,
    qty: row.qty,
    tier: nameOf('tier'),
    section: nameOf('section'),
    area: nameOf('area'),
    accessible: kind === 'accessible',
    ahead: row.ahead,
    overtaken: row.overtaken,
    hold_id: holdId === null ? null : publicId({ eventId, ownId: holdId }),
    offer_expires_at: row.offerExpiresAt?.toISOString() ?? null,
    offer_expires_in_ms: row.offerExpiresInMs,
    ended_because: row.endedBecause,
    joined_at: row.joinedAt.toISOString(),
  }
}
