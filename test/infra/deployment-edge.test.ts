import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, get, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect } from 'node:http2'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { allRoutes } from '../../gateway/routes/all-routes.ts'
import { projectRoot } from '../../infra/config.ts'
import { freePort } from '../../infra/system/free-port.ts'
import type { Edit } from '../support/edits.ts'
import { ask } from '../support/http.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { type Edge, startEdge } from './deployment/edge.ts'
import { startUpstream, type Upstream } from './deployment/upstream.ts'

interface Before {
  readonly edge: Edge
  readonly upstream: Upstream
}

/** The edge in front of a server that answers as told. */
async function edgeBefore(
  t: ExecutionContext,
  answer: Parameters<typeof startUpstream>[0],
  edit?: Edit,
): Promise<Before> {
  const upstream = await startUpstream(answer)
  t.teardown(() => upstream.stop())
  const edge = await startEdge([upstream.port], edit)
  t.teardown(() => edge.stop())
  return { edge, upstream }
}

/** A request from another address of this machine, say. */
async function statusOf(url: string, options: RequestOptions): Promise<number | undefined> {
  const [response] = (await once(get(url, { ...options, timeout: 15_000 }), 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode
}

test('behind the edge, the gateway counts the address of each client and believes none that is invented', async (t) => {
  const system = await startSystem({
    counts: { purchase: 0, sandbox: 0 },
    env: { TRUSTED_PROXIES: '127.0.0.1', RATE_LIMIT_MAXIMA: 'my-bookings=2' },
  })
  t.teardown(() => system.stop())
  const edge = await startEdge([Number(new URL(system.url).port)])
  t.teardown(() => edge.stop())
  t.is((await ask(`${edge.url}/events`)).status, 200)

  const mine = `${edge.url}/bookings?user_id=125`
  const one = { localAddress: '127.0.0.2' }
  t.deepEqual([await statusOf(mine, one), await statusOf(mine, one), await statusOf(mine, one)], [200, 200, 429])
  t.is(await statusOf(mine, { localAddress: '127.0.0.3' }), 200)
  t.is(await statusOf(mine, { ...one, headers: { 'x-forwarded-for': '203.0.113.7' } }), 429)
})

test('pages for operators are not served to the outside', async (t) => {
  const { edge, upstream } = await edgeBefore(t, (_request, response) => response.end('told'))
  for (const path of ['/metrics', '/livez', '/LIVEZ/']) t.is((await ask(edge.url + path)).status, 404)
  t.is(upstream.requests.length, 0)
})

test('an event of a stream is passed on while the answer is still open', async (t) => {
  const { edge } = await edgeBefore(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n')
    setTimeout(() => response.write('data: two\n\n'), 100)
  })
  const stream = await openStream(t, edge)
  let received = ''
  stream.setEncoding('utf8').on('data', (part) => (received += part))
  await until('both events arrive', () => received === 'data: one\n\ndata: two\n\n')
  t.pass()
})

/** Opens a stream that is not read, and answers whether the edge takes more of it than all sockets on the way hold. */
async function swallowsStream(t: ExecutionContext, edit?: Edit): Promise<boolean> {
  let swallowed = false
  const { edge } = await edgeBefore(
    t,
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      response.write(Buffer.alloc(64 * 1024 * 1024, 'x'), () => {
        swallowed = true
      })
    },
    edit,
  )
  await openStream(t, edge)
  return until('the stream is swallowed', () => swallowed, { timeoutMs: edit === undefined ? 2_000 : 40_000 }).then(
    () => true,
    () => false,
  )
}

async function openStream(t: ExecutionContext, edge: Edge): Promise<IncomingMessage> {
  const request = get(`${edge.url}/events/1/seats/stream`)
  t.teardown(() => request.destroy())
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.on('error', () => undefined)
  return response
}

test('a gateway notices a slow reader of a stream, because the edge does not buffer it', async (t) => {
  t.false(await swallowsStream(t))
})

test('an edge that buffers for a slow reader is found out', async (t) => {
  t.true(await swallowsStream(t, { file: 'gateway.conf', from: 'proxy_buffering off', to: 'proxy_buffering on' }))
})

