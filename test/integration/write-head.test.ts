import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import test from 'ava'
import { keepAliveSeconds, writeHead } from '../../gateway/exchange/write-head.ts'
import { fieldsOf } from '../../gateway/header-lines.ts'

/* What the gateway writes as the head of an answer is what Node would have written. */

const lines = 'Content-Type: application/json\r\nContent-Length: 2\r\nETag: "a: b"\r\nRateLimit: "browse";r=0;t=5\r\n'

let server: Server

test.before(async () => {
  server = createServer({ keepAliveTimeout: keepAliveSeconds * 1_000 }, (req, res) => {
    const { searchParams } = new URL(req.url ?? '', 'http://localhost')
    const status = Number(searchParams.get('status'))
    if (searchParams.has('closing')) res.shouldKeepAlive = false
    if (searchParams.has('set')) res.setHeader('Allow', 'GET')
    if (req.url?.startsWith('/node')) res.writeHead(status, fieldsOf(lines))
    else writeHead({ req, res }, status, lines)
    if (status === 304 || req.method === 'HEAD') res.end()
    else res.end(searchParams.has('bytes') ? Buffer.from('{}') : '{}', 'latin1')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
test.after.always(() => {
  server.closeAllConnections()
  server.close()
})

/** Two requests on one connection: what comes back, and whether the connection stayed open until both were answered. */
async function exchange(request: string): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1')
  socket.write(`${request}\r\n\r\nGET /node?status=204 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  let answer = ''
  for await (const part of socket) answer += part
  return answer.replaceAll(/Date: [^\r]*/g, (line) => (Number.isNaN(Date.parse(line.slice(6))) ? line : 'Date: valid'))
}

const cases = {
  'an answer': 'GET ?status=200 HTTP/1.1\r\nHost: a',
  'an answer in bytes': 'GET ?status=200&bytes HTTP/1.1\r\nHost: a',
  'a refusal': 'POST ?status=429 HTTP/1.1\r\nHost: a\r\nContent-Length: 0',
  'nothing new': 'GET ?status=304 HTTP/1.1\r\nHost: a',
  'a head alone': 'HEAD ?status=200 HTTP/1.1\r\nHost: a',
  'somebody who leaves': 'GET ?status=200 HTTP/1.1\r\nHost: a\r\nConnection: close',
  'a gateway that stops': 'GET ?status=200&closing HTTP/1.1\r\nHost: a',
  'an old client': 'GET ?status=200 HTTP/1.0',
  'an old client that stays': 'GET ?status=200 HTTP/1.0\r\nConnection: keep-alive',
  'headers that were set before': 'GET ?status=405&set HTTP/1.1\r\nHost: a',
}
for (const [what, request] of Object.entries(cases)) {
  test(`the head of ${what} is that of Node`, async (t) => {
    const [ours, nodes] = await Promise.all(
      ['/ours', '/node'].map((path) => exchange(request.replace('?', `${path}?`))),
    )
    t.is(ours, nodes)
    t.regex(ours ?? '', /^HTTP\/1\.1 \d{3} /)
    t.true(ours?.includes('Date: valid'))
  })
}
