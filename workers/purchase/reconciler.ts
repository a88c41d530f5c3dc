import { withRemoteSpan } from '#shared/observability/tracing.ts'
import { type PeriodicJob, startPeriodicJob } from '#shared/periodic-job.ts'
import { finishDueErasures } from './erasing.ts'
import { refundDueEvent } from './event-refunds.ts'
import { paymentSteps } from './payment-steps.ts'
import { refundSteps } from './refund-steps.ts'
import { type Driven, driveToEnd, type SagaParts, type Steps } from './saga.ts'

const everyMs = 1_000
const batchSize = 20
/** Longest work on one payment or refund in a pass: a few calls, each with its own deadline. */
const driveMs = 10_000

/**
 * Drives every payment, refund and erasure that was left by a crash, a time-out or an unavailable partner, and begins the refunds of
 * cancelled events. Runs in every instance until it is stopped. An item whose partners do not answer comes up again when its lease ends.
 */
export function startReconciler(saga: SagaParts): PeriodicJob {
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
  const erasures = startPeriodicJob({ name: 'finish erasures', everyMs, log }, async () => {
    return (await finishDueErasures(saga, { limit: batchSize, forMs: driveMs })) === batchSize
  })
  const jobs = [payments, refunds, events, erasures]
  return {
    wake() {
      for (const job of jobs) job.wake()
    },
    async stop() {
      await Promise.all(jobs.map((job) => job.stop()))
    },
  }
}

/** Claims a batch of due items, drives them, and returns them as they were claimed. */
async function driveDue<Item extends Driven>(saga: SagaParts, steps: Steps<Item>): Promise<Item[]> {
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
