import { randomUUID } from 'node:crypto'
import test from 'ava'
import { purchaseHold } from '#shared/contracts/purchase.ts'
import { type Answer, ask } from '../support/http.ts'
import { type Purchasing, startPurchasing } from '../support/purchasing.ts'
import { until } from '../support/until.ts'

/* Buyers over HTTP whose purchase worker dies; the booking worker is scripted. */

let purchasing: Purchasing
let url: string
test.before(async () => {
  // Short provider calls make short leases: what a dead worker left is soon taken over.
  purchasing = await startPurchasing({ env: { PROVIDER_TIMEOUT_MS: '500' } })
  url = (await purchasing.system.start('gateway')).url
})
test.after.always(() => purchasing?.stop())

/** Buys, has the worker killed while it waits for the booking worker's answer to this step, and starts another one. */
async function buyAmidDeath(step: 'begin-payment' | 'confirm-hold', key?: string): Promise<Answer> {
  const { booking, system } = purchasing
  const { hold, purchase } = purchasing.newPurchase()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const reached = new Promise<void>((resolve) => {
    booking.script.beforeAnswer = (name) => {
      if (name !== step || hold.attempt === 0) return undefined
      resolve()
      return released
    }
  })
  const answering = ask(`${url}/purchase`, {
    headers: key === undefined ? {} : { 'idempotency-key': key },
    json: { user_id: purchase.userId, ...purchase.request },
  })
  await Promise.race([
    reached,
    answering.then(({ text }) => {
      throw new Error(`it was answered before its worker died: ${text}`)
    }),
  ])
  await system.processes('purchase').at(-1)?.kill()
  delete booking.script.beforeAnswer
  release()
  await system.start('purchase')
  return answering
}

/** Follows the Location, as it is given, until the purchase has ended. */
async function followToEnd({ headers }: Answer): Promise<Answer['body']> {
  const location = headers.get('location') ?? ''
  let view: Answer | undefined
  await until('the purchase has ended', async () => {
    view = await ask(new URL(location, url).href)
    if (view.status !== 200) throw new Error(view.text)
    return view.body.status !== 'processing'
  })
  return view?.body
}

test.serial(
  'a purchase whose worker dies after the money was reserved is answered where it can be read, and is bought',
  async (t) => {
    const key = `key/${randomUUID()}?#%`
    const answer = await buyAmidDeath('confirm-hold', key)
    t.is(answer.status, 202, answer.text)
    t.true(purchaseHold.deadlineMs <= 5_000)
    t.like(answer.body, { status: 'processing', idempotency_key: key })
    const end = await followToEnd(answer)
    t.like(end, { status: 'bought', idempotency_key: key })
    t.is(purchasing.booking.hold(end.hold_id).bookingId, end.booking_id)
  },
)

test.serial('a purchase whose worker dies before anybody was asked for money says to send it again', async (t) => {
  const answer = await buyAmidDeath('begin-payment')
  t.is(answer.status, 202, answer.text)
  const end = await followToEnd(answer)
  t.is(end.status, 'not_started')
  t.regex(end.message, /send the purchase again/)
  t.is(purchasing.booking.hold(end.hold_id).status, 'active')
})

test.serial('a purchase that nobody knows, or that is of another buyer, is not found', async (t) => {
  const { purchase } = purchasing.newPurchase()
  const bought = await ask(`${url}/purchase`, {
    headers: { 'idempotency-key': purchase.key },
    json: { user_id: purchase.userId, ...purchase.request },
  })
  t.is(bought.status, 201, bought.text)
  const view = (key: string, user: string) => ask(`${url}/purchases/${key}?user_id=${user}`)
  t.like((await view(purchase.key, purchase.userId)).body, { status: 'bought', booking_id: bought.body.id })
  t.is((await view(purchase.key, 'stranger')).status, 404)
  t.is((await view(randomUUID(), purchase.userId)).status, 404)
})

test.serial(
  'a key whose request still runs may be repeated, says the text and so does the answer for programs',
  async (t) => {
    const { booking } = purchasing
    const { purchase } = purchasing.newPurchase()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
    booking.script.beforeAnswer = (name) => {
      if (name !== 'confirm-hold') return undefined
      reach()
      return released
    }
    const buy = (): Promise<Answer> =>
      ask(`${url}/purchase`, {
        headers: { 'idempotency-key': purchase.key },
        json: { user_id: purchase.userId, ...purchase.request },
      })
    const first = buy()
    await reached
    const { body } = await buy()
    delete booking.script.beforeAnswer
    release()
    t.like(body, { code: 'idempotency_key_in_use', retryable: true })
    t.regex(body.detail, /repeat it in a moment/)
    await first
    t.is((await buy()).body.status, 'confirmed')
  },
)
