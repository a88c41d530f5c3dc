import { viewLayout as contract } from '#shared/contracts/event.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { visibleEvent } from '../access.ts'
import { readSeating } from '../store/layouts.ts'

/** Shows an event's seating plan. Throws `event_not_found`, also for drafts, and `not_found` when it has none. */
export function viewLayout({ postgres }: WorkerParts): Operation {
  return operation(contract, async ({ event_id }, { caller }) => {
    await visibleEvent(postgres, event_id, caller)
    const seating = await readSeating(postgres, event_id)
    if (seating === undefined) throw new TicketingError('not_found', 'The event has no seating plan.')
    return { event_id, version: seating.version, ...seating.layout }
  })
}
