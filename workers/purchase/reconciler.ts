import { withRemoteSpan } from '#shared/observability/tracing.ts'
import { type PeriodicJob, startPeriodicJob } from '#shared/periodic-job.ts'
import { refundDueEvent } from './event-refunds.ts'
import { paymentSteps } from './payment-steps.ts'
import { refundSteps } from './refund-steps.ts'
import { type Driven, driveToEnd, type Saga, type Steps } from './saga.ts'

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
  const { log } = saga
  const payments = startPeriodicJob({ name: 'reconcile payments', everyMs, log }, async () => {
    return (await driveDue(saga, paymentSteps)).length === batchSize
  })
  const refunds = startPeriodicJob({ name: 'reconcile refunds', everyMs, log }, async () => {
    const due = await driveDue(saga, refundSteps)
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

/** Takes over a batch of what is due, drives it on and answers it as it was. */
async function driveDue<Item extends Driven>(saga: Saga, steps: Steps<Item>): Promise<Item[]> {
  const { name, claimDue } = steps
  const due = await claimDue(saga.postgres, { limit: batchSize, leaseMs: saga.leaseMs })
  const driveOne = (item: Item): Promise<unknown> => {
    const attributes = { [`ticketing.${name}.id`]: item.id, [`ticketing.${name}.status`]: item.status }
    const context = { requestId: `reconcile-${item.id}`, deadlineAt: performance.now() + driveMs }
    return withRemoteSpan({}, `reconcile ${name}`, { attributes }, () => driveToEnd(saga, steps, item, context))
  }
  await Promise.all(due.map(driveOne))
  return due
}
