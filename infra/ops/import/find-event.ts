import type { ReplyOf } from '#shared/contracts/contract.ts'
import { viewEvent } from '#shared/contracts/event.ts'
import { TicketingError } from '#shared/errors.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { importContext } from './import-context.ts'

/** The event of that id, or `null` when there is none. */
export async function findEvent(bus: Bus, eventId: string): Promise<ReplyOf<typeof viewEvent> | null> {
  try {
    return await call(bus, viewEvent, { event_id: eventId }, importContext(viewEvent))
  } catch (error) {
    if (error instanceof TicketingError && error.code === 'event_not_found') return null
    throw error
  }
}
