import { oldCommands, oldFacts } from '#shared/retention/common-rules.ts'
import { oldestOf, type Removal, type RetentionRule } from '#shared/retention/retention.ts'
import { deleteEvents, lockOldEvents, oldestEvent } from './store/old-events.ts'

/** Few at a time: a layout can have half a megabyte. */
const eventsAtOnce = 50

/** Events that took place long ago, with their layouts and prices. Venues, performers and words stay: other events have them. */
const events: RetentionRule = {
  name: 'events',
  tables: [
    'event.events',
    'event.event_performers',
    'event.price_tiers',
    'event.layouts',
    'event.waiting_rooms',
    'event.draws',
    'event.draw_pages',
  ],
  remove: (postgres, { days }) =>
    postgres.transaction(async (db): Promise<Removal> => {
      const old = await lockOldEvents(db, { days, limit: eventsAtOnce })
      return { rows: await deleteEvents(db, old), isMore: old.length === eventsAtOnce }
    }),
  oldest: (db) => oldestOf(db, oldestEvent),
}

export const eventRetention: readonly RetentionRule[] = [oldCommands('event'), oldFacts('event'), events]
