import { randomUUID } from 'node:crypto'
import type { Postgres } from '#shared/database/postgres.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { type Caller, user } from '#shared/messaging/caller.ts'
import type { Operation, OperationContext } from '#shared/messaging/serve.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { signWebhook } from '#shared/webhook-signature.ts'
import { refundDueEvent } from '../../workers/purchase/event-refunds.ts'
import { PurchaseMetrics } from '../../workers/purchase/metrics.ts'
import { purchaseHold } from '../../workers/purchase/operations/purchase-hold.ts'
import { receiveWebhook } from '../../workers/purchase/operations/receive-webhook.ts'
import { paymentSteps } from '../../workers/purchase/payment-steps.ts'
import { noCharge } from '../../workers/purchase/providers/no-charge.ts'
import { refundSteps } from '../../workers/purchase/refund-steps.ts'
import { driveToEnd, type SagaParts } from '../../workers/purchase/saga.ts'
import { createTestDatabase } from './database.ts'
import { openPostgres } from './open-postgres.ts'
import { type ScriptedBooking, type ScriptedHold, startScriptedBooking } from './scripted-booking.ts'
import { type ScriptedProvider, scriptedProvider } from './scripted-provider.ts'
import { startTestNats } from './servers.ts'
import { silentLog } from './silent-log.ts'
import { webhookSecret } from './system.ts'

/** The purchase worker's own code in the test's process, with booking worker and provider scripted, over real servers. */
export interface SagaBench {
  readonly saga: SagaParts
  readonly db: Postgres
  readonly booking: ScriptedBooking
  readonly provider: ScriptedProvider
  /** Delivers a body as the provider would, signed now. */
  deliver(body: string, by?: SagaParts): Promise<unknown>
  /** A hold of a new buyer, paid for. `tickets` share the total evenly. */
  buy(options?: { totalMinor?: number; tickets?: number; eventId?: string }): Promise<ScriptedHold>
  /** What the reconciler does, until nothing is open, however long a driver had asked for. */
  reconcile(): Promise<void>
  stop(): Promise<void>
}

export async function startSagaBench(): Promise<SagaBench> {
  const [nats, database] = await Promise.all([startTestNats(), createTestDatabase()])
  const booking = await startScriptedBooking(nats.urls)
  const bus = await Bus.connect({ url: nats.urls.purchase, name: 'test', timeoutMs: 15_000 })
  const db = openPostgres(database.url, { maxConnections: 20 })
  const provider = scriptedProvider()
  const metrics = new Metrics('test')
  const saga: SagaParts = {
    bus,
    postgres: db,
    metrics,
    purchaseMetrics: new PurchaseMetrics(metrics),
    providerFor: (amountMinor) => (amountMinor === 0 ? noCharge : provider.provider),
    leaseMs: 60_000,
    log: silentLog,
  }
  const due = { limit: 1_000, leaseMs: 60_000 }
  const bench: SagaBench = {
    saga,
    db,
    booking,
    provider,
    deliver: (body, by = saga) =>
      answerOf(receiveWebhook(by, { secret: webhookSecret, wake: () => undefined }), {
        provider: 'sandbox',
        body,
        signature: signWebhook({ secret: webhookSecret, body, at: Date.now() }),
      }),
    async buy(options = {}) {
      const hold = booking.giveHold({ userId: `user-${randomUUID()}`, totalMinor: 6_000, ...options })
      const request = { hold_id: hold.id, payment_token: 'tok_ok' }
      await answerOf(purchaseHold(saga), request, { caller: user(hold.userId) })
      return hold
    },
    async reconcile() {
      for (let pass = 0; pass < 10; pass += 1) {
        for (const table of ['payments', 'refunds', 'event_refunds']) {
          await db.query(`UPDATE purchase.${table} SET next_check_at = now() WHERE next_check_at IS NOT NULL`)
        }
        const payments = await paymentSteps.claimDue(db, due)
        for (const payment of payments) await driveToEnd(saga, paymentSteps, payment, stepContextNow())
        const begun = await refundDueEvent(saga)
        const refunds = await refundSteps.claimDue(db, due)
        for (const refund of refunds) await driveToEnd(saga, refundSteps, refund, stepContextNow())
        if (payments.length + refunds.length + begun === 0) return
      }
      throw new Error('something stays open')
    },
    async stop() {
      await bus.close()
      await booking.stop()
      await db.close()
      await Promise.all([nats.stop(), database.drop()])
    },
  }
  return bench
}

/** Calls an operation without the message server in between. */
export function answerOf(
  { answer }: Operation,
  request: unknown,
  {
    caller = user('nobody'),
    key = randomUUID(),
    withinMs = 8_000,
  }: { caller?: Caller; key?: string; withinMs?: number } = {},
): Promise<unknown> {
  return answer(request, contextOf({ caller, key, withinMs }))
}

export function contextOf({
  caller,
  key,
  withinMs = 8_000,
}: {
  caller: Caller
  key: string
  withinMs?: number
}): OperationContext {
  return {
    requestId: randomUUID(),
    caller,
    idempotencyKey: key,
    deadlineAt: performance.now() + withinMs,
    log: silentLog,
    markReplayed: () => undefined,
    tellSeq: () => undefined,
  }
}

export const stepContextNow = () => ({ requestId: 'test', deadlineAt: performance.now() + 10_000 })
