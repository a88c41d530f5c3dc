import test from 'ava'
import { forFile } from '../support/for-file.ts'
import { type LossyProxy, startLossyProxy } from '../support/lossy-proxy.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { startPurchasing } from '../support/purchasing.ts'
import { until } from '../support/until.ts'

const purchasing = forFile(() => startPurchasing({ workers: 0 }))
let proxy: LossyProxy
forFile(async () => {
  proxy = await startLossyProxy(purchasing.system.paymentUrl)
  await purchasing.system.start('purchase', { PAYMENT_URL: proxy.url, PROVIDER_TIMEOUT_MS: '1500' })
  return { stop: () => proxy.stop() }
})
const database = forFile(async () => openPostgres(purchasing.system.databaseUrl, { maxConnections: 1 }))

async function untilNothingIsLeftToDo(): Promise<void> {
  await until('every payment is settled', async () => {
    const open = await database.query('SELECT id FROM purchase.payments WHERE next_check_at IS NOT NULL')
    return open.length === 0
  })
}

// Serial: each test scripts the one proxy and the one booking worker.

test.serial('a capture whose answer is lost is repeated and charges once', async (t) => {
  const { purchase } = purchasing.newPurchase({ totalMinor: 6_001 })
  proxy.loseNextAnswerTo('/capture')
  const { booking } = await purchasing.buy(purchase)
  t.like(booking, { status: 'confirmed', payment: { status: 'captured', captured_minor: 6_001 } })
  t.is(proxy.requests.filter((request) => request.endsWith('/capture')).length, 2)
  t.like(await purchasing.chargesOf(6_001), { 0: { state: 'captured' }, length: 1 })
})

test.serial('seats lost during payment cost nothing, even when the answer to the void is lost', async (t) => {
  const { hold, purchase } = purchasing.newPurchase({ totalMinor: 6_002 })
  purchasing.booking.script.confirm = 'LOST'
  proxy.loseNextAnswerTo('/void')
  const refusal = await purchasing.refusalOf(purchase)
  purchasing.booking.script.confirm = 'CONFIRMED'
  t.is(refusal.code, 'hold_expired')
  t.regex(refusal.message, /no money was taken/)
  await untilNothingIsLeftToDo()
  t.like(await purchasing.chargesOf(6_002), { 0: { state: 'voided' }, length: 1 })
  t.deepEqual(hold.payment, { status: 'voided', captured_minor: 0 })
  t.is((await purchasing.refusalOf(purchase)).message, refusal.message)
})

test.serial('while the provider is away a purchase is refused at once; its key buys when it is back', async (t) => {
  const { hold, purchase } = purchasing.newPurchase({ totalMinor: 6_003 })
  await proxy.stop()
  const refusal = await purchasing.refusalOf(purchase)
  t.like(refusal, { code: 'provider_unavailable', extra: { hold_id: hold.id } })
  t.is(hold.status, 'active')
  proxy = await startLossyProxy(purchasing.system.paymentUrl, proxy.port)
  t.is((await purchasing.buy(purchase)).booking.status, 'confirmed')
})

test.serial('an outcome that takes too long: the booking as it stands, and the key tells it later', async (t) => {
  const { purchase } = purchasing.newPurchase({ totalMinor: 6_004 })
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  purchasing.booking.script.beforeAnswer = (name) => (name === 'confirm-hold' ? released : undefined)
  const first = await purchasing.buy({ ...purchase, withinMs: 1_200 })
  t.regex(first.booking.message, /is being processed/)
  t.is(first.booking.payment.status, 'processing')
  delete purchasing.booking.script.beforeAnswer
  release()
  await untilNothingIsLeftToDo()
  const later = await purchasing.buy(purchase)
  t.is(later.booking.id, first.booking.id)
  t.like(later.booking, { status: 'confirmed', payment: { status: 'captured', captured_minor: 6_004 } })
  t.is((await purchasing.buy(purchase)).text, later.text)
})

test.serial('a hold whose payment began but never came to be asked for is returned', async (t) => {
  const { hold, purchase } = purchasing.newPurchase({ totalMinor: 6_005 })
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  purchasing.booking.script.beforeAnswer = (name) => (name === 'begin-payment' ? released : undefined)
  const refusal = await purchasing.refusalOf({ ...purchase, withinMs: 1_000 })
  t.is(refusal.code, 'worker_timeout')
  t.is(hold.status, 'paying')
  delete purchasing.booking.script.beforeAnswer
  release()
  await untilNothingIsLeftToDo()
  t.is(hold.status, 'active')
  t.deepEqual(await purchasing.chargesOf(6_005), [])
})

test.serial('our books agree with the ledger of the provider', async (t) => {
  await untilNothingIsLeftToDo()
  const ours = await database.query<{ key: string; status: string; captured: number }>(
    `SELECT provider_key AS key, status, captured_minor AS captured FROM purchase.payments WHERE status <> 'failed'`,
  )
  const theirs = new Map((await purchasing.ledger()).map((charge) => [charge.idempotency_key, charge]))
  t.is(ours.length, theirs.size)
  for (const { key, status, captured } of ours) {
    const charge = theirs.get(key)
    t.is(status, charge?.state ?? 'not in their ledger')
    t.is(captured, charge?.state === 'captured' ? charge.amount_minor : 0)
  }
})

test.serial('a purchase whose money is taken answers the same when repeated, though booking is unheard', async (t) => {
  const { purchase } = purchasing.newPurchase()
  const never = new Promise<void>(() => undefined)
  purchasing.booking.script.beforeAnswer = (name) => (name === 'record-payment' ? never : undefined)
  const first = await purchasing.buy({ ...purchase, withinMs: 4_000 })
  delete purchasing.booking.script.beforeAnswer
  t.is(first.booking.payment.status, 'captured')
  t.is((await purchasing.buy(purchase)).text, first.text)
})
