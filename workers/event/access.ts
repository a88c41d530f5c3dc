import type { Database } from '#shared/database/postgres.ts'
import type { Caller } from '#shared/messaging/caller.ts'
import type { FullEventRow } from './event-view.ts'
import { eventNotFound } from './refusals.ts'
import { readEvent } from './store/read-events.ts'

/** The event, if there is one that the caller may see: drafts are for organisers. Throws `event_not_found`. */
export async function visibleEvent(db: Database, eventId: string, { role }: Caller): Promise<FullEventRow> {
  const event = await readEvent(db, eventId)
  if (event.status === 'draft' && role !== 'organiser') throw eventNotFound()
  return event
}
