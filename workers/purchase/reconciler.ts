import { setTimeout as pause } from 'node:timers/promises'
import type { Close } from '#shared/lifecycle.ts'
import { withSpan } from '#shared/observability/tracing.ts'
import type { Payment } from './payment.ts'
import { driveToEnd, type Saga } from './saga.ts'
import { claimDuePayments } from './store/payments.ts'

const everyMs = 1_000
const batchSize = 20
/** Longest work on one payment in a pass: a handful of calls, each with a deadline of its own. */
const driveMs = 10_000

/**
 * Drives on every payment that a crash, a time-out or an absence left behind, in every instance, until the answer stops
 * it. A payment whose partners still do not answer comes up again when its lease is over.
 */
export function startReconciler(saga: Saga): Close {
  const stop = new AbortController()
  const ended = reconcileUntil(saga, stop.signal)
  return () => {
    stop.abort()
    return ended
  }
}

async function reconcileUntil(saga: Saga, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    try {
      const due = await claimDuePayments(saga.db, { limit: batchSize, leaseMs: saga.leaseMs })
      await Promise.all(due.map((payment) => reconcile(saga, payment)))
    } catch (error) {
      saga.log.warn({ err: error }, 'payments could not be reconciled')
    }
    await pause(everyMs, undefined, { signal: stopped }).catch(() => undefined)
  }
}

function reconcile(saga: Saga, payment: Payment): Promise<void> {
  const attributes = { 'ticketing.payment.id': payment.id, 'ticketing.payment.status': payment.status }
  return withSpan('reconcile payment', { attributes }, () =>
    driveToEnd(saga, payment, { requestId: `reconcile-${payment.id}`, deadlineAt: performance.now() + driveMs }),
  )
}
