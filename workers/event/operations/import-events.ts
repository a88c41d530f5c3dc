import { importEvents as contract } from '#shared/contracts/organising.ts'
import { invalidRequest } from '#shared/errors.ts'
import { addFacts } from '#shared/facts/outbox.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { driveSale } from '../booking-calls.ts'
import { importedStart } from '../event-start.ts'
import { eventFact } from '../facts.ts'
import { importChanges, type KnownEvent, saleFollows } from '../import-changes.ts'
import { refundBookings } from '../purchase-calls.ts'
import { refusingUnknownZones } from '../refusals.ts'
import { lockKnownEvents, storeImportedEvents } from '../store/import-events.ts'
import { organiserSource } from '../store/organise-events.ts'
import { refreshStatistics } from '../store/refresh-statistics.ts'
import { recordWords } from '../store/words.ts'

/** Stores a batch: all of it or nothing. */
export function importEvents({ bus, log, postgres }: WorkerParts): Operation {
  return operation(contract, async ({ source, events, reschedule }, context) => {
    if (source === organiserSource) throw invalidRequest([{ pointer: '/source', detail: 'is kept for organisers' }])
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
        // Before the commit: seats of an event that its source cancels must not be sold once the catalogue says so.
        await driveSales(bus, { before: known, after: changed }, context)
        return changes.counts
      }),
    )
    // What is stored is stored; plans may be better after the next batch.
    await refreshStatistics(postgres).catch((err) =>
      log.warn({ err }, 'the statistics of the catalogue stay as they are'),
    )
    return counts
  })
}

/** Tells booking of seated events whose sale an import has changed, and has those refunded that are cancelled by it. */
async function driveSales(
  bus: WorkerParts['bus'],
  { before, after }: { before: readonly KnownEvent[]; after: readonly KnownEvent[] },
  context: MessageContext,
): Promise<void> {
  const knownById = new Map(before.map((event) => [event.id, event]))
  for (const event of after) {
    const known = knownById.get(event.id)
    if (known === undefined || !saleFollows(known, event)) continue
    const hasSale = await driveSale(bus, event, context)
    if (hasSale && event.status === 'cancelled') await refundBookings(bus, event.id, context)
  }
}
