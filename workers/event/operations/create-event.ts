import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { createEvent as contract } from '#shared/contracts/event.ts'
import { once } from '#shared/database/idempotency.ts'
import { type FieldError, invalidRequest } from '#shared/errors.ts'
import { addFact } from '#shared/facts/outbox.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { toView } from '../event-view.ts'
import { eventFact } from '../facts.ts'
import { refusingUnknownZones } from '../refusals.ts'
import { areaFaults } from '../seating.ts'
import { sectionFaults, simpleSeating } from '../simple-seating.ts'
import { addSeating } from '../store/layouts.ts'
import { insertDraft } from '../store/organise-events.ts'
import { readEvent } from '../store/read-events.ts'

/** Stores a draft. Its seats come into stock when it is published. */
export function createEvent({ postgres }: WorkerParts): Operation {
  return operation(contract, (request, context) => {
    requireOrganiser(context.caller)
    const { sections, areas, currency } = request
    const faults = [...sectionFaults(sections), ...areaFaults(areas, '/areas'), ...saleTimeFaults(request)]
    if (faults.length > 0) throw invalidRequest(faults)
    return refusingUnknownZones('/venue/tz', () =>
      postgres.transaction((db) =>
        once(db, { schema: 'event', operation: contract.operation, request, context }, async () => {
          const eventId = await insertDraft(db, request)
          if (sections.length + areas.length > 0) {
            await addSeating(db, eventId, { version: 1, ...simpleSeating(sections, areas), currency })
          }
          const event = await readEvent(db, eventId)
          await addFact(db, 'event', eventFact('created', event))
          // A draft sells nothing, so there is no stock to ask for.
          return toView(event, new Map(), new Date())
        }),
      ),
    )
  })
}

function saleTimeFaults({ on_sale_at, off_sale_at }: ParsedRequestOf<typeof contract>): FieldError[] {
  if (on_sale_at === undefined || off_sale_at === undefined) return []
  if (new Date(on_sale_at) < new Date(off_sale_at)) return []
  return [{ pointer: '/off_sale_at', detail: 'must be after on_sale_at' }]
}
