import { revokeBooking as contract } from '#shared/contracts/payment-steps.ts'
import { type Key, keyOf } from '#shared/ids.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { Database, Postgres } from '#shared/postgres.ts'
import { mayRevoke } from '../payment-status.ts'
import { lockBooking, notePayment, requireBooking } from '../store/bookings.ts'
import { findSale } from '../store/sales.ts'
import { lockTickets } from '../store/tickets.ts'
import { takeTicketsBack } from '../take-back.ts'

/** A used ticket does not stop it: there is no money. A repetition, or news of a payment that was captured, changes nothing. */
export function revokeBooking({ postgres }: { postgres: Postgres }): Operation {
  return operation(contract, async ({ booking_id, attempt }, { requestId }) => {
    const key = keyOf(booking_id)
    return postgres.transaction(async (db) => {
      const known = await lockBooking(db, key)
      if (known?.status === 'confirmed' && mayRevoke(attempt, known.payment)) {
        await notePayment(db, key, { attempt, status: 'failed', capturedMinor: 0 })
        await revoke(db, key, requestId)
      }
      return requireBooking(db, key)
    })
  })
}

async function revoke(db: Database, booking: Key, requestId: string): Promise<void> {
  const sale = await findSale(db, booking.eventId)
  const tickets = await lockTickets(db, booking)
  await takeTicketsBack(db, {
    booking,
    ticketIds: tickets.filter(({ status }) => status !== 'void').map(({ ownId }) => ownId),
    isAll: true,
    reason: 'capture_refused',
    sellAgain: sale?.status !== 'cancelled',
    requestId,
  })
}
