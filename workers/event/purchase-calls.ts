import { refundEvent } from '#shared/contracts/purchase.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { type MessageContext, withoutIdempotencyKey } from '#shared/messaging/headers.ts'

/* What this worker asks of the purchase worker, who has the money. */

/** Has all bookings of a cancelled event refunded, which goes on after the answer. Asking again changes nothing. */
export async function refundBookings(bus: Bus, eventId: string, context: MessageContext): Promise<void> {
  await call(bus, refundEvent, { event_id: eventId }, withoutIdempotencyKey(context))
}
