import type Logger from 'bunyan'
import { consumeFacts } from '#shared/facts/consume.ts'
import type { BookingPayload } from '#shared/facts/places.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import type { Sessions } from './sessions.ts'

/**
 * Ends sessions whose pass has bought, whichever gateway answered the purchase. All gateways share the facts of purchases; a failed one is
 * delivered again. Returns a function that stops it.
 */
export function finishSessions(
  bus: Bus,
  { sessions, log }: { readonly sessions: Sessions; readonly log: Logger },
): Promise<() => Promise<void>> {
  return consumeFacts(bus, {
    durable: 'gateway-finished-sessions',
    subjects: ['ticketing.fact.booking.*.confirmed'],
    makesStream: false,
    async handle({ eventId, payload }) {
      const { pass_id } = payload as BookingPayload
      if (pass_id !== undefined) await sessions.finish(eventId, pass_id)
    },
    log,
  })
}
