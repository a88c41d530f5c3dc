import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import { createLogger } from '#shared/observability/log.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { GatewayMetrics } from '../../gateway/metrics.ts'
import { answerUnreadable } from '../../gateway/unreadable-requests.ts'
import { exchangeRaw } from '../support/raw-http.ts'
import { type System, startSystem } from '../support/system.ts'

/* What is no request that anybody could read hears so as clearly as any other mistake. */

let system: System
test.before(async () => {
  system = await startSystem({ counts: { booking: 0, purchase: 0, sandbox: 0 } })
})
test.after.always(() => system.stop())

interface Answer {
  readonly status: number
  readonly head: string
  readonly body: Record<string, unknown>
}

function parsed(reply: string): Answer {
  const [head = '', body = ''] = reply.split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), head, body: JSON.parse(body) }
}

for (const [what, request] of Object.entries({
  'a URL in raw UTF-8': Buffer.from('GET /events?city=Zürich HTTP/1.1\r\nHost: x\r\n\r\n'),
  'a greeting of TLS': Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]),
  'two lengths of one body': 'POST /holds HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
  'no HTTP at all': 'HELO example.org\r\n\r\n',
  'an HTTP of the future': 'GET /events HTTP/9.9\r\nHost: x\r\n\r\n',
})) {
  test(`${what} is answered 400 as a problem, and the connection ends`, async (t) => {
    const { status, head, body } = parsed(await exchangeRaw(system.url, request))
    t.is(status, 400)
    t.regex(head, /\r\nContent-Type: application\/problem\+json\r\n/)
    t.regex(head, /\r\nConnection: close$/)
    t.like(body, { status: 400, code: 'malformed_request', retryable: false, type: '/problems/malformed_request' })
    t.regex(head, new RegExp(`\r\nX-Request-Id: ${body.request_id}\r\n`))
  })
}

test('a head beyond what is read is answered 431, and says how much may come', async (t) => {
  const cookie = 'c'.repeat(60_000)
  const { status, body } = parsed(
    await exchangeRaw(system.url, `GET /events HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`),
  )
  t.is(status, 431)
  t.like(body, { code: 'head_too_large', detail: 'The URL and the headers may have 49,152 bytes together.' })
})

test('what could be read before it is answered, and is the last that is', async (t) => {
  const good = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
  const reply = await exchangeRaw(system.url, `${good}\u0001${good}`)
  t.true(reply.split('HTTP/1.1 ').length <= 3)
  t.regex(reply, /malformed_request/)
  t.is((await fetch(`${system.url}/events`)).status, 200)
})

test('operators see how many there were', async (t) => {
  await exchangeRaw(system.url, 'nonsense\r\n\r\n')
  const text = await (await fetch(`${system.url}/metrics`)).text()
  t.regex(text, /http_request_method="_OTHER",http_route="\(none\)",http_response_status_code="400"/)
})

test('a request that does not come whole in time is answered 408; amid an answer nothing is said', async (t) => {
  const log = createLogger({ name: 'gateway', instance: 'test', level: 'fatal' })
  const parts = { log, metrics: new GatewayMetrics(new Metrics('test')) }
  const settings = { headersTimeout: 50, requestTimeout: 50, connectionsCheckingInterval: 10 }
  const server = createServer(settings, (req, res) => {
    req.on('error', () => undefined)
    res.write('begun')
  }).on('clientError', answerUnreadable(parts))
  server.listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const slow = parsed(await exchangeRaw(url, 'GET /events HTTP/1.1\r\nHost: x\r\n'))
  t.is(slow.status, 408)
  t.like(slow.body, { code: 'request_too_slow', retryable: true })
  const begun = await exchangeRaw(url, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf')
  t.regex(begun, /^HTTP\/1\.1 200 OK\r\n/)
  t.notRegex(begun, /408/)
})
