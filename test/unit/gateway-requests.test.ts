import type { IncomingMessage, ServerResponse } from 'node:http'
import test from 'ava'
import fc from 'fast-check'
import Koa from 'koa'
import type { TicketingError } from '#shared/errors.ts'
import { ClientAddresses } from '../../gateway/http/client-address.ts'
import { HostGuard, hasOneHost } from '../../gateway/http/host-guard.ts'
import { beginRequest } from '../../gateway/http/request-context.ts'
import { matchesEtag } from '../../gateway/reads/send-reply.ts'
import { allRoutes, matchCacheable } from '../../gateway/routes/all-routes.ts'
import { isPaged, nextPageLink } from '../../gateway/routes/next-page.ts'
import { parseQuery, parseRequest } from '../../gateway/routes/parse-request.ts'
import type { Route } from '../../gateway/routes/route.ts'
import { isTraceId } from '../../infra/ops/trace/find-trace.ts'
import { always } from '../support/always.ts'

function clientOfPair(addresses: ClientAddresses, remoteAddress: string, forwardedFor: string): string {
  const headers = forwardedFor === '' ? {} : { 'x-forwarded-for': forwardedFor }
  return addresses.clientOf({ socket: { remoteAddress }, headers } as IncomingMessage)
}

const behindProxies = new ClientAddresses(['10.0.0.0/8', '2001:db8::/32'])

test('X-Forwarded-For counts only from configured proxies', (t) => {
  t.is(behindProxies.addressOf('203.0.113.9', '198.51.100.1'), '203.0.113.9')
  t.is(behindProxies.addressOf('10.1.2.3', '198.51.100.1'), '198.51.100.1')
  t.is(new ClientAddresses([]).addressOf('10.1.2.3', '198.51.100.1'), '10.1.2.3')
})

test('the address nearest to the trusted proxies counts, whatever stands left of it', (t) => {
  t.is(behindProxies.addressOf('10.1.2.3', '1.1.1.1, 198.51.100.1, 10.9.9.9'), '198.51.100.1')
  t.is(behindProxies.addressOf('10.1.2.3', ''), '10.1.2.3')
  t.is(behindProxies.addressOf('10.1.2.3', 'nonsense'), '10.1.2.3')
  t.is(behindProxies.addressOf('::ffff:10.1.2.3', '198.51.100.1'), '198.51.100.1')
  t.is(behindProxies.addressOf('2001:db8::1', '198.51.100.1'), '198.51.100.1')
})

