import test from 'ava'
import fc from 'fast-check'
import { logLine } from '#shared/observability/log.ts'
import { createRedact, secretsOf } from '#shared/observability/redact.ts'
import { always } from '../support/always.ts'
import { anyText } from '../support/any-text.ts'

const webhookSecret = 'a plain sentence that signs webhooks'
const redact = createRedact([webhookSecret])

/** Each with a part that must not be seen afterwards. */
const planted: readonly (readonly [string, string])[] = [
  ['4111 1111 1111 1111', '1111 1111'],
  ['4242424242424242', '42424242'],
  ['3782-822463-10005', '822463'],
  ['Authorization: Bearer abc.def-123', 'def-123'],
  ['bearer 0123456789abcdef', '0123456789'],
  ['authorization=Basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
  ['Cookie: session=deadbeef; theme=dark', 'deadbeef'],
  ['"set-cookie":"sid=cafebabe; HttpOnly"', 'cafebabe'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjUifQ.c2lnbmF0dXJl', 'eyJzdWIiOiIxMjUifQ'],
  ['tok_visa_debit', 'visa_debit'],
  ['sk_live_51Habc', '51Habc'],
  ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  ['org_k95uayk9DV_EA_d3NSjJl4QvJeGkgi2Q', 'k95uayk9DV'],
  ['door_k95uayk9DV_EA_d3NSjJl4QvJeGkgi2Q', 'k95uayk9DV'],
  ['postgres://ticketing:h0rse-battery@db:5432/ticketing', 'h0rse-battery'],
  ['postgres://ticketing:with/sl@sh@db/ticketing', 'sl@sh'],
  ['postgres://ticketing:12345/abcd@db/ticketing', '12345/abcd'],
  ['nats://gateway:h0rse@a:4222,nats://gateway:b4ttery@b:4222', 'b4ttery'],
  ['rediss://:only-a-password@cache:6380', 'only-a-password'],
  ['nats://token-of-nats@127.0.0.1:4222', 'token-of-nats'],
  ['/purchase?payment_token=abcdef&x=1', 'abcdef'],
  ['/purchase?payment%5Ftoken%3Dabcdef', 'abcdef'],
  ['/purchase?password%253Dcorrect-horse', 'correct-horse'],
  ['note=4111+1111+1111+1111', '1111+1111'],
  ['note=4111%201111%201111%201111', '1111%201111'],
  ['{"password":"correct horse"}', 'correct horse'],
  [`{\\"password\\":\\"correct horse\\"}`, 'correct horse'],
  ['{"password":"hun\\"ter2secret"}', 'ter2secret'],
  [JSON.stringify('{"password":"hun\\"ter2secret"}'), 'ter2secret'],
  [JSON.stringify(JSON.stringify('{"password":"hun\\"ter2secret"}')), 'ter2secret'],
  ['{"token":["a","hunter2"]}', 'hunter2'],
  ['{"token":["a]","hunter2"]}', 'hunter2'],
  ['{"token":{"value":"hunter2"}}', 'hunter2'],
  ['{"token":["a",["hunter2"]]}', 'hunter2'],
  ['host=db pass=correct-horse', 'correct-horse'],
  ["password: 'correct horse'", 'correct horse'],
  ['api_key=abcdef', 'abcdef'],
  ['X-Api-Key: abcdef', 'abcdef'],
  [webhookSecret, 'plain sentence'],
  [encodeURIComponent(webhookSecret), 'plain%20sentence'],
]

const lineOf = (fields: Record<string, unknown>): string =>
  logLine({ name: 'gateway', msg: 'something happened', level: 50, ...fields }, redact)

test('every kind of secret is removed from a text', (t) => {
  for (const [text, secret] of planted) {
    t.true(text.includes(secret), text)
    t.false(redact(text).includes(secret), `${text} became ${redact(text)}`)
  }
})

test('texts without secrets stay unchanged', (t) => {
  for (const text of [
    'a hold that cannot be paid for was not released',
    'AZoAAAAAcACAAAAAAAAAAQGiCsamKHSpmO1q1-q1Lpo',
    'cd929304-4d3f-4d54-9e3e-bf0fe316b37f',
    '41111111-1111-4111-8111-111111111111',
    'c0ffee00c0ffee00c0ffee00c0ffee00',
    '4111111111111112',
    '2026-11-25T20:18:02.123Z',
    'http://127.0.0.1:8080/events?q=Bj%C3%B6rk&city=%C5%81%C3%B3d%C5%BA',
    'http://127.0.0.1:8080/@scope/package',
    'connect ECONNREFUSED 127.0.0.1:5432',
    'GET /events 100 %',
    "Unexpected token 'a', not JSON",
    'at file:///srv/app/gateway/main.ts:10:41',
    '１２ Łódź ½',
  ]) {
    t.is(redact(text), text)
  }
  t.is(redact('postgres://ticketing:h0rse@db:5432/x'), 'postgres://[redacted]@db:5432/x')
  t.is(redact('{"token":["a]","b"],"seat":3}'), '{"token":[redacted],"seat":3}')
  t.is(redact('{"password":"a\\"b","seat":3}'), '{"password":[redacted],"seat":3}')
  t.is(redact('/a?user_id=7&payment_token=tok_x&seat=3'), '/a?user_id=7&payment_token=[redacted]&seat=3')
})

test('a secret is removed whatever surrounds it, anywhere in a record', (t) => {
  const around = anyText({ maxLength: 40 })
  const secret = fc.constantFrom(...planted)
  always(t, { of: [secret, around, around], times: 500 }, ([text, hidden], before, behind) => {
    const value = `${before}\n${text}\n${behind}`
    const error = new Error(value, { cause: new AggregateError([new TypeError(value)], value) })
    const circular: Record<string, unknown> = { value }
    circular.self = circular
    const fields = {
      value,
      error,
      err: error,
      deep: [[{ value }]],
      [`name ${value}`]: 1,
      url: new Map([[1, value]]),
      circular,
    }
    const line = lineOf({ ...fields, nested: { [value]: { [value]: value } }, msg: value })
    // The names on the first level are our own.
    const { [`name ${value}`]: _ours, ...rest } = JSON.parse(line)
    return !JSON.stringify(rest).includes(JSON.stringify(hidden).slice(1, -1))
  })
})

test('redacting twice changes no more than redacting once', (t) => {
  const piece = fc.oneof(anyText({ maxLength: 30 }), fc.constantFrom(...planted.map(([text]) => text)))
  always(t, { of: [fc.array(piece, { maxLength: 6 })], times: 500 }, (pieces) => {
    const once = redact(pieces.join(' '))
    return redact(once) === once
  })
})

test('a line parses as JSON, is one line and shorter than 64 KB, whatever is logged', (t) => {
  const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true })
  const huge = fc.constantFrom('\u0000'.repeat(100_000), '\ud800'.repeat(100_000), '"'.repeat(1e6), 'é'.repeat(50_000))
  const fields = fc.dictionary(fc.string(), fc.oneof(anything, huge))
  always(t, { of: [fields, huge], times: 200 }, (fields, message) => {
    const line = lineOf({ fields, list: [fields, fields, message], msg: message, err: new Error(message) })
    JSON.parse(line)
    return line.endsWith('}\n') && line.indexOf('\n') === line.length - 1 && line.length < 65_536
  })
})

