import { refundEvent } from '#shared/contracts/purchase.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { type MessageContext, withoutIdempotencyKey } from '#shared/messaging/headers.ts'

/* Calls to the purchase worker, which handles the money. */

/** Starts the refunds of all bookings of a cancelled event; they continue after the answer. Idempotent. */
export async function refundBookings(bus: Bus, eventId: string, context: MessageContext): Promise<void> {
  await call(bus, refundEvent, { event_id: eventId }, withoutIdempotencyKey(context))
}
