import { join } from 'node:path'
import { startOutboxRelay } from '#shared/facts/relay.ts'
import type { WorkerDefinition } from '#shared/process/worker.ts'
import { startRetention } from '#shared/retention/retention.ts'
import { purchaseSettings } from './config.ts'
import { PurchaseMetrics } from './metrics.ts'
import { cancelBooking } from './operations/cancel-booking.ts'
import { eraseUser } from './operations/erase-user.ts'
import { exportUser } from './operations/export-user.ts'
import { purchaseHold } from './operations/purchase-hold.ts'
import { receiveWebhook } from './operations/receive-webhook.ts'
import { refundBooking } from './operations/refund-booking.ts'
import { refundEvent } from './operations/refund-event.ts'
import { viewEventRefunds } from './operations/view-event-refunds.ts'
import { viewPurchase } from './operations/view-purchase.ts'
import { measuredProvider } from './providers/measured-provider.ts'
import { noCharge } from './providers/no-charge.ts'
import { paymentSandbox } from './providers/payment-sandbox.ts'
import { startReconciler } from './reconciler.ts'
import { purchaseRetention } from './retention.ts'
import type { SagaParts } from './saga.ts'

/** A payment's lease is this much longer than the longest call. */
const leaseMarginMs = 1_000

/** Pays for holds and refunds money. The only worker that calls a payment provider. */
export const purchaseWorker: WorkerDefinition<typeof purchaseSettings> = {
  worker: 'purchase',
  settings: purchaseSettings,
  migrationsDirectory: join(import.meta.dirname, 'migrations'),
  operations(parts, config, onStop) {
    const timeoutMs = config.PROVIDER_TIMEOUT_MS
    const purchaseMetrics = new PurchaseMetrics(parts.metrics)
    const provider = measuredProvider(paymentSandbox({ url: config.PAYMENT_URL, timeoutMs }), purchaseMetrics)
    const saga: SagaParts = {
      ...parts,
      purchaseMetrics,
      providerFor: (amountMinor) => (amountMinor === 0 ? noCharge : provider),
      leaseMs: timeoutMs + leaseMarginMs,
    }
    onStop('outbox relay', startOutboxRelay({ ...parts, schema: 'purchase' }))
    onStop('retention', startRetention(parts, config.RETENTION_DAYS, purchaseRetention))
    const reconciler = startReconciler(saga)
    onStop('reconciler', () => reconciler.stop())
    const wake = (): void => reconciler.wake()
    return [
      purchaseHold(saga),
      viewPurchase(parts),
      cancelBooking(saga),
      refundBooking(saga),
      refundEvent(parts, { wake }),
      viewEventRefunds(parts),
      receiveWebhook(saga, { secret: config.PAYMENT_WEBHOOK_SECRET, wake }),
      exportUser(parts),
      eraseUser(saga),
    ]
  },
}
