import { countBypass as contract } from '#shared/contracts/waiting-room.ts'
import { once } from '#shared/database/idempotency.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { readEvent } from '../store/read-events.ts'
import { countOneBypass } from '../store/waiting-rooms.ts'

/** Counted in the commit that creates the pass id, so that no pass is uncounted. */
export function countBypass({ postgres }: Pick<WorkerParts, 'postgres'>): Operation {
  return operation(contract, async (request, context) => {
    requireOrganiser(context.caller)
    const command = { schema: 'event', operation: contract.operation, request, context } as const
    const { log } = context
    return postgres.transaction((db) =>
      once(db, command, async () => {
        await readEvent(db, request.event_id)
        const room = await countOneBypass(db, request.event_id)
        if (room === undefined) throw new TicketingError('queue_not_enabled', 'This event has no waiting room now.')
        const { bypassed, session_s, now } = room
        const pass_id = newId()
        log.info({ event_id: request.event_id, pass_id, bypassed }, 'a bypass pass was given out')
        return { pass_id, began_at: now.toISOString(), session_s, bypassed }
      }),
    )
  })
}
