import { withRemoteSpan } from '#shared/observability/tracing.ts'
import { type PeriodicJob, startPeriodicJob } from '#shared/periodic-job.ts'
import { refundDueEvent } from './event-refunds.ts'
import type { Payment } from './payment.ts'
import type { Refund } from './refund.ts'
import { driveRefundToEnd } from './refund-saga.ts'
import { driveToEnd, type Saga } from './saga.ts'
import type { StepContext } from './step-timing.ts'
import { claimDuePayments } from './store/payments.ts'
import { claimDueRefunds } from './store/refunds.ts'

const everyMs = 1_000
const batchSize = 20
/** Longest work on one payment or refund in a pass: a handful of calls, each with a deadline of its own. */
const driveMs = 10_000

/**
 * Drives on every payment and refund that a crash, a time-out or an absence left behind, and begins the refunds of cancelled
 * events; in every instance, until it is stopped. What does not move because its partners do not answer comes up again when
 * its lease is over.
 */
export function startReconciler(saga: Saga): PeriodicJob {
  const { postgres, log, leaseMs } = saga
  const payments = startPeriodicJob({ name: 'reconcile payments', everyMs, log }, async () => {
    const due = await claimDuePayments(postgres, { limit: batchSize, leaseMs })
    await Promise.all(due.map((payment) => reconcilePayment(saga, payment)))
    return due.length === batchSize
  })
  const refunds = startPeriodicJob({ name: 'reconcile refunds', everyMs, log }, async () => {
    const due = await claimDueRefunds(postgres, { limit: batchSize, leaseMs })
    await Promise.all(due.map((refund) => reconcileRefund(saga, refund)))
    if (due.some(({ reason }) => reason === 'event_cancelled')) events.wake()
    return due.length === batchSize
  })
  const events = startPeriodicJob({ name: 'refund events', everyMs, log }, async () => {
    const begun = await refundDueEvent(saga)
    if (begun > 0) refunds.wake()
    return begun > 0
  })
  const jobs = [payments, refunds, events]
  return {
    wake() {
      for (const job of jobs) job.wake()
    },
    async stop() {
      await Promise.all(jobs.map((job) => job.stop()))
    },
  }
}

function reconcilePayment(saga: Saga, payment: Payment): Promise<void> {
  const attributes = { 'ticketing.payment.id': payment.id, 'ticketing.payment.status': payment.status }
  return withRemoteSpan({}, 'reconcile payment', { attributes }, () =>
    driveToEnd(saga, payment, stepContextFor(payment)),
  )
}

function reconcileRefund(saga: Saga, refund: Refund): Promise<void> {
  const attributes = { 'ticketing.refund.id': refund.id, 'ticketing.refund.status': refund.status }
  return withRemoteSpan({}, 'reconcile refund', { attributes }, () =>
    driveRefundToEnd(saga, refund, stepContextFor(refund)),
  )
}

function stepContextFor({ id }: Payment | Refund): StepContext {
  return { requestId: `reconcile-${id}`, deadlineAt: performance.now() + driveMs }
}
