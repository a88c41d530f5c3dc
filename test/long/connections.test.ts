import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { Metrics } from '#shared/observability/metrics.ts'
import { ClientAddresses } from '../../gateway/http/client-address.ts'
import { Connections } from '../../gateway/http/connections.ts'
import { GatewayMetrics } from '../../gateway/metrics.ts'
import { forFile } from '../support/for-file.ts'
import { ask } from '../support/http.ts'
import { exchangeRaw, openSocket } from '../support/raw-http.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

/* What a connection may cost, and how odd but legal requests are answered. */

const system = forFile(() =>
  startSystem({ counts: { booking: 0, purchase: 0, sandbox: 0 }, env: { RATE_LIMITS: 'off' } }),
)

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

function parsed(reply: string): Answer {
  const [head = '', body = ''] = reply.split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), body: JSON.parse(body) }
}

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`

/** Opens a connection that never reads, and keeps sending what it can of `text`. */
function flood(t: ExecutionContext, url: string, text: string): Socket {
  const socket = openSocket(url).pause()
  socket.on('connect', () => send())
  const send = (): void => {
    while (!socket.destroyed && socket.write(text));
    socket.once('drain', send)
  }
  t.teardown(() => socket.destroy())
  return socket
}

test.serial('clients that pipeline requests and never read harm no gateway, even one of little memory', async (t) => {
  t.timeout(150_000, 'a slow reader is cut after half a minute')
  // Without limits on connections, such a gateway died of it within some seconds.
  const small = await system.start('gateway', { NODE_OPTIONS: '--max-old-space-size=96' })
  const pipelined = get('/openapi.json').repeat(600)
  const clients = Array.from({ length: 40 }, () => flood(t, small.url, pipelined))
  // Node stops reading from a client whose first packets held few requests. Such a client is cut because it does not read its answer, or
  // earlier, if the last packet ended amid a request, because that request does not arrive in time.
  const areCut = () => clients.every((client) => client.destroyed)
  await until('all of them are cut', areCut, { timeoutMs: 120_000 })
  t.true((await metric(small.url, 'http_server_connections_cut_total', 'pipelining')) > 0)
  t.is((await ask(`${small.url}/events`)).status, 200)
  await small.stop()
})

async function metric(url: string, name: string, label: string): Promise<number> {
  const { text } = await ask(`${url}/metrics`)
  return Number(new RegExp(`^${name}\\{[^}]*"${label}"[^}]*\\} (\\d+)$`, 'm').exec(text)?.[1])
}

test('a client may send some requests ahead, and gets the answers in their order', async (t) => {
  const paths = Array.from({ length: 30 }, (_, at) => (at % 2 === 0 ? '/livez' : `/nowhere-${at}`))
  const all = paths.map((path, at) => get(path, at === 29 ? 'Connection: close\r\n' : '')).join('')
  const reply = await exchangeRaw(system.url, all)
  const statuses = [...reply.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)
  t.is(statuses.join(), paths.map((path) => (path === '/livez' ? 200 : 404)).join())
})

test('a client that ends its side of the connection behind its request gets the answer', async (t) => {
  for (const path of ['/events?city=Half-closed', '/bookings?limit=0', '/openapi.json']) {
    const socket = openSocket(system.url, { allowHalfOpen: true, timeout: 15_000 })
    let reply = ''
    socket.setEncoding('utf8').on('data', (part: string) => (reply += part))
    for (const event of ['timeout', 'end']) socket.on(event, () => socket.destroy())
    socket.end(get(path))
    await once(socket, 'close')
    t.regex(reply, /^HTTP\/1\.1 (200|400) /, path)
    t.true(reply.endsWith('}'), path)
  }
})

test('a request with two Host headers, or none, is answered 400 as a problem', async (t) => {
  for (const hosts of ['Host: localhost\r\nHost: elsewhere\r\n', 'Host: localhost\r\nHost: localhost\r\n', '']) {
    for (const path of ['/events', '/bookings']) {
      const { status, body } = parsed(
        await exchangeRaw(system.url, `GET ${path} HTTP/1.1\r\n${hosts}Connection: close\r\n\r\n`),
      )
      t.is(status, 400)
      t.like(body, { code: 'malformed_request' })
      t.regex(String(body.detail), /Host/)
    }
  }
  t.regex(await exchangeRaw(system.url, 'GET /livez HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /)
})

test('in demo mode foreign hosts and pages are refused, and probes, webhooks and pages of this machine are not', async (t) => {
  const answerTo = async (head: string): Promise<Answer> => {
    return parsed(await exchangeRaw(system.url, `${head}Connection: close\r\n\r\n`))
  }
  const named = await system.start('gateway', { ALLOWED_HOSTS: 'tickets.example, box-office' })
  for (const path of ['/events', '/bookings']) {
    const { status, body } = await answerTo(`GET ${path} HTTP/1.1\r\nHost: evil.example:8080\r\n`)
    t.is(status, 421)
    t.is(body.code, 'misdirected')
    t.regex(String(body.detail), /evil\.example.*ALLOWED_HOSTS/)
    const known = await exchangeRaw(
      named.url,
      `GET ${path} HTTP/1.1\r\nHost: tickets.example\r\nConnection: close\r\n\r\n`,
    )
    t.notRegex(known, /^HTTP\/1\.1 421/)
  }
  t.is((await answerTo('GET /livez HTTP/1.1\r\nHost: gateway:8080\r\n')).status, 200)
  t.not((await answerTo('POST /webhooks/sandbox HTTP/1.1\r\nHost: gateway:8080\r\n')).status, 421)
  const foreign = await ask(`${system.url}/purchase`, { method: 'POST', headers: { origin: 'https://evil.example' } })
  t.is(foreign.status, 403)
  t.is(foreign.body.code, 'forbidden')
  const own = await ask(`${system.url}/session`, {
    json: { user_id: 'x' },
    headers: { origin: 'http://localhost:3000' },
  })
  t.is(own.status, 200)
  await named.stop()
})

test('an expectation that nobody knows is answered 417 as a problem', async (t) => {
  const reply = await exchangeRaw(system.url, get('/events', 'Expect: 999\r\nConnection: close\r\n'))
  t.like(parsed(reply), { status: 417 })
  t.like(parsed(reply).body, { code: 'expectation_failed', retryable: false })
})

test('CONNECT is answered 405 as a problem, with the methods that there are', async (t) => {
  const reply = await exchangeRaw(system.url, 'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n')
  t.like(parsed(reply), { status: 405 })
  t.like(parsed(reply).body, { code: 'method_not_allowed' })
  t.regex(reply, /\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE\r\n/)
})

test('connections that break while they are answered are counted, and logged once in a while', async (t) => {
  const gateway = await system.start('gateway')
  const broken = async (): Promise<number> => {
    const { text } = await ask(`${gateway.url}/metrics`)
    return Number(/^http_server_broken_responses_total(?:\{[^}]*\})? (\d+)$/m.exec(text)?.[1])
  }
  const reset = async (): Promise<void> => {
    const socket = openSocket(gateway.url)
    // Takes a tenth of a second.
    socket.write(get('/readyz?verbose'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.resetAndDestroy()
  }
  await until('twenty have broken', async () => {
    await Promise.all(Array.from({ length: 20 }, reset))
    return (await broken()) >= 20
  })
  const lines = (): number => gateway.output().match(/"msg":"responses broke off"/g)?.length ?? 0
  await until('the log says so', () => lines() > 0)
  // At most one in ten seconds.
  t.true(lines() <= 3, `${lines()}`)
  await gateway.stop()
})

/** A server of Node that answers one request of a connection after the other. */
async function serve(
  t: ExecutionContext,
  listener: (...answer: [...Parameters<RequestListener>, Connections]) => void,
  { maxOfOwner = 100, answerMs = 30_000, trusted = [] as string[] } = {},
) {
  const metrics = new Metrics('test')
  const connections = new Connections({
    maxOfOwner,
    clientAddresses: new ClientAddresses(trusted),
    metrics: new GatewayMetrics(metrics),
    answerMs,
  })
  const server = createServer(connections.inTurn((req, res) => listener(req, res, connections)))
  server.on('connection', connections.add).listen(0, '127.0.0.1')
  t.teardown(() => {
    connections.stop()
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const cut = async (reason: string): Promise<number> => {
    const { text } = await metrics.expose('')
    return Number(new RegExp(`cut_total\\{[^}]*"${reason}"[^}]*\\} (\\d+)`).exec(text)?.[1])
  }
  const open = promisify(server.getConnections.bind(server))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, cut, open }
}

test('one answer of a connection is made at a time, however many requests come', async (t) => {
  let begun = 0
  const { url, open } = await serve(t, (_, res) => {
    begun += 1
    res.end(Buffer.alloc(16 * 1_024 * 1_024))
  })
  flood(t, url, get('/').repeat(20))
  await until('the flood is cut', async () => begun > 0 && (await open()) === 0)
  t.is(begun, 1)
})

test('what clients have sent too much of does not pile up in memory, and the others are answered', async (t) => {
  const { url, server, open } = await serve(t, (_, res) => res.end('answered'))
  const clients = Array.from({ length: 40 }, () => openSocket(url).resume())
  await until('all are connected', async () => (await open()) === clients.length)
  // Node frees the requests of a cut connection at the end of a turn of the event loop.
  let inThisTurn = 0
  let inOneTurn = 0
  server.on('request', () => {
    if (inThisTurn === 0) setImmediate(() => (inThisTurn = 0))
    inThisTurn += 1
    inOneTurn = Math.max(inOneTurn, inThisTurn)
  })
  for (const client of clients) client.write(get('/').repeat(1_400))
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => exchangeRaw(url, get('/', 'Connection: close\r\n'))),
  )
  for (const answer of answers) t.true(answer.endsWith('answered'), answer)
  await until('all of them are cut', () => clients.every((client) => client.destroyed))
  t.true(inOneTurn > 2_000 && inOneTurn < 8_000, `${inOneTurn}`)
})

test('a client that does not read its answer in time is cut, and one that asks for nothing is not', async (t) => {
  const { url, cut, open } = await serve(t, (_, res) => res.end(Buffer.alloc(64 * 1_024 * 1_024)), { answerMs: 600 })
  const idle = openSocket(url)
  t.teardown(() => idle.destroy())
  const slow = openSocket(url).pause()
  t.teardown(() => slow.destroy())
  slow.write(get('/'))
  await until('one is cut', async () => (await cut('slow_reader')) === 1)
  t.is(await open(), 1)
})

test('a stream is no slow answer, and what its client asks for meanwhile waits for its end', async (t) => {
  let streams = 0
  const listener = (req: IncomingMessage, res: ServerResponse, connections: Connections): void => {
    if (req.url !== '/stream') return void res.end('answered')
    streams += 1
    connections.allowStream(req.socket)
    res.flushHeaders()
    setTimeout(() => res.end(), 1_500)
  }
  const { url, cut } = await serve(t, listener, { answerMs: 300 })
  const reply = await exchangeRaw(url, get('/stream') + get('/', 'Connection: close\r\n'))
  t.is(streams, 1)
  t.is(await cut('slow_reader'), 0)
  t.true(reply.endsWith('answered'), reply)
})

test('one address has so many connections and no more, unless it is a trusted proxy', async (t) => {
  for (const { trusted, left } of [
    { trusted: [], left: 3 },
    { trusted: ['127.0.0.1'], left: 5 },
  ]) {
    const { url, cut, open } = await serve(t, (_, res) => res.end(), { maxOfOwner: 3, trusted })
    const sockets = Array.from({ length: 5 }, () => openSocket(url))
    t.teardown(() => sockets.forEach((socket) => void socket.destroy()))
    const areOthersAway = async () => (await open()) === left && (await cut('too_many_of_address')) === 5 - left
    await until('the others are sent away', areOthersAway)
    sockets[0]?.destroy()
    await until('there is room again', async () => (await open()) === left - 1)
    t.is((await fetch(url, { signal: AbortSignal.timeout(15_000) })).status, 200)
  }
})

test('a gateway has so many connections and no more', async (t) => {
  const gateway = await system.start('gateway', { MAX_CONNECTIONS: '20' })
  const sockets = Array.from({ length: 30 }, () => openSocket(gateway.url))
  let closed = 0
  for (const socket of sockets) socket.on('close', () => (closed += 1))
  await until('ten are sent away', () => closed === 10)
  for (const socket of sockets) socket.destroy()
  await until('it answers again', async () => {
    const answer = await ask(`${gateway.url}/livez`).catch(() => undefined)
    return answer?.status === 200
  })
  t.is((await metric(gateway.url, 'http_server_connections_cut_total', 'too_many')) >= 10, true)
  await gateway.stop()
})
