import { importEvents as contract } from '#shared/contracts/organising.ts'
import { invalidRequest } from '#shared/errors.ts'
import { addFacts } from '#shared/facts/outbox.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { setSaleUnlessCancelled } from '../booking-calls.ts'
import { importedStart } from '../event-start.ts'
import { eventFact } from '../facts.ts'
import { importChanges, type KnownEvent, saleFollows } from '../import-changes.ts'
import { refundBookings } from '../purchase-calls.ts'
import { refusingUnknownZones } from '../refusals.ts'
import { lockKnownEvents, storeImportedEvents } from '../store/import-events.ts'
import { organiserSource } from '../store/organise-events.ts'
import { refreshStatistics } from '../store/refresh-statistics.ts'
import { recordWords } from '../store/words.ts'

/** Stores a batch, all of it or nothing. */
export function importEvents({ bus, log, postgres }: WorkerParts): Operation {
  return operation(contract, async ({ source, events, reschedule }, context) => {
    if (source === organiserSource) throw invalidRequest([{ pointer: '/source', detail: 'is reserved for organisers' }])
    const faults = events.flatMap((event, index) => {
      const start = importedStart(event)
      return 'fault' in start ? [{ pointer: `/events/${index}/starts_at_local`, detail: start.fault }] : []
    })
    if (faults.length > 0) throw invalidRequest(faults)
    const today = new Date().toISOString().slice(0, 10)
    const counts = await refusingUnknownZones('/events', () =>
      postgres.transaction(async (db) => {
        const sourceIds = events.map(({ source_id }) => source_id)
        const known = await lockKnownEvents(db, source, sourceIds)
        const changes = importChanges(events, { known, reschedule, today })
        await storeImportedEvents(db, source, changes.events)
        const changedIds = changes.events.map(({ event }) => event.source_id)
        const changed = await lockKnownEvents(db, source, changedIds)
        await recordWords(
          db,
          changed.map(({ id }) => id),
        )
        await addFacts(
          db,
          'event',
          changed.map((event) => eventFact('imported', event)),
        )
        // Before the commit: once the catalogue shows a cancelled event, its seats must not be sold.
        await setSalesInBooking(bus, { before: known, after: changed }, context)
        return changes.counts
      }),
    )
    // The batch is stored whatever happens here; after the next batch query plans may be better.
    await refreshStatistics(postgres).catch((err) =>
      log.warn({ err }, 'the statistics of the catalogue were not refreshed'),
    )
    return counts
  })
}

/** Updates the sales that an import changed in the booking worker, and starts refunds for events that it cancelled. */
async function setSalesInBooking(
  bus: WorkerParts['bus'],
  { before, after }: { before: readonly KnownEvent[]; after: readonly KnownEvent[] },
  context: MessageContext,
): Promise<void> {
  const knownById = new Map(before.map((event) => [event.id, event]))
  for (const event of after) {
    const known = knownById.get(event.id)
    if (known === undefined || !saleFollows(known, event)) continue
    const hasSale = await setSaleUnlessCancelled(bus, event, context)
    if (hasSale && event.status === 'cancelled') await refundBookings(bus, event.id, context)
  }
}
