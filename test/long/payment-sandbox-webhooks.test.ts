import { randomUUID } from 'node:crypto'
import test from 'ava'
import { verifyWebhook } from '#shared/webhook-signature.ts'
import { forFile } from '../support/for-file.ts'
import { type Answer, ask } from '../support/http.ts'
import { webhookSecret as secret, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { type ReceivedWebhook, startWebhookReceiver } from '../support/webhook-receiver.ts'

/** What is answered to callbacks about the charges of these keys; 200 to all others. */
const answers = new Map<string, 'hang'>()

const receiver = forFile(() => startWebhookReceiver(({ body }) => answers.get(body.charge.idempotency_key) ?? 200))
const system = forFile(() =>
  startSystem({
    counts: { gateway: 0, event: 0, booking: 0, purchase: 0 },
    env: { PAYMENT_WEBHOOK_URL: receiver.url },
  }),
)

interface ChargeOptions {
  readonly key?: string
  readonly token?: string
  readonly at?: string
}

function charge({ key = randomUUID(), token = 'tok_ok', at = system.paymentUrl }: ChargeOptions): Promise<Answer> {
  const json = { amount_minor: 5_000, currency: 'EUR', token }
  return ask(`${at}/charges`, { headers: { 'idempotency-key': key }, json })
}

function post(path: string): Promise<Answer> {
  return ask(system.paymentUrl + path, { method: 'POST' })
}

function refund(key: string, amountMinor: number): Promise<Answer> {
  const headers = { 'idempotency-key': randomUUID() }
  return ask(`${system.paymentUrl}/charges/${key}/refunds`, { headers, json: { amount_minor: amountMinor } })
}

/** All callbacks about a charge once there are that many, in the order of the changes they tell. */
async function callbacksAbout(key: string, count: number): Promise<ReceivedWebhook[]> {
  await until(`${count} callbacks`, () => receiver.about(key).length >= count)
  return receiver.about(key).toSorted((one, other) => (one.body.id < other.body.id ? -1 : 1))
}

/** Once this returns, callbacks that were due before have been sent. */
async function untilEarlierOnesWereSent(): Promise<void> {
  const key = randomUUID()
  await charge({ key })
  await callbacksAbout(key, 1)
}

test.serial('each change of a charge is sent, with the charge right after it', async (t) => {
  const key = randomUUID()
  const authorised = await charge({ key })
  const captured = await post(`/charges/${key}/capture`)
  const part = await refund(key, 2_000)
  const rest = await refund(key, 3_000)
  await post(`/charges/${key}/capture`)
  const told = (await callbacksAbout(key, 4)).map(({ body }) => body)
  t.is(told.length, 4)
  t.like(told[0], { type: 'charge.authorised', charge: authorised.body })
  t.like(told[1], { type: 'charge.captured', charge: captured.body })
  t.false('refund' in told[1])
  for (const [index, answer] of [part, rest].entries()) {
    const { refund, ...chargeThen } = answer.body
    t.like(told[index + 2], { type: 'charge.refunded', charge: chargeThen, refund })
  }
  t.deepEqual(Object.keys(told[3]), ['id', 'type', 'created', 'charge', 'refund'])
  t.is(new Set(told.map(({ id }) => id)).size, 4)
  t.true(told.every(({ created }) => Math.abs(created - Date.now() / 1_000) < 30))
})

test.serial('declines and voids are sent, tombstones are not', async (t) => {
  const [declined, voided, refused, tombstone] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  await charge({ key: declined, token: 'tok_declined' })
  await charge({ key: voided })
  await charge({ key: refused, token: 'tok_capture_fails' })
  await post(`/charges/${voided}/void`)
  await post(`/charges/${refused}/capture`)
  await post(`/charges/${tombstone}/void`)
  await charge({ key: tombstone })
  const types = async (key: string, count: number): Promise<string[]> =>
    (await callbacksAbout(key, count)).map(({ body }) => `${body.type} ${body.charge.decline_code}`)
  t.deepEqual(await types(declined, 1), ['charge.declined card_declined'])
  t.deepEqual(await types(voided, 2), ['charge.authorised null', 'charge.voided null'])
  t.deepEqual(await types(refused, 2), ['charge.authorised null', 'charge.declined capture_refused'])
  await untilEarlierOnesWereSent()
  t.deepEqual(receiver.about(tombstone), [])
})

test.serial('a callback is signed over its raw bytes and the moment of its attempt', async (t) => {
  const key = randomUUID()
  await charge({ key })
  const [callback] = await callbacksAbout(key, 1)
  if (callback === undefined) return t.fail()
  const { raw, signature } = callback
  const believes = (changes: object): boolean =>
    verifyWebhook({ secret, body: raw, header: signature, now: Date.now(), ...changes })
  t.regex(signature, /^t=\d+,v1=[0-9a-f]{64}$/)
  t.true(believes({}))
  t.false(believes({ secret: 'another secret for tests' }))
  t.false(believes({ body: JSON.stringify({ ...callback.body, type: 'charge.captured' }) }))
  t.false(believes({ now: Date.now() + 600_000 }))
})

test.serial('every callback about tok_webhook_twice comes twice, in the same bytes', async (t) => {
  const key = randomUUID()
  await charge({ key, token: 'tok_webhook_twice' })
  await post(`/charges/${key}/capture`)
  const callbacks = await callbacksAbout(key, 4)
  const types = callbacks.map(({ body }) => body.type)
  t.deepEqual(types, ['charge.authorised', 'charge.authorised', 'charge.captured', 'charge.captured'])
  t.is(new Set(callbacks.map(({ raw }) => raw.toString())).size, 2)
})

test.serial('no callback comes about tok_webhook_never', async (t) => {
  const key = randomUUID()
  await charge({ key, token: 'tok_webhook_never' })
  t.is((await post(`/charges/${key}/capture`)).status, 200)
  await untilEarlierOnesWereSent()
  t.deepEqual(receiver.about(key), [])
})

test.serial('the callback about tok_webhook_before_reply comes before its request is answered', async (t) => {
  for (let time = 1; time <= 5; time += 1) {
    const key = randomUUID()
    const begun = performance.now()
    t.is((await charge({ key, token: 'tok_webhook_before_reply' })).status, 201)
    // Nor does it wait for more than two seconds for a receiver that a busy machine makes slow.
    t.true(receiver.about(key).length === 1 || performance.now() - begun > 1_900)
  }
  const key = randomUUID()
  answers.set(key, 'hang')
  const begun = performance.now()
  t.is((await charge({ key, token: 'tok_webhook_before_reply' })).status, 201)
  const tookMs = performance.now() - begun
  answers.delete(key)
  t.true(tookMs > 1_900 && tookMs < 10_000, `took ${tookMs} ms`)
})

test.serial('a callback comes about tok_timeout_then_ok, although its request is never answered', async (t) => {
  const key = randomUUID()
  const body = JSON.stringify({ amount_minor: 5_000, currency: 'EUR', token: 'tok_timeout_then_ok' })
  const headers = { 'idempotency-key': key, 'content-type': 'application/json' }
  const leaving = new AbortController()
  const request = { method: 'POST', headers, body, signal: leaving.signal }
  const unanswered = fetch(`${system.paymentUrl}/charges`, request).then(
    () => 'answered',
    () => 'left',
  )
  t.is((await callbacksAbout(key, 1))[0]?.body.type, 'charge.authorised')
  // Time for an answer.
  await untilEarlierOnesWereSent()
  leaving.abort()
  t.is(await unanswered, 'left')
})

test.serial('with delays and copies callbacks come late, several times and out of order', async (t) => {
  const late = await system.start('sandbox', { WEBHOOK_DELAY_MS: '300-1000', WEBHOOK_COPIES: '2' })
  const keys = Array.from({ length: 12 }, () => randomUUID())
  const begun = performance.now()
  for (const key of keys) await charge({ key, at: late.url })
  const callbacks = (await Promise.all(keys.map((key) => callbacksAbout(key, 2)))).flat()
  t.is(callbacks.length, 24)
  t.is(new Set(callbacks.map(({ body }) => body.id)).size, 12)
  t.true(callbacks.every(({ at }) => at - begun >= 300))
  const ids = callbacks.toSorted((one, other) => one.at - other.at).map(({ body }) => body.id)
  t.notDeepEqual(ids, ids.toSorted())
  await late.stop()
})

test.serial('an endpoint set at run time wins over the one set at start', async (t) => {
  const other = await startWebhookReceiver()
  const url = `${system.paymentUrl}/webhook-endpoint`
  const put = (json: unknown): Promise<Answer> => ask(url, { method: 'PUT', json })
  const wrong = [
    'ftp://x/',
    'x',
    '',
    'http://me:pw@127.0.0.1/',
    'javascript:0',
    `http://x/${'y'.repeat(2_000)}`,
    7,
    null,
  ]
  for (const json of [...wrong.map((bad) => ({ url: bad })), {}, [], { url: other.url, more: 1 }]) {
    const refused = await put(json)
    t.is(refused.status, 400, JSON.stringify(json).slice(0, 100))
    t.is(refused.body.code, 'bad_request')
  }
  const set = await put({ url: other.url })
  t.is(set.status, 200)
  t.deepEqual(set.body, { url: other.url })
  const key = randomUUID()
  await charge({ key })
  await until('the other endpoint is told', () => other.about(key).length === 1)
  t.deepEqual(receiver.about(key), [])
  await other.stop()
})
