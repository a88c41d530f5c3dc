import test from 'ava'
import { freePort, isListening } from '../../infra/system/free-port.ts'
import { Link } from '../../infra/system/links.ts'
import { forFile } from '../support/for-file.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { startPurchasing } from '../support/purchasing.ts'
import { until } from '../support/until.ts'

const purchasing = forFile(() => startPurchasing({ workers: 0 }))
/** Between the purchase worker and the provider. */
let link: Link
const startLink = (port: number): Promise<Link> => {
  const targetPort = () => Number(new URL(purchasing.system.paymentUrl).port)
  return Link.start({ targetPort, replies: 'to client', port })
}
forFile(async () => {
  link = await startLink(await freePort())
  const url = `http://127.0.0.1:${link.port}`
  await purchasing.system.start('purchase', { PAYMENT_URL: url, PROVIDER_TIMEOUT_MS: '1500' })
  return { stop: () => link.close() }
})

/** What is asked for next is done, but the answer is lost with its connection. Answers whether that has happened. */
function loseNextAnswerTo(step: 'capture' | 'void'): () => boolean {
  let isLost = false
  const act = (): void => {
    isLost = true
    link.cut()
  }
  link.intercept({ request: new RegExp(`^POST /charges/[^/ ]+/${step} `), when: 'after', act })
  return () => isLost
}

const database = forFile(async () => openPostgres(purchasing.system.databaseUrl, { maxConnections: 1 }))

const untilNothingIsLeftToDo = () =>
  until('every payment is settled', async () => {
    return (await database.query('SELECT FROM purchase.payments WHERE next_check_at IS NOT NULL')).length === 0
  })

/** The booking worker answers an operation of that name no more, until what is answered is called. */
function silence(operation: string): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { script } = purchasing.booking
  script.beforeAnswer = (name) => (name === operation ? promise : undefined)
  return () => {
    delete script.beforeAnswer
    resolve()
  }
}

// Serial: each test scripts the one link and the one booking worker.

test.serial('a capture whose answer is lost is repeated and charges once', async (t) => {
  const { purchase } = purchasing.newPurchase({ totalMinor: 6_001 })
  const isLost = loseNextAnswerTo('capture')
  const { booking } = await purchasing.buy(purchase)
  t.like(booking, { status: 'confirmed', payment: { status: 'captured', captured_minor: 6_001 } })
  t.true(isLost())
  t.like(await purchasing.chargesOf(6_001), { 0: { state: 'captured' }, length: 1 })
})

test.serial('seats lost during payment cost nothing, even when the answer to the void is lost', async (t) => {
  const { hold, purchase } = purchasing.newPurchase({ totalMinor: 6_002 })
  purchasing.booking.script.confirm = 'LOST'
  const isLost = loseNextAnswerTo('void')
  const refusal = await purchasing.refusalOf(purchase)
  purchasing.booking.script.confirm = 'CONFIRMED'
  t.true(isLost())
  t.is(refusal.code, 'hold_expired')
  t.regex(refusal.message, /no money was taken/)
  await untilNothingIsLeftToDo()
  t.like(await purchasing.chargesOf(6_002), { 0: { state: 'voided' }, length: 1 })
  t.deepEqual(hold.payment, { status: 'voided', captured_minor: 0 })
  t.is((await purchasing.refusalOf(purchase)).message, refusal.message)
})

test.serial('while the provider is away a purchase is refused at once; its key buys when it is back', async (t) => {
  const { hold, purchase } = purchasing.newPurchase({ totalMinor: 6_003 })
  const { port } = link
  await link.close()
  // A process that is just being started has the listening socket, too, until it runs its program.
  await until('nobody listens', async () => !(await isListening({ host: '127.0.0.1', port })))
  const refusal = await purchasing.refusalOf(purchase)
  t.like(refusal, { code: 'provider_unavailable', extra: { hold_id: hold.id } })
  t.is(hold.status, 'active')
  link = await startLink(port)
  t.is((await purchasing.buy(purchase)).booking.status, 'confirmed')
})

test.serial('an outcome that takes too long: the booking as it stands, and the key tells it later', async (t) => {
  const { purchase } = purchasing.newPurchase({ totalMinor: 6_004 })
  const answer = silence('confirm-hold')
  const first = await purchasing.buy({ ...purchase, withinMs: 3_000 })
  t.regex(first.booking.message, /is being processed/)
  t.is(first.booking.payment.status, 'processing')
  answer()
  await untilNothingIsLeftToDo()
  const later = await purchasing.buy(purchase)
  t.is(later.booking.id, first.booking.id)
  t.like(later.booking, { status: 'confirmed', payment: { status: 'captured', captured_minor: 6_004 } })
  t.is((await purchasing.buy(purchase)).text, later.text)
})

test.serial('a hold whose payment began but never came to be asked for is returned', async (t) => {
  const { hold, purchase } = purchasing.newPurchase({ totalMinor: 6_005 })
  const answer = silence('begin-payment')
  const refusal = await purchasing.refusalOf({ ...purchase, withinMs: 3_000 })
  t.is(refusal.code, 'worker_timeout')
  t.is(hold.status, 'paying')
  answer()
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
  const answer = silence('record-payment')
  const first = await purchasing.buy({ ...purchase, withinMs: 4_000 })
  answer()
  t.is(first.booking.payment.status, 'captured')
  t.is((await purchasing.buy(purchase)).text, first.text)
})
