import type { IncomingMessage } from 'node:http'
import test from 'ava'
import { type RecentRefusal, RecentRequests } from '../../gateway/fast-path/recent-requests.ts'

const refusal = { endpoint: '/bookings' } as RecentRefusal

interface Request {
  readonly url?: string
  readonly method?: string
  readonly remoteAddress?: string
  readonly headers?: IncomingMessage['headers']
}

function request({ url = '/bookings', method = 'GET', remoteAddress = '192.0.2.1', headers = {} }: Request) {
  return { url, method, headers, socket: { remoteAddress } } as IncomingMessage
}

test('a refusal is that of one caller at one address, for one URL', (t) => {
  const recent = new RecentRequests()
  const refused = { headers: { authorization: 'Bearer one', cookie: 'session=one', 'x-forwarded-for': '203.0.113.1' } }
  recent.noteRefusal(request(refused), refusal)
  t.is(recent.refusalOf(request(refused)), refusal)
  t.is(recent.refusalOf(request({ ...refused, method: 'HEAD' })), refusal)
  for (const other of [
    { ...refused, url: '/bookings?limit=1' },
    { ...refused, remoteAddress: '192.0.2.2' },
    { headers: {} },
    { headers: { ...refused.headers, authorization: 'Bearer two' } },
    { headers: { ...refused.headers, cookie: 'session=two' } },
    { headers: { ...refused.headers, 'x-forwarded-for': '203.0.113.2' } },
  ]) {
    t.is(recent.refusalOf(request(other)), undefined, JSON.stringify(other))
  }
})

test('what changes something is never refused from memory', (t) => {
  const recent = new RecentRequests()
  recent.noteRefusal(request({ method: 'POST' }), refusal)
  t.is(recent.refusalOf(request({})), undefined)
})
