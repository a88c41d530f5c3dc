import { viewEvent } from '#shared/contracts/event.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'

/**
 * Throws `event_not_found` if the event worker does not know the event. Called only for events without stock, so that selling depends on
 * the booking worker alone.
 */
export async function refuseUnknownEvent(bus: Bus, eventId: string, context: MessageContext): Promise<void> {
  await call(bus, viewEvent, { event_id: eventId }, context)
}
