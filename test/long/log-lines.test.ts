import test from 'ava'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { startProcess } from '../support/process.ts'
import { sendRaw } from '../support/raw-http.ts'
import { doorKey, organiserKey, startSystem, webhookSecret } from '../support/system.ts'
import { until } from '../support/until.ts'

const sessionSecret = 'a secret for tests that is long enough'
const databasePassword = 'h0rse-battery'
const card = '4242424242424242'
const paymentToken = 'tok_visa_5ecret'
const bearer = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0aGllZiJ9.5ignature'
const cookie = 'c00kie-0f-a-buyer'
const secrets = [
  organiserKey,
  doorKey,
  webhookSecret,
  sessionSecret,
  databasePassword,
  card,
  '5ecret',
  '5ignature',
  cookie,
]

const hostile = [
  'a\nb',
  '{"level":60,"msg":"forged"}\n{"level":60}',
  '\u001b[2J\u001b]0;title\u0007',
  'nul\0byte',
  '\ud800 alone',
  '"\\"\\\\"',
  '\u2028\u2029\u202e',
  'x'.repeat(8_000),
  '../../etc/passwd',
  '__proto__',
  card,
  paymentToken,
  organiserKey,
  doorKey,
  bearer,
  webhookSecret,
  `Bearer ${bearer}`,
  `sid=${cookie}`,
  `https://user:${databasePassword}@example.org/?token=${paymentToken}`,
]

const system = forFile(() => startSystem({ env: { LOG_LEVEL: 'trace', RATE_LIMITS: 'off' } }))

/** A request whose id, path, query, headers and body all hold the text, as bytes that no client library would send. */
function rawRequest(text: string, path: string): Buffer {
  const body = Buffer.concat([
    Buffer.from(`{"user_id":${JSON.stringify(text)},"payment_token":"${paymentToken}","note":"`),
    Buffer.from([0xc3, 0x28, 0xff]),
    Buffer.from(`${text}"}`),
  ])
  const head = [
    `POST ${path}/${text}?user_id=${text}&payment_token=${paymentToken}&card=${card} HTTP/1.1`,
    'Host: localhost',
    `X-Request-Id: ${text}`,
    `Authorization: Bearer ${bearer}`,
    `Cookie: sid=${cookie}`,
    `Idempotency-Key: ${text}`,
    `traceparent: 00-${text}-01`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    '\r\n',
  ]
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), body])
}

async function sendHostile(eventId: string, text: string): Promise<void> {
  const { url } = system
  const encoded = encodeURIComponent(text.toWellFormed())
  const sane = /^[\w.:-]{1,128}$/.test(text) ? { 'x-request-id': text } : undefined
  const json = { user_id: text, seat_nos: [text], payment_token: text, [text]: { [text]: text } }
  await Promise.all([
    sendRaw(url, rawRequest(text, '/purchase')),
    sendRaw(url, rawRequest(encoded, '/bookings')),
    ask(`${url}/bookings?user_id=${encoded}`, { ...(sane && { headers: sane }) }),
    ask(`${url}/events/${encoded}?${encoded}=${encoded}`),
    ask(`${url}/events?cursor=${encoded}&q=${encoded}`),
    ask(`${url}/events/${eventId}/holds`, { json }),
    ask(`${url}/purchase`, { json, headers: { authorization: `Bearer ${bearer}`, cookie: `sid=${cookie}` } }),
    ask(`${url}/purchase`, { json: { event_id: eventId, seat_nos: [3], payment_token: paymentToken, user_id: text } }),
    ask(`${url}/purchase`, {
      raw: `{"payment_token":"${paymentToken}", ${text}`,
      headers: { 'content-type': 'application/json' },
    }),
    ask(`${url}/admin/session`, { json: { key: text } }),
    ask(`${url}/webhooks/sandbox`, { raw: text, headers: { 'ticketing-signature': encoded } }),
    ask(`${url}/admin/events/${encoded}/publish`, {
      method: 'POST',
      headers: { authorization: `Bearer ${organiserKey}` },
    }),
  ])
}

interface Line {
  readonly instance: string
  readonly text: string
}

/** All that was written, but for what a process's memory of its output has cut at the front. */
function linesOf(processes: readonly { instance: string; output(): string }[]): Line[] {
  return processes.flatMap(({ instance, output }) => {
    const lines = output().split('\n')
    return lines.slice(output().length < 50_000 ? 0 : 1, -1).map((text) => ({ instance, text }))
  })
}

test('under hostile requests every line of every process is JSON of one shape, bounded, and without secrets', async (t) => {
  const kinds = ['gateway', 'event', 'booking', 'purchase', 'sandbox'] as const
  const processes = kinds.flatMap((kind) => system.processes(kind))
  const eventId = await eventOnSale(system.url)
  const seen: Line[] = []
  for (const text of hostile) {
    await sendHostile(eventId, text)
    seen.push(...linesOf(processes))
  }
  await system.redis.kill()
  await ask(`${system.url}/events?limit=1`)
  await until('the gateway logs the outage', () => /redis became unavailable/.test(system.gateways[0]?.output() ?? ''))
  seen.push(...linesOf(processes))

  for (const { instance, text } of seen) {
    const line = JSON.parse(text)
    const { hostname, pid, level, msg, time, v, request_id = '', trace_id = '0'.repeat(32) } = line
    t.like(line, { instance, v: 0 }, text)
    t.true(typeof line.name === 'string' && typeof hostname === 'string' && typeof msg === 'string', text)
    t.true([10, 20, 30, 40, 50, 60].includes(level) && Number.isInteger(pid) && v === 0, text)
    t.is(new Date(time).toISOString(), time)
    t.true(typeof request_id === 'string' && /^[\da-f]{32}$/.test(trace_id), text)
    t.true(text.length < 64 * 1024)
    for (const secret of secrets) t.false(text.includes(secret), text)
  }
  const statuses = new Set(seen.map(({ text }) => JSON.parse(text).status))
  for (const status of [200, 400, 401, 404]) t.true(statuses.has(status), String(status))
  // An id that would be masked is replaced by a new one, for log, spans and answer alike.
  t.false(seen.some(({ text }) => text.includes('"request_id":"[redacted]"')))
})

test('a process that cannot reach its database logs no password', async (t) => {
  const env = {
    NATS_URL: `nats://ticketing:${databasePassword}@127.0.0.1:9`,
    DATABASE_URL: `postgres://ticketing:${databasePassword}@127.0.0.1:9/ticketing`,
    OTEL_SDK_DISABLED: 'true',
  }
  const error = await t.throwsAsync(startProcess({ kind: 'booking', instance: 'booking-9', env }))
  t.regex(error.message, /could not start/)
  t.false(error.message.includes(databasePassword))
})
