import { connect } from 'node:net'
import test from 'ava'
import { type RequestContext, send } from '../../gateway/http/request-context.ts'
import { forFile } from '../support/for-file.ts'
import { listening } from '../support/listening.ts'

/* Answers that are sent past Koa are complete HTTP: the client finds the beginning of the next answer on the same connection. */

const headers = ['Content-Type', 'application/json', 'Content-Length', '2', 'ETag', '"a: b"']

const server = forFile(() =>
  listening((req, res) => {
    const { searchParams } = new URL(req.url ?? '', 'http://localhost')
    if (searchParams.has('set')) res.setHeader('ETag', '"other"').setHeader('Allow', 'GET')
    const closing = searchParams.has('closing') ? ['Connection', 'close'] : []
    const context = { req, res, headers: ['X-Request-Id', 'r', ...closing] } as unknown as RequestContext
    send(context, Number(searchParams.get('status')), headers, searchParams.has('bytes') ? Buffer.from('{}') : '{}')
  }),
)

/** Two requests on one connection, and all that comes back. */
async function exchange(request: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1').setEncoding('latin1')
  socket.write(`${request}\r\n\r\nGET /?status=204 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  let answer = ''
  for await (const part of socket) answer += part
  return answer
}

const withBody = /^HTTP\/1\.1 \d{3} [\s\S]*?\r\n\r\n\{\}HTTP\/1\.1 204 /
const withoutBody = /^HTTP\/1\.1 \d{3} [\s\S]*?\r\n\r\nHTTP\/1\.1 204 /
const lastAnswer = /^HTTP\/1\.1 200 [\s\S]*\r\nConnection: close\r\n(Date: .*\r\n)?\r\n\{\}$/

for (const [what, { request, looks }] of Object.entries({
  'an answer': { request: 'GET /?status=200 HTTP/1.1\r\nHost: a', looks: withBody },
  'an answer in bytes': { request: 'GET /?status=200&bytes HTTP/1.1\r\nHost: a', looks: withBody },
  'a refusal': { request: 'POST /?status=429 HTTP/1.1\r\nHost: a\r\nContent-Length: 0', looks: withBody },
  'an answer with headers set before': { request: 'GET /?status=405&set HTTP/1.1\r\nHost: a', looks: withBody },
  'a 304': { request: 'GET /?status=304 HTTP/1.1\r\nHost: a', looks: withoutBody },
  'an answer to HEAD': { request: 'HEAD /?status=200 HTTP/1.1\r\nHost: a', looks: withoutBody },
  'the last answer of a client': {
    request: 'GET /?status=200 HTTP/1.1\r\nHost: a\r\nConnection: close',
    looks: lastAnswer,
  },
  'the last answer of a gateway': { request: 'GET /?status=200&closing HTTP/1.1\r\nHost: a', looks: lastAnswer },
  'an answer to HTTP/1.0': { request: 'GET /?status=200 HTTP/1.0', looks: lastAnswer },
})) {
  test(`${what} is complete`, async (t) => {
    const reply = await exchange(request)
    t.regex(reply, looks)
    const [head = ''] = reply.split('\r\n\r\n')
    for (const line of ['X-Request-Id: r', 'ETag: "a: b"']) t.is(head.split(`\r\n${line}`).length, 2, line)
    t.false(head.includes('"other"'), 'headers of the answer replace those that were set before')
  })
}
