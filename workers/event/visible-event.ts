import type { Database } from '#shared/database/postgres.ts'
import type { Caller } from '#shared/messaging/caller.ts'
import type { FullEventRow } from './event-view.ts'
import { eventNotFound } from './refusals.ts'
import { readEvent } from './store/read-events.ts'

/** The event, if the caller may see it: only organisers see drafts. Throws `event_not_found`. */
export async function visibleEvent(db: Database, eventId: string, { role }: Caller): Promise<FullEventRow> {
  const event = await readEvent(db, eventId)
  if (event.status === 'draft' && role !== 'organiser') throw eventNotFound()
  return event
}
