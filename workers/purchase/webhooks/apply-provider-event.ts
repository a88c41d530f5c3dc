import type { Database } from '#shared/database/postgres.ts'
import { moveAfterWebhook } from '../payment.ts'
import { paymentSteps } from '../payment-steps.ts'
import { refundSteps } from '../refund-steps.ts'
import { reportMove, type SagaParts } from '../saga.ts'
import { lockPaymentByKey, movePayment } from '../store/payments.ts'
import { insertProviderEvent } from '../store/provider-inbox.ts'
import { findRefundByKey, moveRefund } from '../store/refunds.ts'
import type { ChargeEvent, ProviderEvent, RefundEvent } from './provider-event.ts'

/** Longest wait for a payment that its driver is writing; the provider repeats the webhook. */
const lockTimeout = '1s'
/** Any driver can continue at once with what has moved. */
const leaseMs = 0

/**
 * Stores a provider's event and makes the move that it allows, in one transaction: once per event, however often and in whatever order it
 * arrives. Throws `overloaded` if the payment stayed locked, and `unavailable` without a database.
 */
export async function applyProviderEvent(
  saga: SagaParts,
  provider: string,
  event: ProviderEvent,
): Promise<'applied' | 'duplicate'> {
  const { isNew, report } = await saga.postgres.transaction(async (db) => {
    await db.query(`SET LOCAL lock_timeout = '${lockTimeout}'`)
    if (!(await insertProviderEvent(db, provider, event))) return { isNew: false, report: null }
    return { isNew: true, report: await applyEvent(saga, db, event) }
  })
  report?.()
  return isNew ? 'applied' : 'duplicate'
}

/** Called after the commit to report a move. */
type Report = () => void

async function applyEvent(saga: SagaParts, db: Database, { about }: ProviderEvent): Promise<Report | null> {
  if (about === null) return null
  return about.kind === 'charge' ? applyChargeEvent(saga, db, about) : applyRefundEvent(saga, db, about)
}

async function applyChargeEvent(
  saga: SagaParts,
  db: Database,
  { chargeKey, charge }: ChargeEvent,
): Promise<Report | null> {
  const payment = await lockPaymentByKey(db, chargeKey)
  const move = payment && moveAfterWebhook(payment.status, charge)
  const moved = move && (await movePayment(db, payment, move, leaseMs))
  return moved && (() => reportMove(saga, paymentSteps, payment, moved))
}

async function applyRefundEvent(
  saga: SagaParts,
  db: Database,
  { chargeKey, refundKey, amountMinor }: RefundEvent,
): Promise<Report | null> {
  const refund = await findRefundByKey(db, refundKey)
  if (refund?.status !== 'returning') return null
  if (refund.chargeKey !== chargeKey || refund.amountMinor !== amountMinor) {
    throw new Error(`a webhook reports refund ${refund.id} with another charge or amount`)
  }
  const moved = await moveRefund(db, refund, { to: 'done' }, leaseMs)
  return moved && (() => reportMove(saga, refundSteps, refund, moved))
}
