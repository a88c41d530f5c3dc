import { randomUUID } from 'node:crypto'
import test from 'ava'
import { signWebhook } from '#shared/webhook-signature.ts'
import { Link } from '../../infra/system/links.ts'
import { forFile } from '../support/for-file.ts'
import { ask } from '../support/http.ts'
import { openBus } from '../support/open-bus.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { startPurchasing } from '../support/purchasing.ts'
import { webhookSecret as secret } from '../support/system.ts'
import { until } from '../support/until.ts'
import { startWebhookForwarder } from '../support/webhook-forwarder.ts'

/* The purchase worker, the payment sandbox and its webhooks, each a real process. */

const purchasing = forFile(() => startPurchasing({ workers: 0 }))
/** Between the purchase worker and the provider. */
const link = forFile(() =>
  Link.start({ targetPort: () => Number(new URL(purchasing.system.paymentUrl).port), replies: 'to client' }),
)
const bus = forFile(() => openBus(purchasing.system.natsUrls.operator))
const db = forFile(async () => openPostgres(purchasing.system.databaseUrl))
const webhooks = forFile(() => startWebhookForwarder(bus))
test.before(async () => {
  const { paymentUrl, start } = purchasing.system
  await start('purchase', { PAYMENT_URL: `http://127.0.0.1:${link.port}` })
  await ask(`${paymentUrl}/webhook-endpoint`, { method: 'PUT', json: { url: webhooks.url } })
})

const signed = (body: string, at = Date.now()): string => signWebhook({ secret, body, at })

function eventAbout(chargeKey: string, state: string, id = randomUUID()): string {
  const charge = { id: randomUUID(), idempotency_key: chargeKey, amount_minor: 1, refunded_minor: 0, currency: 'EUR' }
  const event = { id, type: `charge.${state}`, created: 0, charge: { ...charge, state, decline_code: null } }
  return JSON.stringify(event)
}

const inboxOf = async (id: string): Promise<number> =>
  (await db.query('SELECT FROM purchase.provider_inbox WHERE provider_event_id = $1', [id])).length
const heardAbout = (amountMinor: number) =>
  webhooks.forwarded.filter(({ body }) => JSON.parse(body).charge.amount_minor === amountMinor)

test.serial('a webhook that is forged, altered or too old is refused, and nothing of it is kept', async (t) => {
  const id = randomUUID()
  const body = eventAbout('some charge', 'captured', id)
  const now = Date.now()
  const forgeries: Record<string, [string, string]> = {
    'no signature': [body, ''],
    'another secret': [body, signWebhook({ secret: 'somebody else entirely', body, at: now })],
    'another body': [body.replace('"amount_minor":1', '"amount_minor":2'), signed(body)],
    'one blank more': [`${body} `, signed(body)],
    'another time': [body, signed(body, now - 5_000).replace(/t=\d+/, `t=${Math.floor(now / 1_000)}`)],
    'too old': [body, signed(body, now - 301_000)],
    'from the future': [body, signed(body, now + 310_000)],
  }
  for (const [what, forgery] of Object.entries(forgeries))
    t.is(await webhooks.deliver(...forgery), 'bad_signature', what)
  t.is(await inboxOf(id), 0)
  t.is(await webhooks.deliver(body, signed(body, now - 290_000)), 'applied')
  t.is(await inboxOf(id), 1)
})

test.serial('what nobody understands yet is kept once and answered, and what makes no sense is refused', async (t) => {
  const id = randomUUID()
  const later = JSON.stringify({ id, type: 'payout.paid', charge: 'something new' })
  t.is(await webhooks.deliver(later, signed(later)), 'applied')
  t.is(await webhooks.deliver(later, signed(later)), 'duplicate')
  t.is(await inboxOf(id), 1)
  const incomplete = `{"id":"${id} 2","type":"charge.captured"}`
  for (const senseless of ['', '{', '[]', '{"id":"x"}', incomplete, '{"id":"\\u0000","type":"x"}']) {
    t.is(await webhooks.deliver(senseless, signed(senseless)), 'validation_failed', senseless)
  }
})

