import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import { Bus } from '#shared/messaging/bus.ts'
import { createLogger } from '#shared/observability/log.ts'
import { Postgres } from '#shared/postgres.ts'
import { bookingCalls } from '../../workers/purchase/booking-calls.ts'
import type { Payment } from '../../workers/purchase/payment.ts'
import { paymentSandbox } from '../../workers/purchase/providers/payment-sandbox.ts'
import { beginWithToken, driveToEnd, type Saga } from '../../workers/purchase/saga.ts'
import { createPayment, findPaymentByKey } from '../../workers/purchase/store/payments.ts'
import { type Purchasing, startPurchasing } from '../support/purchasing.ts'

const leaseMs = 60_000

let purchasing: Purchasing
let bus: Bus
let db: Postgres
let saga: Saga

test.before(async () => {
  purchasing = await startPurchasing({ workers: 0 })
  bus = await Bus.connect({ url: purchasing.system.natsUrl, name: 'test', timeoutMs: 5_000 })
  db = new Postgres({
    url: purchasing.system.databaseUrl,
    applicationName: 'test',
    maxConnections: 10,
    onIdleError: () => undefined,
  })
  saga = {
    db,
    booking: bookingCalls(bus),
    providerFor: () => paymentSandbox({ url: purchasing.system.paymentUrl, timeoutMs: 5_000 }),
    leaseMs,
    log: createLogger({ name: 'purchase', instance: 'test', level: 'fatal' }),
  }
})
test.after.always(async () => {
  await bus?.close()
  await db?.close()
  await purchasing?.stop()
})

function drive() {
  return { requestId: 'test', deadlineAt: performance.now() + 10_000 }
}

async function newPayment(totalMinor: number) {
  const userId = `user-${randomUUID()}`
  const hold = purchasing.booking.giveHold({ userId, totalMinor })
  const providerKey = randomUUID()
  const wish = { userId, holdId: hold.id, idempotencyKey: providerKey, providerKey }
  const payment = await createPayment(db, { ...wish, expectedTotalMinor: null, expectedCurrency: null }, leaseMs)
  if (payment === null) throw new Error('no payment')
  return { hold, payment }
}

/** A second driver that found the payment some time after the first one took it up. */
async function intrude(payment: Payment, afterMs: number): Promise<void> {
  await pause(afterMs)
  const found = await findPaymentByKey(db, payment.providerKey)
  if (found !== null) await driveToEnd(saga, found, drive())
}

test('drivers that race for one payment agree on its end, whatever step they meet at', async (t) => {
  const ends: string[] = []
  for (let round = 0; round < 24; round += 1) {
    const { hold, payment } = await newPayment(8_000 + round)
    purchasing.booking.script.confirm = round % 3 === 2 ? 'LOST' : 'CONFIRMED'
    await Promise.all([
      beginWithToken(saga, payment, 'tok_ok', drive()).then((begun) => driveToEnd(saga, begun, drive())),
      intrude(payment, round),
      intrude(payment, round * 2),
    ])
    const [ended] = await db.query<{ status: string; settled: boolean; captured_minor: number }>(
      'SELECT status, next_check_at IS NULL AS settled, captured_minor FROM purchase.payments WHERE id = $1',
      [payment.id],
    )
    const charge = (await purchasing.ledger()).find((each) => each.idempotency_key === payment.providerKey)
    const all = [ended?.status, charge?.state ?? 'none', hold.status, hold.payment.status].join(', ')
    t.true(
      [
        'captured, captured, converted, captured',
        'voided, voided, expired, voided',
        'failed, voided, active, failed',
        'failed, none, active, failed',
      ].includes(all),
      `round ${round}: ${all}`,
    )
    t.true(ended?.settled, `round ${round} is not settled`)
    t.is(ended?.captured_minor, charge?.state === 'captured' ? 8_000 + round : 0)
    ends.push(all)
  }
  t.log(Object.entries(Object.groupBy(ends, (end) => end)).map(([end, rounds]) => `${end}: ${rounds?.length}`))
})
