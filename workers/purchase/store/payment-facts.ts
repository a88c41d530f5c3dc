import type { PaymentStatus } from '#shared/contracts/purchase.ts'
import type { Database } from '#shared/database/postgres.ts'
import { addFact } from '#shared/facts/outbox.ts'
import { publicId } from '#shared/ids.ts'

interface FactRow {
  event_id: string
  booking_id: string | null
  status: PaymentStatus
  amount_minor: number | null
  refunded_minor: number
  currency: string | null
  version: number
}

/**
 * Writes the fact about a payment's new state, in the transaction of the change. A payment that failed before it had a booking has none.
 */
export async function addPaymentFact(db: Database, paymentId: string): Promise<void> {
  const [row] = await db.query<FactRow>(
    `SELECT event_id, booking_id, status, amount_minor, refunded_minor, currency, version
     FROM purchase.payments WHERE id = $1`,
    [paymentId],
  )
  if (row === undefined) throw new Error(`payment ${paymentId} has vanished`)
  const { event_id: eventId, booking_id: bookingId, ...state } = row
  if (bookingId === null) return
  await addFact(db, 'purchase', {
    entity: 'payment',
    eventId,
    // Each refund is published, even if it is partial.
    what: state.status === 'captured' && state.refunded_minor > 0 ? 'refunded' : state.status,
    payload: { payment_id: paymentId, booking_id: publicId({ eventId, ownId: bookingId }), ...state },
  })
}
