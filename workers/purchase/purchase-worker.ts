import { join } from 'node:path'
import type { WorkerDefinition } from '#shared/worker.ts'
import { purchaseSettings } from './config.ts'
import { purchaseHold } from './operations/purchase-hold.ts'
import { noCharge } from './providers/no-charge.ts'
import { paymentSandbox } from './providers/payment-sandbox.ts'
import { startReconciler } from './reconciler.ts'
import type { Saga } from './saga.ts'

/** A payment stays its driver's own for this much longer than the longest call may take. */
const leaseMarginMs = 1_000

/** Pays for holds: the only one that talks to a payment provider. */
export const purchaseWorker: WorkerDefinition<typeof purchaseSettings> = {
  worker: 'purchase',
  settings: purchaseSettings,
  migrationsDirectory: join(import.meta.dirname, 'migrations'),
  operations({ bus, postgres, log }, config, onStop) {
    const timeoutMs = config.PROVIDER_TIMEOUT_MS
    const provider = paymentSandbox({ url: config.PAYMENT_URL, timeoutMs })
    const saga: Saga = {
      bus,
      db: postgres,
      providerFor: (amountMinor) => (amountMinor === 0 ? noCharge : provider),
      leaseMs: timeoutMs + leaseMarginMs,
      log,
    }
    onStop('reconciler', startReconciler(saga))
    return [purchaseHold(saga)]
  },
}