test.serial('a signed webhook is kept as it came, whatever characters and depth it has', async (t) => {
  const id = randomUUID()
  const charge = { idempotency_key: 'some charge', state: 'declined', decline_code: 'x' }
  const ofCharge = (number: number, members: object): string =>
    JSON.stringify({ id: `${id} ${number}`, type: 'charge.declined', charge: { ...charge, ...members } })
  const bodies = [
    `{"id":"${id} 1","type":"payout.paid","note":"\\ud800"}`,
    `{"id":"${id} 2","type":"payout.paid","note":"\\u0000"}`,
    `{"id":"${id} 3","type":"payout.paid","deep":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
    `{"id":"${id} 4","type":"\\ud800\\u0000"}`,
    `{"id":"${id} 5","type":"charge.voided","charge":{"idempotency_key":"some charge","state":"voided"}, "\\u0000":"\\ud800"}`,
    ofCharge(6, { decline_code: 'lost \ud800 and \0' }),
    ofCharge(7, { idempotency_key: 'nobody \ud800' }),
    ofCharge(8, { idempotency_key: 'nobody \0' }),
  ]
  for (const [index, body] of bodies.entries()) {
    t.is(await webhooks.deliver(body, signed(body)), 'applied', body.slice(0, 100))
    t.is(await webhooks.deliver(body, signed(body)), 'duplicate')
    const sql = 'SELECT body FROM purchase.provider_inbox WHERE provider_event_id = $1'
    t.deepEqual(await db.query(sql, [`${id} ${index + 1}`]), [{ body }])
  }
})

test.serial('what a provider says why it declined reaches the buyer without what no database keeps', async (t) => {
  const { hold, purchase } = purchasing.newPurchase({ totalMinor: 9_102, token: 'tok_timeout_then_fail' })
  const buying = purchasing.refusalOf(purchase)
  const sql = `SELECT provider_key FROM purchase.payments WHERE user_id = $1 AND status IN ('authorising', 'unknown')`
  let key = ''
  await until('the provider was asked', async () => {
    const [payment] = await db.query<{ provider_key: string }>(sql, [purchase.userId])
    key = payment?.provider_key ?? ''
    return key !== ''
  })
  const charge = { idempotency_key: key, state: 'declined', decline_code: 'lost \0card\ud800' }
  const body = JSON.stringify({ id: randomUUID(), type: 'charge.declined', charge })
  t.is(await webhooks.deliver(body, signed(body)), 'applied')
  const { code, extra } = await buying
  t.is(code, 'payment_declined')
  t.deepEqual(extra, { failure: 'declined', decline_code: 'lost card\ufffd', hold_id: hold.id })
})

test.serial('while its payment is locked a webhook is refused, not answered 2xx, and applied later', async (t) => {
  const { hold, purchase } = purchasing.newPurchase({ totalMinor: 9_101 })
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  purchasing.booking.script.beforeAnswer = (name) =>
    name === 'begin-payment' && hold.attempt > 0 ? released : undefined
  const buying = purchasing.buy(purchase)
  await until('the payment is there', () => hold.attempt === 1)
  const id = randomUUID()
  const body = await db.transaction(async (locking) => {
    const lock = 'SELECT provider_key FROM purchase.payments WHERE user_id = $1 FOR UPDATE'
    const [payment] = await locking.query<{ provider_key: string }>(lock, [purchase.userId])
    const body = eventAbout(payment?.provider_key ?? '', 'authorised', id)
    t.is(await webhooks.deliver(body, signed(body)), 'overloaded')
    t.is(await inboxOf(id), 0)
    return body
  })
  delete purchasing.booking.script.beforeAnswer
  release()
  t.is(await webhooks.deliver(body, signed(body)), 'applied')
  t.is((await buying).booking.status, 'confirmed')
})

test.serial('webhooks that come twice, before the reply, or never make one charge and one booking each', async (t) => {
  const tokens = ['tok_ok', 'tok_webhook_twice', 'tok_webhook_before_reply', 'tok_webhook_never', 'tok_timeout_then_ok']
  const holds = await Promise.all(
    tokens.map(async (token, index) => {
      const { hold, purchase } = purchasing.newPurchase({ token, totalMinor: 9_001 + index })
      t.is((await purchasing.buy(purchase)).booking.status, 'confirmed', token)
      return hold
    }),
  )
  for (const { totalMinor, attempt } of holds) {
    t.is(attempt, 1)
    t.like(await purchasing.chargesOf(totalMinor), { 0: { state: 'captured' }, length: 1 })
  }
  await until('all is told', () => [2, 4, 2, 0, 2].every((count, index) => heardAbout(9_001 + index).length >= count))
  const outcomes = heardAbout(9_002).map(({ outcome }) => outcome)
  t.deepEqual(outcomes.toSorted(), ['applied', 'applied', 'duplicate', 'duplicate'])
})

test.serial('money whose answer is lost is known from its webhook: the buyer waits for no time-out', async (t) => {
  const { purchase } = purchasing.newPurchase({ totalMinor: 9_201, token: 'tok_timeout_then_ok' })
  const begin = performance.now()
  const { booking } = await purchasing.buy(purchase)
  const ms = performance.now() - begin
  t.log(`bought after ${Math.round(ms)} ms, with a time-out of 5000 ms`)
  t.true(ms < 4_500)
  t.like(booking, { status: 'confirmed', payment: { status: 'captured' } })
  t.like(await purchasing.chargesOf(9_201), { 0: { state: 'captured' }, length: 1 })
})

test.serial('a capture whose answer never comes is known from its webhook', async (t) => {
  const { purchase } = purchasing.newPurchase({ totalMinor: 9_202 })
  link.intercept({ request: /^POST \/charges\/[^/ ]+\/capture /, when: 'after', act: () => undefined })
  const begin = performance.now()
  const { booking } = await purchasing.buy(purchase)
  t.true(performance.now() - begin < 4_500)
  t.like(booking, { status: 'confirmed', payment: { status: 'captured', captured_minor: 9_202 } })
})

test.serial('a capture that is refused gives the seats back, and the buyer is told so once and for all', async (t) => {
  const { hold, purchase } = purchasing.newPurchase({ totalMinor: 9_301, token: 'tok_capture_fails' })
  const refusal = await purchasing.refusalOf(purchase)
  t.is(refusal.code, 'payment_declined')
  t.is(refusal.message, 'The money could not be taken. Nothing was charged, and your seats were released.')
  t.is(refusal.extra.decline_code, 'capture_refused')
  t.like(hold, { bookingStatus: 'cancelled', cancelledFor: 'capture_refused', payment: { status: 'failed' } })
  t.like(await purchasing.chargesOf(9_301), { 0: { state: 'declined' }, length: 1 })
  t.is((await purchasing.refusalOf(purchase)).message, refusal.message)
  const [payment] = await db.query(
    'SELECT status, failure, decline_code, next_check_at FROM purchase.payments WHERE user_id = $1',
    [purchase.userId],
  )
  const failed = { status: 'failed', failure: 'capture_refused', decline_code: 'capture_refused' }
  t.deepEqual(payment, { ...failed, next_check_at: null })
})

test.after('nothing that was answered 2xx was left undone, and nothing is open', async (t) => {
  await until('every payment is settled', async () => {
    return (await db.query('SELECT FROM purchase.payments WHERE next_check_at IS NOT NULL')).length === 0
  })
  await until('every end of a payment is published', async () => {
    return (await db.query('SELECT FROM purchase.outbox WHERE published_at IS NULL')).length === 0
  })
  const [facts] = await db.query<{ ends: number; facts: number }>(
    `SELECT (SELECT count(*) FROM purchase.payments WHERE booking_id IS NOT NULL) AS ends,
       (SELECT count(DISTINCT payload->>'payment_id') FROM purchase.outbox) AS facts`,
  )
  t.is(facts?.ends, facts?.facts)
  const answered = webhooks.forwarded.filter(({ outcome }) => outcome === 'applied')
  for (const { body } of answered) t.is(await inboxOf(JSON.parse(body).id), 1)
})
