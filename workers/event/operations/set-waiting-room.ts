import { setWaitingRoom as contract } from '#shared/contracts/waiting-room.ts'
import { once } from '#shared/database/idempotency.ts'
import { addFact } from '#shared/facts/outbox.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { driveSale } from '../booking-calls.ts'
import { eventFact } from '../facts.ts'
import { raiseVersion } from '../store/organise-events.ts'
import { lockEvent } from '../store/read-events.ts'
import { writeWaitingRoom } from '../store/waiting-rooms.ts'

/**
 * Booking is told first, while the event is locked: once this has answered, no place is taken without a pass, or none is needed any
 * more. A crash in between leaves a room that the same request sets again.
 */
export function setWaitingRoom({ bus, postgres }: WorkerParts): Operation {
  return operation(contract, async (request, context) => {
    requireOrganiser(context.caller)
    const command = { schema: 'event', operation: contract.operation, request, context } as const
    return postgres.transaction((db) =>
      once(db, command, async () => {
        const event = await lockEvent(db, request.event_id)
        await driveSale(bus, { ...event, needsPass: request.state !== 'off' }, context)
        const room = await writeWaitingRoom(db, request)
        const version = await raiseVersion(db, event.id)
        await addFact(db, 'event', eventFact('room', { ...event, version }))
        return room
      }),
    )
  })
}
