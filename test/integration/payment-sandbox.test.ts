import { randomUUID } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { ask } from '../support/http.ts'
import { allPages } from '../support/pages.ts'
import { Sandbox } from '../support/sandbox.ts'
import { sharedSandbox } from '../support/shared-systems.ts'
import { until } from '../support/until.ts'

const system = sharedSandbox()
const sandbox = new Sandbox(system)

test('the first log line says name and port', async (t) => {
  let first = ''
  // Lines of a moment are written together, a moment later.
  await until('there is one', () => {
    first = system.processes('sandbox')[0]?.output().split('\n')[0] ?? ''
    return first !== ''
  })
  const { name, port, msg } = JSON.parse(first)
  t.is(name, 'payment-sandbox')
  t.is(`http://127.0.0.1:${port}`, system.paymentUrl)
  t.regex(msg, new RegExp(`payment sandbox .* ${system.paymentUrl}`))
})

test('a charge is authorised, then captured, and each step may be repeated', async (t) => {
  const key = randomUUID()
  const authorised = await sandbox.charge(key)
  t.is(authorised.status, 201)
  t.like(authorised.body, { idempotency_key: key, amount_minor: 5_000, currency: 'EUR', state: 'authorised' })
  t.deepEqual((await sandbox.charge(key)).body, authorised.body)
  for (const _ of ['once', 'again']) {
    const captured = await sandbox.act(key, 'capture')
    t.is(captured.status, 200)
    t.deepEqual(captured.body, { ...authorised.body, state: 'captured' })
  }
  t.like(await sandbox.act(key, 'void'), { status: 409, body: { state: 'captured' } })
})

test('many requests with one key at once make one charge', async (t) => {
  const key = randomUUID()
  const answers = await Promise.all(Array.from({ length: 20 }, () => sandbox.charge(key)))
  t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  t.is(new Set(answers.map(({ body }) => body.id)).size, 1)
})

test('a key that comes with another request is refused', async (t) => {
  const key = randomUUID()
  await sandbox.charge(key)
  for (const other of [{ amountMinor: 1 }, { token: 'tok_declined' }]) {
    t.like(await sandbox.charge(key, other), { status: 409, body: { code: 'idempotency_key_reused' } })
  }
})

test('a declined charge says why, stays declined and can be neither captured nor voided', async (t) => {
  const key = randomUUID()
  const declined = await sandbox.charge(key, { token: 'tok_declined' })
  t.is(declined.status, 402)
  t.like(declined.body, { state: 'declined', decline_code: 'card_declined' })
  t.deepEqual((await sandbox.charge(key, { token: 'tok_declined' })).body, declined.body)
  t.is((await sandbox.act(key, 'capture')).status, 409)
  t.is((await sandbox.act(key, 'void')).body.state, 'declined')
  const unknown = await sandbox.charge(randomUUID(), { token: 'tok_never_heard_of' })
  t.is(unknown.body.decline_code, 'unknown_token')
})

test('a key voided before its charge arrives is refused when it does', async (t) => {
  const key = randomUUID()
  t.is((await sandbox.get(`/charges/${key}`)).status, 404)
  t.is((await sandbox.act(key, 'capture')).status, 404)
  for (const _ of ['once', 'again']) t.is((await sandbox.act(key, 'void')).status, 200)
  t.like(await sandbox.charge(key), { status: 409, body: { state: 'voided' } })
  t.is((await sandbox.act(key, 'capture')).status, 409)
})

test('a charge and a void of one key at once end voided', async (t) => {
  for (let round = 1; round <= 10; round += 1) {
    const key = randomUUID()
    await Promise.all([sandbox.charge(key), sandbox.act(key, 'void')])
    await sandbox.act(key, 'void')
    t.is((await sandbox.get(`/charges/${key}`)).body.state, 'voided')
  }
})

/** A charge for whose answer its client waits until the test is over. */
function chargeWithoutAnswer(t: ExecutionContext, key: string, token: string): { isAnswered(): boolean } {
  const body = JSON.stringify({ amount_minor: 5_000, currency: 'EUR', token })
  const headers = { 'idempotency-key': key, 'content-type': 'application/json' }
  const over = new AbortController()
  t.teardown(() => over.abort())
  let isAnswered = false
  fetch(`${sandbox.url}/charges`, { method: 'POST', headers, body, signal: over.signal }).then(
    () => (isAnswered = true),
    () => undefined,
  )
  return { isAnswered: () => isAnswered }
}

test('tok_timeout_then_ok authorises without answering, and answers the repetition', async (t) => {
  const key = randomUUID()
  const first = chargeWithoutAnswer(t, key, 'tok_timeout_then_ok')
  const state = async () => (await sandbox.get(`/charges/${key}`)).body.state
  await until('the charge is made', async () => (await state()) === 'authorised')
  t.is((await sandbox.charge(key, { token: 'tok_timeout_then_ok' })).status, 201)
  t.false(first.isAnswered())
})

