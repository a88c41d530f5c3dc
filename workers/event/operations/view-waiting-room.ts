import { viewWaitingRoom as contract, roomDefaults } from '#shared/contracts/waiting-room.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { showWaitingRoom } from '../room-view.ts'
import { visibleEvent } from '../visible-event.ts'

/** Shows the waiting room of an event. Throws `event_not_found`; only organisers see rooms of drafts, so nobody joins them. */
export function viewWaitingRoom({ postgres }: Pick<WorkerParts, 'postgres'>): Operation {
  return operation(contract, async ({ event_id }, context) => {
    const [room] = await Promise.all([
      showWaitingRoom(postgres, event_id),
      visibleEvent(postgres, event_id, context.caller),
    ])
    return room ?? { event_id, state: 'off' as const, ...roomDefaults, bypassed: 0, draw: null }
  })
}
