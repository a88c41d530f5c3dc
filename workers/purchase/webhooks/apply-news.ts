import type { Database } from '#shared/postgres.ts'
import { moveAfterHearing } from '../payment.ts'
import type { Saga } from '../saga.ts'
import { lockPaymentByKey, movePaymentWithin } from '../store/payments.ts'
import { keepNews } from '../store/provider-inbox.ts'
import { findRefundByKey, moveRefundWithin } from '../store/refunds.ts'
import type { ChargeNews, ProviderNews, RefundNews } from './provider-news.ts'

/** Longest wait for a payment that its driver is just writing to; the provider tells again. */
const lockTimeout = '1s'
/** What has moved may be driven on at once, by anybody. */
const leaseMs = 0

/**
 * Keeps what a provider told and makes the move that it allows, in one transaction: once per event, however often and in
 * whatever order it is told. Throws `unavailable` when it could not be done now.
 */
export function applyNews(
  { postgres, log }: Saga,
  provider: string,
  news: ProviderNews,
): Promise<'applied' | 'duplicate'> {
  return postgres.transaction(async (db) => {
    await db.query(`SET LOCAL lock_timeout = '${lockTimeout}'`)
    if (!(await keepNews(db, provider, news))) return 'duplicate'
    const moved =
      news.about === null
        ? null
        : news.about.kind === 'charge'
          ? await hearOfCharge(db, news.about)
          : await hearOfRefund(db, news.about)
    if (moved !== null) log.info({ ...moved, provider_event_id: news.id }, 'moved by a webhook')
    return 'applied'
  })
}

async function hearOfCharge(db: Database, { chargeKey, charge }: ChargeNews): Promise<object | null> {
  const payment = await lockPaymentByKey(db, chargeKey)
  const move = payment && moveAfterHearing(payment.status, charge)
  if (!payment || !move) return null
  await movePaymentWithin(db, payment, move, leaseMs)
  return { payment_id: payment.id, from: payment.status, to: move.to }
}

async function hearOfRefund(db: Database, { chargeKey, refundKey, amountMinor }: RefundNews): Promise<object | null> {
  const refund = await findRefundByKey(db, refundKey)
  if (refund?.status !== 'returning') return null
  if (refund.chargeKey !== chargeKey || refund.amountMinor !== amountMinor) {
    throw new Error(`a webhook tells of refund ${refund.id} with another charge or amount`)
  }
  const moved = await moveRefundWithin(db, refund, { to: 'done' }, leaseMs)
  return moved && { refund_id: refund.id, to: moved.status }
}