test('values other than texts are bounded too', (t) => {
  const many = <T>(value: T): T[] => Array.from({ length: 100 }, () => value)
  const asMembers = (value: unknown) => Object.fromEntries(many(value).map((each, index) => [index, each]))
  const numbers = [1.234567890123456e-7, 12_345_678_901]
  for (const value of [...numbers, true, null, undefined, () => 1, new Uint8Array(9), new Date(0), [], {}]) {
    const asLists = many(many(many(value)))
    for (const fields of [asLists, asMembers(asMembers(asMembers(value))), many({ token: 'a', value })]) {
      const line = lineOf({ fields })
      t.true(line.length < 65_536, `${line.length} characters: ${line.slice(0, 200)}`)
    }
  }
  t.deepEqual(JSON.parse(lineOf({ fields: many(many(7)) })).fields.at(-1), '… 55 more')
})

test('half a secret is not shown at the cut of a long text', (t) => {
  for (const [text, hidden] of planted) {
    for (let length = 4_000; length < 5_200; length += 7) {
      const { value } = JSON.parse(lineOf({ value: `${'x '.repeat(length / 2)}${text} ${'y '.repeat(1_000)}` }))
      const shownHalf = hidden.slice(0, Math.ceil(hidden.length / 2) + 3)
      if (value.includes(shownHalf)) return t.fail(`${text} after ${length}: ${value.slice(-60)}`)
    }
  }
  t.pass()
})

