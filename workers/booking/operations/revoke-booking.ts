import { revokeBooking as contract } from '#shared/contracts/payment-steps.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { type Key, keyOf } from '#shared/ids.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { BookingMetrics } from '../metrics.ts'
import { mayRevoke } from '../payment-status.ts'
import { lockBooking, notePayment, requireBooking } from '../store/bookings.ts'
import { findSale } from '../store/sales.ts'
import { lockTickets } from '../store/tickets.ts'
import { voidAndFree } from '../void-tickets.ts'

/** Also revokes used tickets, because there is no money. Idempotent; does nothing if the payment was captured. */
export function revokeBooking({ postgres, metrics }: { postgres: Postgres; metrics: BookingMetrics }): Operation {
  return operation(contract, async ({ booking_id, attempt }, { requestId }) => {
    const key = keyOf(booking_id)
    const { returnedPlaces, booking } = await postgres.transaction(async (db) => {
      const known = await lockBooking(db, key)
      let returnedPlaces = 0
      if (known?.status === 'confirmed' && mayRevoke(attempt, known.payment)) {
        await notePayment(db, key, { attempt, status: 'failed', capturedMinor: 0 })
        returnedPlaces = await revoke(db, key, requestId)
      }
      return { returnedPlaces, booking: await requireBooking(db, key) }
    })
    metrics.returned(returnedPlaces)
    return booking
  })
}

/** Returns how many places were released. */
async function revoke(db: Database, booking: Key, requestId: string): Promise<number> {
  const sale = await findSale(db, booking.eventId)
  const tickets = await lockTickets(db, booking)
  const ticketIds = tickets.filter(({ status }) => status !== 'void').map(({ ownId }) => ownId)
  await voidAndFree(db, {
    booking,
    ticketIds,
    isAll: true,
    reason: 'capture_refused',
    sellAgain: sale?.status !== 'cancelled',
    requestId,
  })
  return ticketIds.length
}
