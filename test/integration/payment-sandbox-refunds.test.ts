import { randomUUID } from 'node:crypto'
import test from 'ava'
import { forFile } from '../support/for-file.ts'
import { ask } from '../support/http.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { Sandbox } from '../support/sandbox.ts'
import { sharedSandbox } from '../support/shared-systems.ts'

const system = sharedSandbox()
const db = forFile(async () => openPostgres(system.databaseUrl))

const sandbox = new Sandbox(system)

async function authorise(token = 'tok_ok'): Promise<string> {
  const key = randomUUID()
  await sandbox.charge(key, { token })
  return key
}

async function inLedger(key: string): Promise<unknown> {
  const { body } = await sandbox.get('/ledger?limit=1000')
  return body.items.find((item: { idempotency_key: string }) => item.idempotency_key === key)
}

test('a captured charge is refunded in parts until nothing is left, and the ledger says so', async (t) => {
  const key = await sandbox.captured()
  const refundKey = randomUUID()
  const first = await sandbox.refund(key, 2_000, refundKey)
  t.is(first.status, 201)
  t.like(first.body, { idempotency_key: key, amount_minor: 5_000, refunded_minor: 2_000, state: 'captured' })
  t.deepEqual(Object.keys(first.body.refund), ['id', 'idempotency_key', 'amount_minor'])
  t.like(first.body.refund, { idempotency_key: refundKey, amount_minor: 2_000 })
  t.like(await inLedger(key), { refunded_minor: 2_000, state: 'captured' })

  const tooMuch = await sandbox.refund(key, 3_001)
  t.is(tooMuch.status, 409)
  t.like(tooMuch.body, { code: 'refund_exceeds_charge', amount_minor: 5_000, refunded_minor: 2_000, state: 'captured' })

  const rest = await sandbox.refund(key, 3_000)
  t.is(rest.status, 201)
  t.like(rest.body, { refunded_minor: 5_000, state: 'refunded' })
  t.like(await inLedger(key), { refunded_minor: 5_000, state: 'refunded' })
  t.is((await sandbox.refund(key, 1)).body.code, 'refund_exceeds_charge')
  t.like(await sandbox.act(key, 'capture'), { status: 200, body: { state: 'refunded' } })
  t.like(await sandbox.act(key, 'void'), { status: 409, body: { state: 'refunded' } })
})

test('a refund that is asked for again is answered again and moves no money', async (t) => {
  const key = await sandbox.captured()
  const refundKey = randomUUID()
  const answers = await Promise.all(Array.from({ length: 20 }, () => sandbox.refund(key, 400, refundKey)))
  t.deepEqual(answers.map(({ status }) => status).sort(), [...Array.from({ length: 19 }, () => 200), 201])
  t.is(new Set(answers.map(({ body }) => body.refund.id)).size, 1)
  t.is((await sandbox.get(`/charges/${key}`)).body.refunded_minor, 400)

  const found = await sandbox.get(`/charges/${key}/refunds/${refundKey}`)
  t.is(found.status, 200)
  t.deepEqual(found.body, answers[0]?.body)

  await sandbox.refund(key, 4_600)
  const late = await sandbox.refund(key, 400, refundKey)
  t.is(late.status, 200)
  t.like(late.body, { refunded_minor: 5_000, state: 'refunded' })
})

test("a refund's key stands for one amount and one charge", async (t) => {
  const [key, other] = [await sandbox.captured(), await sandbox.captured()]
  const refundKey = randomUUID()
  await sandbox.refund(key, 100, refundKey)
  for (const reused of [await sandbox.refund(key, 101, refundKey), await sandbox.refund(other, 100, refundKey)]) {
    t.is(reused.status, 409)
    t.deepEqual(reused.body, { code: 'idempotency_key_reused' })
  }
  t.is((await sandbox.get(`/charges/${other}/refunds/${refundKey}`)).body.code, 'refund_not_found')

  for (let round = 1; round <= 5; round += 1) {
    const contested = randomUUID()
    const both = await Promise.all([sandbox.refund(key, 10, contested), sandbox.refund(other, 10, contested)])
    t.deepEqual(both.map(({ status }) => status).sort(), [201, 409])
  }
  const [one, two] = [await sandbox.get(`/charges/${key}`), await sandbox.get(`/charges/${other}`)]
  t.is(one.body.refunded_minor + two.body.refunded_minor, 150)
})

