import type { Operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/worker.ts'
import { attachSeating } from './attach-seating.ts'
import { changeEventStatus } from './change-event-status.ts'
import { createEvent } from './create-event.ts'
import { importEvents } from './import-events.ts'
import { listEvents } from './list-events.ts'
import { searchEvents } from './search-events.ts'
import { viewEvent } from './view-event.ts'
import { viewLayout } from './view-layout.ts'

/** Everything that the event worker answers. */
export function eventOperations(parts: Pick<WorkerParts, 'bus' | 'postgres'>): Operation[] {
  return [
    listEvents(parts),
    searchEvents(parts),
    viewEvent(parts),
    viewLayout(parts),
    createEvent(parts),
    changeEventStatus(parts),
    importEvents(parts),
    attachSeating(parts),
  ]
}
