import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { createEvent as contract } from '#shared/contracts/organising.ts'
import { once } from '#shared/database/idempotency.ts'
import { type FieldError, invalidRequest } from '#shared/errors.ts'
import { addFact } from '#shared/facts/outbox.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { startInstant } from '../event-start.ts'
import { type FullEventRow, toView } from '../event-view.ts'
import { eventFact } from '../facts.ts'
import { refusingUnknownZones } from '../refusals.ts'
import { latestSaleEnd, saleGraceHours } from '../sale-state.ts'
import { areaFaults } from '../seating.ts'
import { sectionFaults, simpleSeating } from '../simple-seating.ts'
import { addSeating } from '../store/layouts.ts'
import { insertDraft } from '../store/organise-events.ts'
import { readEvent } from '../store/read-events.ts'

/** Stores a draft. Its seats are added to the stock when it is published. */
export function createEvent({ postgres }: WorkerParts): Operation {
  return operation(contract, (request, context) => {
    requireOrganiser(context.caller)
    const { sections, areas, currency } = request
    const start = startOf(request)
    const faults = [
      ...sectionFaults(sections),
      ...areaFaults(areas, '/areas'),
      ...('fault' in start ? [{ pointer: '/starts_at_local', detail: start.fault }] : []),
      ...saleOrderFaults(request),
      ...doorFaults(request, start),
    ]
    if ('fault' in start || faults.length > 0) throw invalidRequest(faults)
    return refusingUnknownZones('/venue/tz', () =>
      postgres.transaction((db) =>
        once(db, { schema: 'event', operation: contract.operation, request, context }, async () => {
          const eventId = await insertDraft(db, request, start.at)
          if (sections.length + areas.length > 0) {
            await addSeating(db, eventId, { version: 1, ...simpleSeating(sections, areas), currency })
          }
          const event = await readEvent(db, eventId)
          refuseWrongSaleEnd(request, event)
          await addFact(db, 'event', eventFact('created', event))
          // A draft sells nothing, so its stock need not be read.
          return toView(event, new Map(), new Date())
        }),
      ),
    )
  })
}

type Request = ParsedRequestOf<typeof contract>

function startOf({ starts_on, starts_at_local, venue }: Request): { at: Date | null } | { fault: string } {
  if (starts_at_local === undefined) return { at: null }
  return startInstant({ date: starts_on, time: starts_at_local, tz: venue.tz })
}

function doorFaults({ doors_at }: Request, start: ReturnType<typeof startOf>): FieldError[] {
  if (doors_at === undefined || 'fault' in start || start.at === null || new Date(doors_at) <= start.at) return []
  return [{ pointer: '/doors_at', detail: 'must not be after the event begins' }]
}

function saleOrderFaults({ on_sale_at, off_sale_at }: Request): FieldError[] {
  if (on_sale_at === undefined || off_sale_at === undefined) return []
  if (new Date(on_sale_at) < new Date(off_sale_at)) return []
  return [{ pointer: '/off_sale_at', detail: 'must be after on_sale_at' }]
}

/** Rolls back if the sale would end too long after the event begins, or by default before it opens. */
function refuseWrongSaleEnd({ off_sale_at }: Request, { startsBy, offSaleAt, onSaleAt }: FullEventRow): void {
  const latest = latestSaleEnd(startsBy)
  if (off_sale_at !== undefined && new Date(off_sale_at) > latest) {
    const detail = `must be at most ${saleGraceHours} hours after the event begins, so not after ${latest.toISOString()}`
    throw invalidRequest([{ pointer: '/off_sale_at', detail }])
  }
  if (onSaleAt !== null && onSaleAt >= offSaleAt) {
    const detail = `must be before the event begins, at ${offSaleAt.toISOString()}, unless off_sale_at is later`
    throw invalidRequest([{ pointer: '/on_sale_at', detail }])
  }
}
