import type { Database } from '#shared/postgres.ts'
import { moveAfterWebhook } from '../payment.ts'
import type { Saga } from '../saga.ts'
import { lockPaymentByKey, movePaymentWithin } from '../store/payments.ts'
import { insertProviderEvent } from '../store/provider-inbox.ts'
import { findRefundByKey, moveRefundWithin } from '../store/refunds.ts'
import type { ChargeEvent, ProviderEvent, RefundEvent } from './provider-event.ts'

/** Longest wait for a payment that its driver is just writing to; the provider tells again. */
const lockTimeout = '1s'
/** What has moved may be driven on at once, by anybody. */
const leaseMs = 0

/**
 * Keeps what a provider told and makes the move that it allows, in one transaction: once per event, however often and in
 * whatever order it is told. Throws `unavailable` when it could not be done now.
 */
export function applyProviderEvent(
  { postgres, log }: Saga,
  provider: string,
  event: ProviderEvent,
): Promise<'applied' | 'duplicate'> {
  return postgres.transaction(async (db) => {
    await db.query(`SET LOCAL lock_timeout = '${lockTimeout}'`)
    if (!(await insertProviderEvent(db, provider, event))) return 'duplicate'
    const moved =
      event.about === null
        ? null
        : event.about.kind === 'charge'
          ? await applyChargeEvent(db, event.about)
          : await applyRefundEvent(db, event.about)
    if (moved !== null) log.info({ ...moved, provider_event_id: event.id }, 'moved by a webhook')
    return 'applied'
  })
}

async function applyChargeEvent(db: Database, { chargeKey, charge }: ChargeEvent): Promise<object | null> {
  const payment = await lockPaymentByKey(db, chargeKey)
  const move = payment && moveAfterWebhook(payment.status, charge)
  if (!payment || !move) return null
  await movePaymentWithin(db, payment, move, leaseMs)
  return { payment_id: payment.id, from: payment.status, to: move.to }
}

async function applyRefundEvent(
  db: Database,
  { chargeKey, refundKey, amountMinor }: RefundEvent,
): Promise<object | null> {
  const refund = await findRefundByKey(db, refundKey)
  if (refund?.status !== 'returning') return null
  if (refund.chargeKey !== chargeKey || refund.amountMinor !== amountMinor) {
    throw new Error(`a webhook tells of refund ${refund.id} with another charge or amount`)
  }
  const moved = await moveRefundWithin(db, refund, { to: 'done' }, leaseMs)
  return moved && { refund_id: refund.id, to: moved.status }
}
