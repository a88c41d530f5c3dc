import { viewWaitingRoom as contract, roomDefaults } from '#shared/contracts/waiting-room.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { showWaitingRoom } from '../room-view.ts'
import { readEvent } from '../store/read-events.ts'

export function viewWaitingRoom({ postgres }: Pick<WorkerParts, 'postgres'>): Operation {
  return operation(contract, async ({ event_id }) => {
    const room = await showWaitingRoom(postgres, event_id)
    if (room !== undefined) return room
    await readEvent(postgres, event_id)
    return { event_id, state: 'off' as const, ...roomDefaults, bypassed: 0, draw: null }
  })
}