test('tok_timeout_then_fail is lost on its way: no answer and no charge', async (t) => {
  const key = randomUUID()
  const lost = chargeWithoutAnswer(t, key, 'tok_timeout_then_fail')
  // What is sent after it is done: it would be, too.
  for (let later = 0; later < 5; later += 1) t.is((await sandbox.charge(randomUUID())).status, 201)
  t.is((await sandbox.get(`/charges/${key}`)).status, 404)
  t.false(lost.isAnswered())
})

test('tok_capture_fails is authorised, but its capture is refused for good', async (t) => {
  const key = randomUUID()
  const token = 'tok_capture_fails'
  t.is((await sandbox.charge(key, { token })).body.state, 'authorised')
  const refused = { state: 'declined', decline_code: 'capture_refused' }
  for (const _ of ['once', 'again']) {
    t.like(await sandbox.act(key, 'capture'), { status: 409, body: { idempotency_key: key, ...refused } })
  }
  t.like(await sandbox.get(`/charges/${key}`), { status: 200, body: refused })
  t.like(await sandbox.act(key, 'void'), { status: 409, body: refused })
  t.like(await sandbox.charge(key, { token }), { status: 402, body: refused })

  const voided = randomUUID()
  await sandbox.charge(voided, { token })
  t.like(await sandbox.act(voided, 'void'), { status: 200, body: { state: 'voided' } })
})

test('tok_slow answers after three seconds', async (t) => {
  const begun = performance.now()
  t.is((await sandbox.charge(randomUUID(), { token: 'tok_slow' })).status, 201)
  const tookMs = performance.now() - begun
  t.true(tookMs > 2_900 && tookMs < 10_000, `took ${tookMs} ms`)
})

interface Charge {
  readonly id: string
  readonly idempotency_key: string
}

test('the ledger shows every charge once, page by page, and no tombstones', async (t) => {
  const keys: string[] = Array.from({ length: 7 }, () => randomUUID())
  for (const key of keys) await sandbox.charge(key)
  const tombstone = randomUUID()
  await sandbox.act(tombstone, 'void')
  const pages = await allPages<Charge>(async ({ cursor }) => {
    const { status, body } = await sandbox.get(`/ledger?limit=3${cursor === undefined ? '' : `&cursor=${cursor}`}`)
    t.is(status, 200)
    return body
  })
  t.true(pages.every((page) => page.length <= 3))
  for (const item of pages.flat()) {
    t.is(typeof item.id, 'string')
    if (keys.includes(item.idempotency_key)) t.like(item, { refunded_minor: 0, currency: 'EUR' })
  }
  const seen = pages.flat().map((item) => item.idempotency_key)
  t.is(new Set(seen).size, seen.length)
  t.true(keys.every((key) => seen.includes(key)))
  t.false(seen.includes(tombstone))
})

test('bad input is refused as JSON and leaves nothing behind', async (t) => {
  const key = randomUUID()
  const headers = { 'idempotency-key': key, 'content-type': 'application/json' }
  const good = { amount_minor: 1, currency: 'EUR', token: 'tok_ok' }
  const url = `${sandbox.url}/charges`
  const wrong = [{ amount_minor: 0 }, { amount_minor: '1' }, { currency: 'eur' }, { token: 'a\0b' }, { token: '' }]
  const bodies = ['{', '[]', 'null', '', '{}']
  for (const members of [{ more: 1 }, ...wrong]) bodies.push(JSON.stringify({ ...good, ...members }))
  const answers = await Promise.all([
    ...bodies.map((raw) => ask(url, { method: 'POST', headers, raw })),
    ask(url, { json: good }),
    ask(url, { json: good, headers: { 'idempotency-key': 'k'.repeat(201) } }),
    ask(url, { method: 'POST', raw: JSON.stringify(good), headers: { ...headers, 'content-type': 'text/plain' } }),
    ...['/charges/a%00b', '/ledger?limit=0', '/ledger?cursor=x', '/ledger?foo=1'].map((path) => sandbox.get(path)),
  ])
  for (const answer of answers) {
    t.like(answer, { status: 400, body: { code: 'bad_request' } }, answer.text)
    t.notRegex(answer.text, /at .*\.ts/)
  }
  const tooLarge = JSON.stringify({ ...good, token: 'x'.repeat(5_000) })
  t.is((await ask(url, { method: 'POST', headers, raw: tooLarge })).status, 413)
  for (const path of ['/nothing', '/charges/%zz', `/charges/${key}`]) t.is((await sandbox.get(path)).status, 404, path)
})
