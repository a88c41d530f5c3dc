import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import { Bus } from '#shared/messaging/bus.ts'
import { createLogger } from '#shared/observability/log.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { PurchaseMetrics } from '../../workers/purchase/metrics.ts'
import type { Payment } from '../../workers/purchase/payment.ts'
import { paymentSteps } from '../../workers/purchase/payment-steps.ts'
import type { Charge, PaymentProvider } from '../../workers/purchase/providers/payment-provider.ts'
import { paymentSandbox } from '../../workers/purchase/providers/payment-sandbox.ts'
import { drive as driveOn, driveToEnd, type Saga } from '../../workers/purchase/saga.ts'
import { createPayment, findPaymentByKey } from '../../workers/purchase/store/payments.ts'
import { forFile } from '../support/for-file.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { startPurchasing } from '../support/purchasing.ts'

const leaseMs = 60_000

let saga: Saga

const purchasing = forFile(() => startPurchasing({ workers: 0 }))
const bus = forFile(() => Bus.connect({ url: purchasing.system.natsUrls.purchase, name: 'test', timeoutMs: 5_000 }))
const db = forFile(async () => openPostgres(purchasing.system.databaseUrl, { maxConnections: 10 }))

test.before(async () => {
  const metrics = new Metrics('test')
  saga = {
    bus,
    postgres: db,
    metrics,
    purchaseMetrics: new PurchaseMetrics(metrics),
    providerFor: () => paymentSandbox({ url: purchasing.system.paymentUrl, timeoutMs: 5_000 }),
    leaseMs,
    log: createLogger({ name: 'purchase', instance: 'test', level: 'fatal' }),
  }
})

/** A driver that freezes right before or after it asked the provider, until it is released. */
function freezingDriver(step: 'authorise' | 'void', when: 'before' | 'after') {
  const frozen = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const provider = saga.providerFor(1)
  const around = async (name: typeof step, ask: () => Promise<Charge>): Promise<Charge> => {
    const answer = name === step && when === 'after' ? await ask() : null
    if (name === step) {
      frozen.resolve()
      await released.promise
    }
    return answer ?? ask()
  }
  const freezing: PaymentProvider = {
    ...provider,
    authorise: (request, deadlineAt) => around('authorise', () => provider.authorise(request, deadlineAt)),
    void: (key, deadlineAt) => around('void', () => provider.void(key, deadlineAt)),
  }
  return { saga: { ...saga, providerFor: () => freezing }, frozen: frozen.promise, release: released.resolve }
}

/** `payment at home, charge at the provider, hold, payment as the booking knows it`. */
async function endOf({ hold, payment }: Awaited<ReturnType<typeof newPayment>>): Promise<string> {
  const [ended] = await db.query<{ status: string; settled: boolean }>(
    'SELECT status, next_check_at IS NULL AS settled FROM purchase.payments WHERE id = $1',
    [payment.id],
  )
  const charge = (await purchasing.ledger()).find((each) => each.idempotency_key === payment.providerKey)
  const parts = [ended?.status, charge?.state ?? 'none', hold.status, hold.payment.status]
  return ended?.settled ? parts.join(', ') : `${parts.join(', ')}, not settled`
}

function drive() {
  return { requestId: 'test', deadlineAt: performance.now() + 10_000 }
}

async function newPayment(totalMinor: number) {
  const userId = `user-${randomUUID()}`
  const hold = purchasing.booking.giveHold({ userId, totalMinor })
  const providerKey = randomUUID()
  const wish = { userId, holdId: hold.id, idempotencyKey: providerKey, providerKey, wish: null }
  const payment = await createPayment(db, { ...wish, expectedTotalMinor: null, expectedCurrency: null }, leaseMs)
  if (payment === null) throw new Error('no payment')
  return { hold, payment }
}

async function pay(by: Saga, payment: Payment): Promise<void> {
  const context = { ...drive(), paymentToken: 'tok_ok' }
  await driveOn(by, paymentSteps, payment, context, { until: ({ settled }) => settled, isNew: true })
}

/** A second driver, which finds the payment as the first one left it. */
async function intrude(by: Saga, payment: Payment): Promise<void> {
  const found = await findPaymentByKey(db, payment.providerKey)
  if (found !== null) await driveToEnd(by, paymentSteps, found, drive())
}

test.serial('a driver that wakes up before it asked for the money finds its key refused', async (t) => {
  const purchase = await newPayment(8_101)
  const first = freezingDriver('authorise', 'before')
  const paying = pay(first.saga, purchase.payment)
  await first.frozen
  await intrude(saga, purchase.payment)
  t.is(await endOf(purchase), 'failed, none, active, failed')
  first.release()
  await paying
  t.is(await endOf(purchase), 'failed, none, active, failed')
})

test.serial('a driver that wakes up after it asked for the money leaves what another made of it', async (t) => {
  const purchase = await newPayment(8_102)
  const first = freezingDriver('authorise', 'after')
  const paying = pay(first.saga, purchase.payment)
  await first.frozen
  await intrude(saga, purchase.payment)
  t.is(await endOf(purchase), 'captured, captured, converted, captured')
  first.release()
  await paying
  t.is(await endOf(purchase), 'captured, captured, converted, captured')
})

test.serial('money that is reserved just after the payment was given up is freed, and sells nothing', async (t) => {
  const purchase = await newPayment(8_103)
  const first = freezingDriver('authorise', 'before')
  const second = freezingDriver('void', 'before')
  const paying = pay(first.saga, purchase.payment)
  await first.frozen
  const givingUp = intrude(second.saga, purchase.payment)
  await second.frozen
  first.release()
  await paying
  t.is(await endOf(purchase), 'failed, voided, active, failed')
  second.release()
  await givingUp
  t.is(await endOf(purchase), 'failed, voided, active, failed')
})

test.serial('drivers that race for one payment agree on its end, whatever step they meet at', async (t) => {
  const possible = [
    'captured, captured, converted, captured',
    'voided, voided, expired, voided',
    'failed, voided, active, failed',
    'failed, none, active, failed',
  ]
  for (let round = 0; round < 40; round += 1) {
    const purchase = await newPayment(8_000 + round)
    const { payment } = purchase
    purchasing.booking.script.confirm = round % 3 === 2 ? 'LOST' : 'CONFIRMED'
    await Promise.all([
      pay(saga, payment),
      pause(round / 2).then(() => intrude(saga, payment)),
      pause(round).then(() => intrude(saga, payment)),
    ])
    const end = await endOf(purchase)
    t.true(possible.includes(end), `round ${round}: ${end}`)
  }
})