test('fifty refunds at once never give back more than was captured', async (t) => {
  const key = await sandbox.captured()
  const answers = await Promise.all(Array.from({ length: 50 }, () => sandbox.refund(key, 300)))
  const given = answers.filter(({ status }) => status === 201)
  t.is(given.length, 16)
  t.true(answers.every(({ status, body }) => status === 201 || body.code === 'refund_exceeds_charge'))
  t.like((await sandbox.get(`/charges/${key}`)).body, { refunded_minor: 4_800, state: 'captured' })
})

test('a charge that was never captured cannot be refunded', async (t) => {
  const voided = await authorise()
  await sandbox.act(voided, 'void')
  const tombstone = randomUUID()
  await sandbox.act(tombstone, 'void')
  const refused = await authorise('tok_capture_fails')
  await sandbox.act(refused, 'capture')
  for (const key of [await authorise(), await authorise('tok_declined'), voided, tombstone, refused]) {
    const answer = await sandbox.refund(key, 1)
    t.is(answer.status, 409)
    t.deepEqual(answer.body, { code: 'not_captured' })
  }
  t.is((await sandbox.refund(randomUUID(), 1)).status, 404)
})

test('bad refunds are refused as JSON and leave nothing behind', async (t) => {
  const key = await sandbox.captured()
  const url = `${sandbox.url}/charges/${key}/refunds`
  const headers = { 'idempotency-key': randomUUID(), 'content-type': 'application/json' }
  const bodies = ['{', '[]', 'null', '', '{}', '{"amount_minor":1,"reason":"x"}', '{"amount_minor":1e400}']
  const answers = await Promise.all([
    ...bodies.map((raw) => ask(url, { method: 'POST', headers, raw })),
    ...[0, -1, 1.5, '1', null, 2 ** 53].map((amount) => sandbox.refund(key, amount)),
    ask(url, { json: { amount_minor: 1 } }),
    sandbox.refund(key, 1, 'k'.repeat(201)),
    sandbox.refund('a%00b', 1),
    sandbox.get(`/charges/${key}/refunds/a%00b`),
  ])
  for (const answer of answers) {
    t.like(answer, { status: 400, body: { code: 'bad_request' } }, answer.text)
    t.notRegex(answer.text, /at .*\.ts/)
  }
  t.deepEqual((await sandbox.get(`/charges/${key}/refunds/${randomUUID()}`)).body, { code: 'refund_not_found' })
  t.is((await sandbox.get(`/charges/${randomUUID()}/refunds/${randomUUID()}`)).status, 404)
  t.is((await sandbox.get(`/charges/${key}`)).body.refunded_minor, 0)
})

test('the database itself refuses money that is given back twice, too early or out of nothing', async (t) => {
  const [full, open] = [await sandbox.captured(), await authorise()]
  await sandbox.refund(full, 5_000)
  const wrong = [
    [`UPDATE sandbox.charges SET refunded_minor = 5001 WHERE idempotency_key = $1`, full],
    [`UPDATE sandbox.charges SET state = 'captured' WHERE idempotency_key = $1`, full],
    [`UPDATE sandbox.charges SET refunded_minor = 1 WHERE idempotency_key = $1`, open],
    [`UPDATE sandbox.charges SET state = 'refunded' WHERE idempotency_key = $1`, open],
    [`UPDATE sandbox.charges SET state = 'captured', refunded_minor = 1 WHERE idempotency_key = $1`, open],
    [
      `INSERT INTO sandbox.refunds SELECT gen_random_uuid(), id, gen_random_uuid()::text, 1
       FROM sandbox.charges WHERE idempotency_key = $1`,
      open,
    ],
    [
      `DELETE FROM sandbox.refunds USING sandbox.charges
       WHERE charges.id = charge_id AND charges.idempotency_key = $1`,
      full,
    ],
  ] as const
  for (const [statement, key] of wrong) {
    const error = await t.throwsAsync<Error & { code: string }>(db.query(statement, [key]), undefined, statement)
    t.is(error?.code, '23514', statement)
  }
})
