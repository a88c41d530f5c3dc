import { join } from 'node:path'
import { startOutboxRelay } from '#shared/facts/relay.ts'
import type { WorkerDefinition } from '#shared/process/worker.ts'
import { startRetention } from '#shared/retention/retention.ts'
import { eventSettings } from './config.ts'
import { attachSeating } from './operations/attach-seating.ts'
import { changeEventStatus } from './operations/change-event-status.ts'
import { countBypass } from './operations/count-bypass.ts'
import { createEvent } from './operations/create-event.ts'
import { giveBeacon } from './operations/give-beacon.ts'
import { importEvents } from './operations/import-events.ts'
import { listAvailability } from './operations/list-availability.ts'
import { listEvents } from './operations/list-events.ts'
import { reservePlaces } from './operations/reserve-places.ts'
import { searchEvents } from './operations/search-events.ts'
import { setWaitingRoom } from './operations/set-waiting-room.ts'
import { signReceipt } from './operations/sign-receipt.ts'
import { storeRoll } from './operations/store-roll.ts'
import { viewDraw } from './operations/view-draw.ts'
import { viewDrawRanks, viewDrawRoll } from './operations/view-draw-pages.ts'
import { viewEvent } from './operations/view-event.ts'
import { viewLayout } from './operations/view-layout.ts'
import { viewPerformer } from './operations/view-performer.ts'
import { viewVenue } from './operations/view-venue.ts'
import { viewWaitingRoom } from './operations/view-waiting-room.ts'
import { RecentStock } from './recent-stock.ts'
import { RecentSummaries } from './recent-summaries.ts'
import { eventRetention } from './retention.ts'
import { startRunningDraws } from './run-draws.ts'
import { startSendingChangedSales } from './send-changed-sales.ts'

/** Shows the catalogue, and carries out changes by organisers and importers. */
export const eventWorker: WorkerDefinition<typeof eventSettings> = {
  worker: 'event',
  settings: eventSettings,
  migrationsDirectory: join(import.meta.dirname, 'migrations'),
  operations(parts, config, onStop) {
    onStop('outbox relay', startOutboxRelay({ ...parts, schema: 'event' }))
    onStop('send changed sales', startSendingChangedSales(parts))
    onStop('due draws', startRunningDraws(parts))
    onStop('retention', startRetention(parts, config.RETENTION_DAYS, eventRetention))
    const ofLists = { ...parts, recentStock: new RecentStock(), recentSummaries: new RecentSummaries() }
    return [
      listEvents(ofLists),
      searchEvents(ofLists),
      listAvailability(ofLists),
      viewEvent(parts),
      viewLayout(parts),
      viewVenue(ofLists),
      viewPerformer(ofLists),
      createEvent(parts),
      changeEventStatus(parts),
      viewWaitingRoom(parts),
      setWaitingRoom(parts),
      reservePlaces(parts),
      countBypass(parts),
      viewDraw(parts),
      viewDrawRoll(parts),
      viewDrawRanks(parts),
      storeRoll(parts),
      giveBeacon(parts),
      signReceipt(parts),
      importEvents(parts),
      attachSeating(parts),
    ]
  },
}
