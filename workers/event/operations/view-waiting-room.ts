import { viewWaitingRoom as contract, type WaitingRoom } from '#shared/contracts/waiting-room.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { showWaitingRoom } from '../room-view.ts'
import { readEvent } from '../store/read-events.ts'

/** What an event without a waiting room has: nobody needs a pass. */
const none: Omit<WaitingRoom, 'event_id'> = {
  state: 'off',
  calls_per_minute: 600,
  max_active: 300,
  claim_s: 60,
  session_s: 900,
  idle_s: 300,
  adaptive: true,
  bypassed: 0,
  draw: null,
}

export function viewWaitingRoom({ postgres }: Pick<WorkerParts, 'postgres'>): Operation {
  return operation(contract, async ({ event_id }) => {
    const room = await showWaitingRoom(postgres, event_id)
    if (room !== undefined) return room
    await readEvent(postgres, event_id)
    return { event_id, ...none }
  })
}
