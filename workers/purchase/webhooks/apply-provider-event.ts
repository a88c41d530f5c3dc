import type { Database } from '#shared/database/postgres.ts'
import { moveAfterWebhook, type Payment, type PaymentStatus } from '../payment.ts'
import type { Refund } from '../refund.ts'
import type { Saga } from '../saga.ts'
import { lockPaymentByKey, movePayment } from '../store/payments.ts'
import { insertProviderEvent } from '../store/provider-inbox.ts'
import { findRefundByKey, moveRefund } from '../store/refunds.ts'
import type { ChargeEvent, ProviderEvent, RefundEvent } from './provider-event.ts'

/** Longest wait for a payment that its driver is just writing to; the provider tells again. */
const lockTimeout = '1s'
/** What has moved may be driven on at once, by anybody. */
const leaseMs = 0

/**
 * Keeps what a provider told and makes the move that it allows, in one transaction: once per event, however often and in
 * whatever order it is told. Throws `overloaded` when the payment stayed locked, `unavailable` when the database was away.
 */
export async function applyProviderEvent(
  saga: Saga,
  provider: string,
  event: ProviderEvent,
): Promise<'applied' | 'duplicate'> {
  const { isNew, moved } = await saga.postgres.transaction(async (db) => {
    await db.query(`SET LOCAL lock_timeout = '${lockTimeout}'`)
    if (!(await insertProviderEvent(db, provider, event))) return { isNew: false, moved: null }
    return { isNew: true, moved: await applyEvent(db, event) }
  })
  if (moved !== null) tellMove(saga, event, moved)
  return isNew ? 'applied' : 'duplicate'
}

/** What a webhook has moved. */
type Moved =
  | { readonly payment: Pick<Payment, 'id' | 'status' | 'failure'>; readonly from: PaymentStatus }
  | { readonly refund: Pick<Refund, 'id' | 'status'> }

async function applyEvent(db: Database, { about }: ProviderEvent): Promise<Moved | null> {
  if (about === null) return null
  return about.kind === 'charge' ? applyChargeEvent(db, about) : applyRefundEvent(db, about)
}

function tellMove({ log, purchaseMetrics }: Saga, { id: provider_event_id }: ProviderEvent, moved: Moved): void {
  if ('payment' in moved) {
    const { payment, from } = moved
    log.info({ payment_id: payment.id, from, to: payment.status, provider_event_id }, 'moved by a webhook')
    purchaseMetrics.paymentMoved(payment)
  } else {
    const { id: refund_id, status } = moved.refund
    log.info({ refund_id, to: status, provider_event_id }, 'moved by a webhook')
    purchaseMetrics.refundMoved(status)
  }
}

async function applyChargeEvent(db: Database, { chargeKey, charge }: ChargeEvent): Promise<Moved | null> {
  const payment = await lockPaymentByKey(db, chargeKey)
  const move = payment && moveAfterWebhook(payment.status, charge)
  if (!payment || !move) return null
  const moved = await movePayment(db, payment, move, leaseMs)
  return moved && { payment: moved, from: payment.status }
}

async function applyRefundEvent(
  db: Database,
  { chargeKey, refundKey, amountMinor }: RefundEvent,
): Promise<Moved | null> {
  const refund = await findRefundByKey(db, refundKey)
  if (refund?.status !== 'returning') return null
  if (refund.chargeKey !== chargeKey || refund.amountMinor !== amountMinor) {
    throw new Error(`a webhook tells of refund ${refund.id} with another charge or amount`)
  }
  const moved = await moveRefund(db, refund, { to: 'done' }, leaseMs)
  return moved && { refund: moved }
}
