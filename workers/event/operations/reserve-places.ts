import { reservePlaces as contract } from '#shared/contracts/waiting-room.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { findWaitingRoom, reserveBlock } from '../store/waiting-rooms.ts'

/** A repetition reserves another block: unused places are skipped when their turn comes. */
export function reservePlaces({ postgres }: Pick<WorkerParts, 'postgres'>): Operation {
  return operation(contract, async ({ event_id, count }) => {
    const block = await reserveBlock(postgres, event_id, count)
    if (block !== undefined) return block
    const room = await findWaitingRoom(postgres, event_id)
    if (room === undefined || room.state === 'off') {
      throw new TicketingError('queue_not_enabled', 'This event has no waiting room now.')
    }
    throw new TicketingError('queue_full', 'The pre-queue is full; try again after its draw.')
  })
}
