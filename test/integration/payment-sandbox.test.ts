import { randomUUID } from 'node:crypto'
import test from 'ava'
import { type Answer, ask } from '../support/http.ts'
import { sharedSandbox } from '../support/shared-systems.ts'
import { until } from '../support/until.ts'

const system = sharedSandbox()

interface ChargeOptions {
  readonly key?: string
  readonly token?: string
  readonly amountMinor?: number
}

const charge = ({ key = randomUUID(), token = 'tok_ok', amountMinor = 5_000 }: ChargeOptions = {}): Promise<Answer> =>
  ask(`${system.paymentUrl}/charges`, {
    headers: { 'idempotency-key': key },
    json: { amount_minor: amountMinor, currency: 'EUR', token },
  })

const post = (path: string): Promise<Answer> => ask(system.paymentUrl + path, { method: 'POST' })

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
  const authorised = await charge({ key })
  t.is(authorised.status, 201)
  t.like(authorised.body, { idempotency_key: key, amount_minor: 5_000, currency: 'EUR', state: 'authorised' })
  t.deepEqual((await charge({ key })).body, authorised.body)
  for (let time = 1; time <= 2; time += 1) {
    const captured = await post(`/charges/${key}/capture`)
    t.is(captured.status, 200)
    t.deepEqual(captured.body, { ...authorised.body, state: 'captured' })
  }
  const voided = await post(`/charges/${key}/void`)
  t.like(voided, { status: 409, body: { state: 'captured' } })
})

test('many requests with one key at once make one charge', async (t) => {
  const key = randomUUID()
  const answers = await Promise.all(Array.from({ length: 20 }, () => charge({ key })))
  t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  t.is(new Set(answers.map(({ body }) => body.id)).size, 1)
})

test('a key that comes with another request is refused', async (t) => {
  const key = randomUUID()
  await charge({ key })
  for (const other of [await charge({ key, amountMinor: 1 }), await charge({ key, token: 'tok_declined' })]) {
    t.is(other.status, 409)
    t.deepEqual(other.body, { code: 'idempotency_key_reused' })
  }
})

test('a declined charge says why, stays declined and can be neither captured nor voided', async (t) => {
  const key = randomUUID()
  const declined = await charge({ key, token: 'tok_declined' })
  t.is(declined.status, 402)
  t.like(declined.body, { state: 'declined', decline_code: 'card_declined' })
  t.deepEqual((await charge({ key, token: 'tok_declined' })).body, declined.body)
  t.is((await post(`/charges/${key}/capture`)).status, 409)
  t.is((await post(`/charges/${key}/void`)).body.state, 'declined')
  t.is((await charge({ token: 'tok_never_heard_of' })).body.decline_code, 'unknown_token')
})

test('a key voided before its charge arrives is refused when it does', async (t) => {
  const key = randomUUID()
  t.is((await ask(`${system.paymentUrl}/charges/${key}`)).status, 404)
  t.is((await post(`/charges/${key}/capture`)).status, 404)
  for (let time = 1; time <= 2; time += 1) t.is((await post(`/charges/${key}/void`)).status, 200)
  const late = await charge({ key })
  t.like(late, { status: 409, body: { state: 'voided' } })
  t.is((await post(`/charges/${key}/capture`)).status, 409)
})

test('a charge and a void of one key at once end voided', async (t) => {
  for (let round = 1; round <= 10; round += 1) {
    const key = randomUUID()
    await Promise.all([charge({ key }), post(`/charges/${key}/void`)])
    await post(`/charges/${key}/void`)
    t.is((await ask(`${system.paymentUrl}/charges/${key}`)).body.state, 'voided')
  }
})

test('tok_timeout_then_ok authorises without answering, and answers the repetition', async (t) => {
  const key = randomUUID()
  const url = `${system.paymentUrl}/charges`
  const body = JSON.stringify({ amount_minor: 5_000, currency: 'EUR', token: 'tok_timeout_then_ok' })
  const headers = { 'idempotency-key': key, 'content-type': 'application/json' }
  await t.throwsAsync(fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(300) }))
  await until('the charge is made', async () => (await ask(`${url}/${key}`)).body.state === 'authorised')
  t.is((await charge({ key, token: 'tok_timeout_then_ok' })).status, 201)
})