test('an unreadable value costs its own member only', (t) => {
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const throwing = {
    get broken(): string {
      throw new Error('password=abcdef')
    },
  }
  const line = JSON.parse(
    lineOf({ revoked: revoked.proxy, throwing, fine: 1, work: () => 1, bytes: Buffer.from('secret'), big: 2n ** 70n }),
  )
  t.like(line, { fine: 1, work: '[function]', bytes: '[6 bytes]', big: String(2n ** 70n), msg: 'something happened' })
  t.regex(line.throwing, /unreadable.*\[redacted\]/)
  t.regex(line.revoked, /unreadable/)
})

test('values with telling names and card numbers are removed; errors keep their code and their causes', (t) => {
  const cause = Object.assign(new Error('ended'), { code: 'ECONNRESET' })
  const line = JSON.parse(
    lineOf({
      payment_token: 'plain',
      headers: { cookie: ['a', 'b'], 'x-api-key': 7, host: 'example.org' },
      card: 4111111111111111,
      amount_minor: 32_000,
      at: new Date(0),
      err: new Error('lost', { cause }),
    }),
  )
  t.like(line, {
    payment_token: '[redacted]',
    headers: { cookie: '[redacted]', 'x-api-key': '[redacted]', host: 'example.org' },
    card: '[redacted]',
    amount_minor: 32_000,
    at: '1970-01-01T00:00:00.000Z',
    err: { name: 'Error', message: 'lost', cause: { message: 'ended', code: 'ECONNRESET' } },
  })
})

test('hostile texts are redacted quickly', (t) => {
  // CPU time: the machine may be busy with other tests.
  const begin = process.threadCpuUsage()
  for (const piece of [...'://|://a:|a@|eyJ|4 |%41|token=|cookie|"|bearer |org_|key"'.split('|'), '\u200b4']) {
    lineOf({ value: piece.repeat(300_000), err: new Error(piece.repeat(300_000)) })
  }
  const { user, system } = process.threadCpuUsage(begin)
  t.true(user + system < 2_000_000, `${user + system} µs`)
})

test('the secrets of a process are found by the names of its settings and in its connection strings', (t) => {
  const secrets = secretsOf({
    ORGANISER_KEY: 'org_0123456789abcdef',
    sessionSecret: 'a long sentence',
    DATABASE_URL: 'postgres://ticketing:h%C3%B6rse-battery@db/ticketing',
    REDIS_URL: 'redis://default:default@cache',
    jwt: { publicKey: '-----BEGIN PUBLIC KEY-----', issuer: 'https://id.example.org' },
    JWT_PUBLIC_KEY: '-----BEGIN PUBLIC KEY-----',
    STRIPE_KEY: 'short',
    INSTANCE: 'gateway-1',
    PORT: 8080,
  })
  t.deepEqual(secrets.sort(), ['a long sentence', 'hörse-battery', 'h%C3%B6rse-battery', 'org_0123456789abcdef'].sort())
})

test('the password of every node of a cluster is found, plain and decoded', (t) => {
  const secrets = secretsOf({
    NATS_URL: 'nats://gateway:h0rse-battery@a:4222,nats://gateway:h0rse%40staple@b:4222',
    REDIS_URL: 'redis+cluster://:only-a-password@a:1,b:2',
    PUBLIC_URL: 'http://127.0.0.1:8080,http://127.0.0.1:8081',
    ORGANISER_KEY: 'org_1+1%41',
  })
  const expected = ['h0rse%40staple', 'h0rse-battery', 'h0rse@staple', 'only-a-password', 'org_1 1A', 'org_1+1%41']
  t.deepEqual(secrets.sort(), expected)
})

test('a secret that looks like one of our ids is redacted', (t) => {
  const [secret, id] = ['c0ffee00c0ffee00c0ffee00c0ffee00', '0ddba11c0ffee00c0ffee00c0ffee00c']
  const redactKnown = createRedact([secret])
  t.deepEqual([redactKnown(secret), redactKnown(id)], ['[redacted]', id])
})