test('an IPv6 client counts as its /64, however it is written', (t) => {
  const clientOf = (address: string): string => clientOfPair(new ClientAddresses([]), address, '')
  t.is(clientOf('203.0.113.9'), '203.0.113.9')
  t.is(clientOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
  t.is(clientOf('2001:db8:1:2::6'), '2001:db8:1:2::/64')
  t.is(clientOf('2001:0db8:0001:0002::'), '2001:db8:1:2::/64')
  t.is(clientOf('::1'), '0:0:0:0::/64')
})

test('an IPv4 client counts as such, however proxies write it', (t) => {
  for (const written of '::ffff:5.6.7.8 ::FFFF:5.6.7.8 ::ffff:506:708 0:0:0:0:0:ffff:5.6.7.8 5.6.7.8:5678'.split(' ')) {
    t.is(clientOfPair(behindProxies, '10.1.2.3', written), '5.6.7.8', written)
  }
  t.is(clientOfPair(behindProxies, '10.1.2.3', '[2001:db9:1:2::6]:5678'), '2001:db9:1:2::/64')
})

test('a client is the same however often it is asked for, and one pair of addresses is never taken for another', (t) => {
  for (let round = 0; round < 2; round++) {
    t.is(clientOfPair(behindProxies, '10.1.2.3', '198.51.100.1'), '198.51.100.1')
    t.is(clientOfPair(behindProxies, '10.1.2.3', '2001:db9:1:2::6'), '2001:db9:1:2::/64')
    t.is(clientOfPair(behindProxies, '10.1.2.3', ''), '10.1.2.3')
    t.is(clientOfPair(behindProxies, '203.0.113.9', '198.51.100.1'), '203.0.113.9')
    t.is(clientOfPair(behindProxies, '2001:db9::1', '198.51.100.1'), '2001:db9:0:0::/64')
  }
})

test('more clients than are remembered are told apart all the same', (t) => {
  for (let i = 0; i < 30_000; i++) {
    const client = `198.${i % 250}.${Math.floor(i / 250)}.1`
    if (clientOfPair(behindProxies, '10.1.2.3', client) !== client) t.fail(client)
  }
  t.is(clientOfPair(behindProxies, '10.1.2.3', '198.0.0.1'), '198.0.0.1')
})

test('a proxy that is no address is refused at the start', (t) => {
  t.throws(() => new ClientAddresses(['proxy.example']), { message: /TRUSTED_PROXIES: proxy.example/ })
})

/* Which hosts and pages a gateway in demo mode believes. */

const guard = new HostGuard(['tickets.example', 'Box-Office'])

function refusal(method: string, headers: { host?: string; origin?: string }): string | undefined {
  try {
    guard.check({ method, headers })
    return undefined
  } catch (error) {
    return (error as TicketingError).code
  }
}

test('localhost, addresses and allowed names are hosts of a gateway, with any port, and nothing else is', (t) => {
  for (const host of 'localhost LOCALHOST:8080 shop.localhost:3000 127.0.0.1:8080 [::1]:8080 192.168.1.5'.split(' ')) {
    t.true(guard.isKnownHost(host), host)
  }
  for (const host of ['tickets.example', 'tickets.example:443', 'box-office:80']) t.true(guard.isKnownHost(host), host)
  const foreign = 'evil.example localhost.evil.example evil.example:8080 127.0.0.1.evil.example x'.split(' ')
  for (const host of [...foreign, '']) {
    t.false(guard.isKnownHost(host), host)
    t.is(refusal('GET', { host }), 'misdirected', host)
  }
})

test('a page of another host may not write, whatever it is called', (t) => {
  const host = 'localhost:8080'
  const foreign = 'http://evil.example null http://6.6.6.6:8080 https://localhost.evil.example nonsense'.split(' ')
  for (const origin of foreign) {
    for (const method of ['POST', 'PATCH', 'DELETE']) t.is(refusal(method, { host, origin }), 'forbidden', origin)
    for (const method of ['GET', 'HEAD', 'OPTIONS']) t.is(refusal(method, { host, origin }), undefined)
  }
  const own = 'http://localhost:3000 http://127.0.0.1:8080 http://[::1] https://tickets.example'.split(' ')
  for (const origin of own) t.is(refusal('POST', { host, origin }), undefined, origin)
  t.is(refusal('POST', { host }), undefined)
  t.is(refusal('POST', { host: '192.168.1.5:8080', origin: 'http://192.168.1.5:8080' }), undefined)
})

test('a request of HTTP/1.1 has one Host header, however it is written', (t) => {
  t.true(hasOneHost({ httpVersion: '1.1', rawHeaders: ['hOsT', 'a', 'Accept', '*'] }))
  t.false(hasOneHost({ httpVersion: '1.1', rawHeaders: ['Host', 'a', 'HOST', 'a'] }))
  t.false(hasOneHost({ httpVersion: '1.0', rawHeaders: ['Host', 'a', 'host', 'b'] }))
  t.false(hasOneHost({ httpVersion: '1.1', rawHeaders: ['Accept', 'host'] }))
  t.true(hasOneHost({ httpVersion: '1.0', rawHeaders: [] }))
})

const idFor = (headers: IncomingMessage['headers']): string =>
  beginRequest({ headers } as IncomingMessage, {} as ServerResponse, { endpoint: '/events' }).requestId

test('a request gets an id that no other has, and that nobody takes for a trace', (t) => {
  const ids = Array.from({ length: 1_000 }, () => idFor({}))
  t.is(new Set(ids).size, ids.length)
  t.false(ids.some(isTraceId))
})

test('an id that the log would mask is replaced, so that spans and answers do not have it either', (t) => {
  const masked = '4111111111111111 4111-1111-1111-1111 tok_visa_debit org_0123456789abcdef eyJhbGciOiJIUzI1NiJ9'
  for (const id of masked.split(' ')) t.not(idFor({ 'x-request-id': id }), id)
  for (const id of ['4111111111111112', '019abc04-1111-4111-8111-111111111111']) t.is(idFor({ 'x-request-id': id }), id)
})

test('an id that the client gives is kept if it harms neither logs nor headers', (t) => {
  t.is(idFor({ 'x-request-id': 'my-request:1.2_3' }), 'my-request:1.2_3')
  for (const id of ['', 'a b', 'ä', '"', 'x'.repeat(129)]) t.not(idFor({ 'x-request-id': id }), id)
})

/* Queries are read by our own function, because Koa's takes time by their square; both read the same. */

const route = allRoutes.find(({ method, path }) => method === 'GET' && path === '/events') as Route
const koa = new Koa()

/** The request as Koa reads its query; undefined where it is refused. */
function readByKoa(url: string): unknown {
  const { query } = koa.createContext({ url, headers: {} } as IncomingMessage, {} as ServerResponse)
  if (Object.values(query).some(Array.isArray)) return undefined
  const checked = route.contract.request.safeParse(Object.fromEntries(Object.entries(query)))
  return checked.success ? checked.data : undefined
}

function readByUs(url: string): unknown {
  const target = matchCacheable(url)
  if (target === undefined) return undefined
  try {
    return parseRequest(target.route, parseQuery(target.query), target.pathParameters)
  } catch {
    return undefined
  }
}

const names = ['city', 'limit', 'type', 'nonsense', '__proto__', '']
const marks = ['=', '&', '+', '%', '?', '%20', '%FF', '%C3%A4', '%3D', '1', 'a']
const queries = fc.array(fc.constantFrom(...names, ...marks), { maxLength: 12 }).map((parts) => parts.join(''))

test('whatever the query is, its request is the one that Koa would read, or it is refused', (t) => {
  always(t, { of: [queries], times: 2_000 }, (query) => {
    const read = readByUs(`/events?${query}`)
    if (read !== undefined) t.deepEqual(read, readByKoa(`/events?${query}`), query)
  })
})

test('usual queries are read', (t) => {
  for (const query of ['', 'city=Berlin', 'city=M%C3%BCnchen&limit=5', 'city=New+York', 'end=2200-01-01&&']) {
    t.truthy(readByUs(`/events?${query}`), query)
    t.deepEqual(readByUs(`/events?${query}`), readByKoa(`/events?${query}`), query)
  }
})

test('no number of parameters hides the last one', (t) => {
  for (const last of ['nonsense=1', 'city=b']) {
    const url = `/events?city=a${'&'.repeat(2_000)}${last}`
    t.is(readByKoa(url), undefined)
    t.is(readByUs(url), undefined)
  }
})

test('If-None-Match matches one of a list, weakly, and * matches everything', (t) => {
  for (const header of ['"a"', 'W/"a"', '"x", "a"', '"x",W/"a" , "y"', '*', ' * '])
    t.true(matchesEtag(header, '"a"'), header)
  for (const header of [undefined, '', 'a', '"A"', '"a', '"ab"', '"x", "y"', 'w/"a"', '"a-gz"']) {
    t.false(matchesEtag(header, '"a"'), header)
  }
})

const id = '019a0000-0000-7000-8000-000000000002'

test('a URL names a cacheable route exactly', (t) => {
  t.is(matchCacheable('/events')?.route.path, '/events')
  t.is(matchCacheable('/events/search?keyword=a')?.route.path, '/events/search')
  t.is(matchCacheable(`/events/${id}`)?.route.path, '/events/:event_id')
  t.deepEqual(matchCacheable(`/events/${id}/seats?min_seq=1`)?.pathParameters, { event_id: id })
  t.is(matchCacheable('/events?city=a?b')?.query, 'city=a?b')
})

test('whatever is not the plain URL of a cacheable route is left to the router', (t) => {
  const paths = `* / http://host/events //events /events#top /events/ /EVENTS /ev%65nts /events//seats /bookings
    /purchase /events/${id}/holds /events/${id}%2fseats /events?city=\u00e4`
  for (const url of ['', ...paths.split(/\s+/)]) t.is(matchCacheable(url), undefined, url)
})

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

test('the link to the next page keeps the question and goes on at the cursor', (t) => {
  const page = bytes({ items: [], next_cursor: 'abc_-1' })
  t.is(nextPageLink({ limit: 20 }, page), '<?limit=20&cursor=abc_-1>; rel="next"')
  const question = { keyword: 'a&b "c" <ö>', cursor: 'before', city: undefined, facets: ['type', 'city'] }
  const written = 'keyword=a%26b%20%22c%22%20%3C%C3%B6%3E&facets=type%2Ccity'
  t.is(nextPageLink(question, page), `<?${written}&cursor=abc_-1>; rel="next"`)
  t.is(nextPageLink({ page: 2, pageSize: 5, limit: 20 }, page), '<?limit=5&cursor=abc_-1>; rel="next"')
})

test('the last page has no link, whatever the names in it are', (t) => {
  const name = 'a trap: "next_cursor":"abc"'
  t.is(nextPageLink({}, bytes({ items: [{ name }], next_cursor: null })), undefined)
  t.is(nextPageLink({}, bytes({ next_cursor: null, items: [{ name }] })), undefined)
  t.is(nextPageLink({}, bytes({ items: [{ name }], next_cursor: 'x' })), '<?cursor=x>; rel="next"')
})

test('all lists with a cursor are known as such', (t) => {
  const paged = allRoutes.filter(isPaged).map(({ path }) => path)
  for (const path of ['/events', '/events/search', '/events/:event_id/tickets', '/bookings'])
    t.true(paged.includes(path))
  t.false(paged.includes('/events/:event_id'))
})
