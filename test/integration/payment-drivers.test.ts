import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import type { Payment } from '../../workers/purchase/payment.ts'
import { paymentSteps } from '../../workers/purchase/payment-steps.ts'
import type { PaymentProvider } from '../../workers/purchase/providers/payment-provider.ts'
import { drive, driveToEnd, type SagaParts } from '../../workers/purchase/saga.ts'
import { createPayment, findPaymentByKey } from '../../workers/purchase/store/payments.ts'
import { forFile } from '../support/for-file.ts'
import { startSagaBench, stepContextNow } from '../support/purchase-saga.ts'

const bench = forFile(() => startSagaBench())

type Step = 'authorise' | 'void'

/** A driver whose provider does something `around` these steps. */
function driverWith(around: <Answer>(step: Step, ask: () => Promise<Answer>) => Promise<Answer>): SagaParts {
  const { provider } = bench.provider
  const changed: PaymentProvider = {
    ...provider,
    authorise: (...args) => around('authorise', () => provider.authorise(...args)),
    void: (...args) => around('void', () => provider.void(...args)),
  }
  return { ...bench.saga, providerFor: () => changed }
}

/** A driver that freezes right before or after it asked the provider, until it is released. */
function freezingDriver(frozenStep: Step, when: 'before' | 'after') {
  const frozen = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const saga = driverWith(async (step, ask) => {
    if (step !== frozenStep) return ask()
    const answer = when === 'after' ? await ask() : null
    frozen.resolve()
    await released.promise
    return answer ?? ask()
  })
  return { saga, frozen: frozen.promise, release: released.resolve }
}

/** `payment at home, charge at the provider, hold, payment as the booking knows it`. */
async function endOf({ hold, payment }: Awaited<ReturnType<typeof newPayment>>): Promise<string> {
  const ended = await findPaymentByKey(bench.db, payment.providerKey)
  const charge = bench.provider.charges.get(payment.providerKey)?.charge.state ?? 'none'
  const parts = [ended?.status, charge, hold.status, hold.payment.status]
  return ended?.settled ? parts.join(', ') : `${parts.join(', ')}, not settled`
}

async function newPayment() {
  const userId = `user-${randomUUID()}`
  const hold = bench.booking.giveHold({ userId })
  const providerKey = randomUUID()
  const wish = { userId, holdId: hold.id, idempotencyKey: providerKey, providerKey, placesHash: null }
  const expected = { expectedTotalMinor: null, expectedCurrency: null }
  const payment = await createPayment(bench.db, { ...wish, ...expected }, bench.saga.leaseMs)
  if (payment === null) throw new Error('no payment')
  return { hold, payment }
}

async function pay(by: SagaParts, payment: Payment): Promise<void> {
  const context = { ...stepContextNow(), paymentToken: 'tok_ok' }
  await drive(by, paymentSteps, payment, context, { until: ({ settled }) => settled, isNew: true })
}

/** A second driver, which finds the payment as the first one left it. */
async function intrude(by: SagaParts, payment: Payment): Promise<void> {
  const found = await findPaymentByKey(bench.db, payment.providerKey)
  if (found !== null) await driveToEnd(by, paymentSteps, found, stepContextNow())
}

for (const [title, when, end] of [
  ['before it asked for the money finds its key refused', 'before', 'failed, none, active, failed'],
  ['after it asked for the money leaves what another made of it', 'after', 'captured, captured, converted, captured'],
] as const) {
  test.serial(`a driver that wakes up ${title}`, async (t) => {
    const purchase = await newPayment()
    const first = freezingDriver('authorise', when)
    const paying = pay(first.saga, purchase.payment)
    await first.frozen
    await intrude(bench.saga, purchase.payment)
    t.is(await endOf(purchase), end)
    first.release()
    await paying
    t.is(await endOf(purchase), end)
  })
}

test.serial('money that is reserved just after the payment was given up is freed, and sells nothing', async (t) => {
  const purchase = await newPayment()
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

test.serial('drivers that race for one payment agree on its end, at any step they meet', async (t) => {
  const possible = [
    'captured, captured, converted, captured',
    'voided, voided, expired, voided',
    'failed, voided, active, failed',
    'failed, none, active, failed',
  ]
  // A provider that takes a moment both ways, so that drivers meet there as well.
  const slow = driverWith(async (_step, ask) => {
    await pause(Math.random() * 5)
    const answer = await ask()
    await pause(Math.random() * 5)
    return answer
  })
  for (let round = 0; round < 40; round += 1) {
    const purchase = await newPayment()
    const { payment } = purchase
    bench.booking.script.confirm = round % 3 === 2 ? 'LOST' : 'CONFIRMED'
    await Promise.all([
      pay(slow, payment),
      pause(round / 2).then(() => intrude(slow, payment)),
      pause(round).then(() => intrude(slow, payment)),
    ])
    const end = await endOf(purchase)
    t.true(possible.includes(end), `round ${round}: ${end}`)
  }
})