test('many requests share one connection to the gateway', async (t) => {
  const { edge, upstream } = await edgeBefore(t, (_request, response) => response.end('told'))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  for (let count = 0; count < 10; count += 1) t.is(await statusOf(`${edge.url}/events`, { agent }), 200)
  t.is(upstream.requests.length, 10)
  t.is(upstream.connections(), 1)
})

test('another gateway is asked when one is gone', async (t) => {
  const upstream = await startUpstream((_request, response) => response.end('told'))
  t.teardown(() => upstream.stop())
  const edge = await startEdge([await freePort(), upstream.port])
  t.teardown(() => edge.stop())
  for (let count = 0; count < 4; count += 1) t.is((await ask(`${edge.url}/holds`, { json: {} })).status, 200)
})

test('the edge caches public static pages for their max age, and nothing else', async (t) => {
  const { edge, upstream } = await edgeBefore(t, (request, response) => {
    const cacheControl = new URL(request.url ?? '', 'http://here').searchParams.get('cache-control')
    if (cacheControl !== null) response.setHeader('cache-control', cacheControl)
    response.end('told')
  })
  const timesAsked = async (path: string, headers: Record<string, string> = {}): Promise<number> => {
    const before = upstream.requests.length
    for (let count = 0; count < 2; count += 1) t.is((await ask(edge.url + path, { headers })).text, 'told')
    return upstream.requests.length - before
  }
  t.is(await timesAsked('/docs/page?cache-control=public,max-age=60'), 1)
  t.is(await timesAsked('/assets/1/page.css?cache-control=public,max-age=60', { cookie: 'session=mine' }), 1)
  t.like(upstream.requests.at(-1)?.headers, {
    cookie: undefined,
    host: new URL(edge.url).host,
    'x-forwarded-for': '127.0.0.1',
  })
  t.is(await timesAsked('/docs/page?cache-control=private,max-age=60'), 2)
  t.is(await timesAsked('/docs/page?cache-control=no-store'), 2)
  t.is(await timesAsked('/docs/page'), 2)
  t.is(await timesAsked('/events?cache-control=public,max-age=60'), 2)
  t.is(await timesAsked('/shop/bookings?cache-control=public,max-age=60', { cookie: 'session=mine' }), 2)
})

test('clients cannot force traces, nor send bodies that the gateway would refuse', async (t) => {
  const { edge, upstream } = await edgeBefore(t, (_request, response) => response.end('told'))
  await ask(`${edge.url}/events`, {
    headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  })
  t.is(upstream.requests[0]?.headers.traceparent, undefined)
  t.is((await ask(`${edge.url}/purchase`, { raw: 'x'.repeat(65_537) })).status, 413)
  t.is(upstream.requests.length, 1)
})

test('HTTP/2 over TLS reaches the gateway, with a header that says TLS', async (t) => {
  const { edge, upstream } = await edgeBefore(t, (_request, response) => response.end('told'))
  const session = connect(edge.tlsUrl, { ca: edge.certificate })
  t.teardown(() => session.close())
  const request = session.request({ ':path': '/events' }, { signal: AbortSignal.timeout(15_000) })
  const [headers] = await once(request, 'response')
  request.resume()
  t.is(headers[':status'], 200)
  t.is(headers['strict-transport-security'], 'max-age=31536000')
  t.is(upstream.requests[0]?.headers['x-forwarded-proto'], 'https')
})

test('the edge waits longer than the gateway does for its slowest answer', (t) => {
  const slowestMs = Math.max(...allRoutes.map(({ contract }) => contract.deadlineMs))
  const edge = readFileSync(join(projectRoot, 'infra/deploy/nginx/gateway.conf'), 'utf8')
  const route = readFileSync(join(projectRoot, 'infra/deploy/k8s/overlays/production/http-route.yaml'), 'utf8')
  const waits = [/proxy_read_timeout (\d+)s/.exec(edge)?.[1], /request: ([1-9]\d*)s/.exec(route)?.[1]]
  for (const seconds of waits) t.true(Number(seconds) * 1_000 > slowestMs, `${seconds} s, ${slowestMs} ms`)
})
