import { randomUUID } from 'node:crypto'
import test from 'ava'
import { purchaseHold } from '#shared/contracts/purchase.ts'
import { forFile } from '../support/for-file.ts'
import { type Answer, ask } from '../support/http.ts'
import { startPurchasing } from '../support/purchasing.ts'
import { until } from '../support/until.ts'

/* Buyers over HTTP whose purchase worker dies; the booking worker is scripted. */

// Short provider calls make short leases: what a dead worker left is soon taken over. A busy machine answers them all the same.
const purchasing = forFile(() => startPurchasing({ env: { PROVIDER_TIMEOUT_MS: '1500' } }))
let url: string
test.before(async () => {
  url = (await purchasing.system.start('gateway')).url
})

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
  const hasEnded = async (): Promise<boolean> => {
    view = await ask(new URL(location, url).href)
    if (view.status !== 200) throw new Error(view.text)
    return view.body.status !== 'processing'
  }
  await until('the purchase has ended', hasEnded, { timeoutMs: 30_000 })
  return view?.body
}

test.serial('a purchase whose worker dies after the authorisation is answered with a link, and bought', async (t) => {
  const key = `key/${randomUUID()}?#%`
  const answer = await buyAmidDeath('confirm-hold', key)
  t.is(answer.status, 202, answer.text)
  t.true(purchaseHold.deadlineMs <= 5_000)
  t.like(answer.body, { status: 'processing', idempotency_key: key })
  const end = await followToEnd(answer)
  t.like(end, { status: 'bought', idempotency_key: key })
  t.is(purchasing.booking.hold(end.hold_id).bookingId, end.booking_id)
})

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
