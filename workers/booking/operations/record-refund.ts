import { recordRefund as contract } from '#shared/contracts/payment-steps.ts'
import type { Postgres } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { keyOf } from '#shared/ids.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { noSuchBooking } from '../refusals.ts'
import { lockBooking, noteRefund, requireBooking } from '../store/bookings.ts'
import { findCancellation, settleCancellation } from '../store/cancellations.ts'

/** Idempotent. */
export function recordRefund({ postgres }: { postgres: Postgres }): Operation {
  return operation(contract, async ({ booking_id, refund_id }) => {
    const key = keyOf(booking_id)
    const refund = { eventId: key.eventId, ownId: refund_id }
    return postgres.transaction(async (db) => {
      if ((await lockBooking(db, key)) === undefined) throw noSuchBooking()
      const cancellation = await findCancellation(db, refund)
      if (cancellation?.bookingId !== key.ownId) {
        throw new TicketingError('not_found', 'This booking has no such refund.')
      }
      if (await settleCancellation(db, refund)) await noteRefund(db, key, cancellation.amountMinor)
      return requireBooking(db, key)
    })
  })
}