test('tok_timeout_then_fail is lost on its way: no answer and no charge', async (t) => {
  const key = randomUUID()
  const url = `${system.paymentUrl}/charges`
  const body = JSON.stringify({ amount_minor: 5_000, currency: 'EUR', token: 'tok_timeout_then_fail' })
  const headers = { 'idempotency-key': key, 'content-type': 'application/json' }
  await t.throwsAsync(fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(300) }))
  t.is((await ask(`${url}/${key}`)).status, 404)
})

test('tok_capture_fails is authorised, but its capture is refused for good', async (t) => {
  const key = randomUUID()
  t.is((await charge({ key, token: 'tok_capture_fails' })).body.state, 'authorised')
  for (let time = 1; time <= 2; time += 1) {
    const refused = await post(`/charges/${key}/capture`)
    t.is(refused.status, 409)
    t.like(refused.body, { idempotency_key: key, state: 'declined', decline_code: 'capture_refused' })
  }
  t.like(await ask(`${system.paymentUrl}/charges/${key}`), { status: 200, body: { decline_code: 'capture_refused' } })
  t.like(await post(`/charges/${key}/void`), { status: 409, body: { state: 'declined' } })
  t.like(await charge({ key, token: 'tok_capture_fails' }), { status: 402, body: { decline_code: 'capture_refused' } })

  const voided = randomUUID()
  await charge({ key: voided, token: 'tok_capture_fails' })
  t.like(await post(`/charges/${voided}/void`), { status: 200, body: { state: 'voided' } })
})

test('tok_slow answers after three seconds', async (t) => {
  const begun = performance.now()
  t.is((await charge({ token: 'tok_slow' })).status, 201)
  const tookMs = performance.now() - begun
  t.true(tookMs > 2_900 && tookMs < 4_500, `took ${tookMs} ms`)
})

test('the ledger shows every charge once, page by page, and no tombstones', async (t) => {
  const keys = Array.from({ length: 7 }, () => randomUUID())
  for (const key of keys) await charge({ key })
  const tombstone = randomUUID()
  await post(`/charges/${tombstone}/void`)
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: Answer = await ask(`${system.paymentUrl}/ledger?limit=3${cursor && `&cursor=${cursor}`}`)
    t.is(page.status, 200)
    t.true(page.body.items.length <= 3)
    for (const item of page.body.items) {
      t.is(typeof item.id, 'string')
      if (keys.includes(item.idempotency_key)) t.like(item, { refunded_minor: 0, currency: 'EUR' })
      seen.push(item.idempotency_key)
    }
    cursor = page.body.next_cursor
  }
  t.is(new Set(seen).size, seen.length)
  t.true(keys.every((key) => seen.includes(key)))
  t.false(seen.includes(tombstone))
})

test('bad input is refused as JSON and leaves nothing behind', async (t) => {
  const key = randomUUID()
  const headers = { 'idempotency-key': key, 'content-type': 'application/json' }
  const good = { amount_minor: 1, currency: 'EUR', token: 'tok_ok' }
  const url = `${system.paymentUrl}/charges`
  const bodies = ['{', '[]', 'null', '', '{}', JSON.stringify({ ...good, more: 1 })]
  for (const wrong of [
    { amount_minor: 0 },
    { amount_minor: '1' },
    { currency: 'eur' },
    { token: 'a\0b' },
    { token: '' },
  ]) {
    bodies.push(JSON.stringify({ ...good, ...wrong }))
  }
  const answers = await Promise.all([
    ...bodies.map((raw) => ask(url, { method: 'POST', headers, raw })),
    ask(url, { json: good }),
    ask(url, { json: good, headers: { 'idempotency-key': 'k'.repeat(201) } }),
    ask(url, { method: 'POST', raw: JSON.stringify(good), headers: { ...headers, 'content-type': 'text/plain' } }),
    ask(`${url}/a%00b`),
    ask(`${system.paymentUrl}/ledger?limit=0`),
    ask(`${system.paymentUrl}/ledger?cursor=x`),
    ask(`${system.paymentUrl}/ledger?foo=1`),
  ])
  for (const answer of answers) {
    t.like(answer, { status: 400, body: { code: 'bad_request' } }, answer.text)
    t.notRegex(answer.text, /at .*\.ts/)
  }
  const tooLarge = await ask(url, {
    method: 'POST',
    headers,
    raw: JSON.stringify({ ...good, token: 'x'.repeat(5_000) }),
  })
  t.is(tooLarge.status, 413)
  t.is((await ask(`${system.paymentUrl}/nothing`)).status, 404)
  t.is((await ask(`${url}/%zz`)).status, 404)
  t.is((await ask(`${url}/${key}`)).status, 404)
})
