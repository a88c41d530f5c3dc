import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { Metrics } from '#shared/observability/metrics.ts'
import { ClientAddresses } from '../../gateway/http/client-address.ts'
import { answerClientError } from '../../gateway/http/client-error.ts'
import { Connections } from '../../gateway/http/connections.ts'
import { GatewayMetrics } from '../../gateway/metrics.ts'
import { metricOf } from '../support/metrics.ts'
import { exchangeRaw } from '../support/raw-http.ts'
import { sharedLimitedSystem } from '../support/shared-systems.ts'

/* What nobody could read as a request hears so as clearly as of every other mistake. */

const system = sharedLimitedSystem()

interface Answer {
  readonly status: number
  readonly head: string
  readonly body: Record<string, unknown>
}

function parsed(reply: string): Answer {
  const [head = '', body = ''] = reply.split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), head, body: JSON.parse(body) }
}

/** First lines of all answers. */
const statusLines = (reply: string): string[] => reply.match(/HTTP\/1\.1 \d{3}/g) ?? []

for (const [what, { request, detail }] of Object.entries({
  'a URL in raw UTF-8': {
    request: Buffer.from('GET /events?city=Zürich HTTP/1.1\r\nHost: x\r\n\r\n'),
    detail: /Percent-encode/,
  },
  'a greeting of TLS': { request: Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]), detail: /Invalid method/ },
  'two lengths of one body': {
    request: 'POST /holds HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
    detail: /Content-Length/,
  },
  'no HTTP at all': { request: 'HELO example.org\r\n\r\n', detail: /Invalid method/ },
  'an HTTP of the future': { request: 'GET /events HTTP/9.9\r\nHost: x\r\n\r\n', detail: /Invalid HTTP version/ },
  'a body in chunks that are none': {
    request:
      'POST /session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    detail: /chunk size/,
  },
})) {
  test(`${what} is answered 400 as a problem, and the connection ends`, async (t) => {
    const { status, head, body } = parsed(await exchangeRaw(system.url, request))
    t.is(status, 400)
    t.regex(head, /\r\nContent-Type: application\/problem\+json\r\n/)
    t.regex(head, /\r\nConnection: close$/)
    t.like(body, { status: 400, code: 'malformed_request', retryable: false, type: '/problems/malformed_request' })
    t.regex(String(body.detail), detail)
    t.regex(head, new RegExp(`\r\nX-Request-Id: ${body.request_id}\r\n`))
  })
}

test('a head that is too large is answered 431, with the largest size that is read', async (t) => {
  const cookie = 'c'.repeat(60_000)
  const { status, body } = parsed(
    await exchangeRaw(system.url, `GET /events HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`),
  )
  t.is(status, 431)
  t.like(body, { code: 'head_too_large', detail: 'The URL and the headers together may have at most 49,152 bytes.' })
})

test('operators see how many there were', async (t) => {
  await exchangeRaw(system.url, 'nonsense\r\n\r\n')
  t.true((await metricOf(system.url, 'http_server_unreadable_requests_total', 'code="malformed_request"')) > 0)
})

const request = (body: string, length = body.length): string =>
  `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n${body}`

const chunked = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n'

test('a request that does not come whole in time is answered 408, its body too unless an answer has begun', async (t) => {
  const silent = await serve(t, () => undefined, 500)
  for (const late of ['GET /events HTTP/1.1\r\nHost: x\r\n', request('half', 9)]) {
    const { status, body } = parsed(await exchangeRaw(silent, late))
    t.is(status, 408)
    t.like(body, { code: 'request_too_slow', retryable: true })
  }
  const hasty = await serve(t, (_, res) => res.write('begun'), 3_000)
  t.deepEqual(statusLines(await exchangeRaw(hasty, request('half', 9))), ['HTTP/1.1 200'])
})

test('a connection that asks for nothing ends without a word', async (t) => {
  t.is(await exchangeRaw(await serve(t, () => undefined, 100), ''), '')
})

test('nonsense behind a request is never taken for its answer: the client does not know what came of it', async (t) => {
  let asked = 0
  const patient = await serve(t, () => (asked += 1))
  t.is(await exchangeRaw(patient, `${request('{}')}\u0001`), '')
  t.is(asked, 1)
  // Nor where further requests wait, the last of them with a body that never comes whole.
  t.is(await exchangeRaw(patient, `${request('{}')}${request('{}')}${chunked}zz\r\n`), '')
  t.is(asked, 2)
})

test('nor is what is wrong with the rest of a body that was refused already', async (t) => {
  const refusing = await serve(t, (_, res) => res.writeHead(413).end())
  const reply = await exchangeRaw(refusing, chunked, { next: { after: 'HTTP/1.1 413', send: 'zz\r\n' } })
  t.deepEqual(statusLines(reply), ['HTTP/1.1 413'])
})

/** A server of Node with the gateway's answer to what it cannot read; answers its URL. */
async function serve(t: ExecutionContext, listener: RequestListener, patienceMs = 10_000): Promise<string> {
  const settings = { headersTimeout: patienceMs, requestTimeout: patienceMs, connectionsCheckingInterval: 20 }
  const metrics = new GatewayMetrics(new Metrics('test'))
  const connections = new Connections({ maxOfOwner: 100, clientAddresses: new ClientAddresses([]), metrics })
  const server = createServer(
    settings,
    connections.inTurn((req, res) => {
      req.on('error', () => undefined)
      listener(req, res)
    }),
  )
  server.on('connection', connections.add)
  server.on('clientError', answerClientError(metrics, connections))
  server.listen(0, '127.0.0.1')
  t.teardown(() => {
    connections.stop()
    server.closeAllConnections()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
