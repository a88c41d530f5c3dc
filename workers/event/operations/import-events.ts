import { importEvents as contract } from '#shared/contracts/event.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/worker.ts'
import { driveSale } from '../booking-calls.ts'
import { importChanges } from '../import-changes.ts'
import { invalidRequest, refusingUnknownZones } from '../refusals.ts'
import { lockKnownEvents, storeImportedEvents } from '../store/import-events.ts'
import { organiserSource } from '../store/organise-events.ts'

/** Stores a batch: all of it or nothing. */
export function importEvents({ bus, postgres }: WorkerParts): Operation {
  return operation(contract, ({ source, events, reschedule }, context) => {
    if (source === organiserSource) throw invalidRequest([{ pointer: '/source', detail: 'is kept for organisers' }])
    const today = new Date().toISOString().slice(0, 10)
    return refusingUnknownZones('/events', () =>
      postgres.transaction(async (db) => {
        const sourceIds = events.map(({ source_id }) => source_id)
        const known = await lockKnownEvents(db, source, sourceIds)
        const changes = importChanges(events, { known, reschedule, today })
        // Seats of an event that its source cancels must not be sold any more: before the catalogue says so.
        for (const event of changes.saleChanges) await driveSale(bus, event, context)
        await storeImportedEvents(db, source, changes.events)
        return changes.counts
      }),
    )
  })
}
