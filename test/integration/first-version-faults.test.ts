import test from 'ava'
import { Redis } from 'ioredis'
import { cacheKey } from '../../gateway/reads/cache-key.ts'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { organiserKey } from '../support/system.ts'
import { until } from '../support/until.ts'

/* The faults of the first version, each by its name: none may ever come back. */

let eventId: string

const system = sharedSystem()
const gateway = forFile(() =>
  system.start('gateway', { RATE_LIMITS: 'on', RATE_LIMIT_MAXIMA: 'my-bookings=100,search=3' }),
)

test.before(async () => {
  eventId = await eventOnSale(gateway.url, { city: 'Berlin', rows: 4 })
})

test('a query string is not lost between gateway and worker', async (t) => {
  t.true((await ask(`${gateway.url}/events?city=Berlin`)).body.items.length > 0)
  t.is((await ask(`${gateway.url}/events?city=Nowhere`)).body.items.length, 0)
})

test('headers are not lost between gateway and worker: the same Idempotency-Key gives the same hold', async (t) => {
  const hold = () =>
    ask(`${gateway.url}/events/${eventId}/holds`, {
      json: { best_available: { qty: 1 }, user_id: 'header-user' },
      headers: { 'idempotency-key': 'one-key', 'x-request-id': 'known-request' },
    })
  const first = await hold()
  const second = await hold()
  t.is(first.status, 201, first.text)
  t.is(second.text, first.text)
  t.is(second.headers.get('idempotency-replayed'), 'true')
  t.is(second.headers.get('x-request-id'), 'known-request')
})

test('a write is never answered from a cache', async (t) => {
  const buy = (user_id: string) =>
    ask(`${gateway.url}/purchase`, {
      json: { event_id: eventId, best_available: { qty: 1 }, payment_token: 'tok_ok', user_id },
    })
  const [first, second] = [await buy('writer-1'), await buy('writer-2')]
  t.not(first.body.id, second.body.id)
  t.is(first.headers.get('cache-status'), null)
  t.is(second.body.user_id, 'writer-2')
})

test('two different parameter sets never share a key', async (t) => {
  t.not(cacheKey('/events', { a: '1', b: '2' }), cacheKey('/events', { a: '1&b=2' }))
  t.is(cacheKey('/events', { b: '2', a: '1' }), cacheKey('/events', { a: '1', b: '2' }))
  const city = 'Berlin&country=FR'
  const one = await ask(`${gateway.url}/events?city=${encodeURIComponent(city)}`)
  t.is(one.body.items.length, 0)
  const other = await ask(`${gateway.url}/events?city=Berlin&country=DE`)
  t.true(other.body.items.length > 0)
})

test('keys are the URL parameters behind an endpoint prefix', async (t) => {
  await ask(`${gateway.url}/events?country=DE&city=Berlin`)
  const redis = new Redis(system.redis.url)
  t.teardown(() => redis.disconnect())
  const keys = await redis.keys('reply:*')
  t.true(
    keys.some((key) => /^reply:\d+:\/events\?city=Berlin&country=DE/.test(key)),
    keys.join('\n'),
  )
})

test('the method is checked before the cache', async (t) => {
  t.is((await ask(`${gateway.url}/events`)).status, 200)
  const deleted = await ask(`${gateway.url}/events`, { method: 'DELETE' })
  t.is(deleted.status, 405)
  t.is(deleted.headers.get('allow'), 'GET, HEAD')
  t.is(deleted.headers.get('cache-status'), null)
})

test('a limit is not shared by unrelated routes', async (t) => {
  const searches = []
  for (let i = 0; i < 4; i++) searches.push((await ask(`${gateway.url}/events/search?limit=${i + 1}`)).status)
  t.deepEqual(searches, [200, 200, 200, 429])
  t.is((await ask(`${gateway.url}/events`)).status, 200)
  t.is((await ask(`${gateway.url}/bookings?user_id=unrelated`)).status, 200)
})

test('nobody reads the bookings, holds or tickets of somebody else', async (t) => {
  const bought = await ask(`${gateway.url}/purchase`, {
    json: { event_id: eventId, best_available: { qty: 1 }, payment_token: 'tok_ok', user_id: 'owner' },
  })
  const hold = await ask(`${gateway.url}/events/${eventId}/holds`, {
    json: { best_available: { qty: 1 }, user_id: 'owner' },
  })
  t.is(hold.status, 201, hold.text)
  const stranger = '?user_id=stranger'
  t.is((await ask(`${gateway.url}/bookings/${bought.body.id}?user_id=owner`)).status, 200)
  t.is((await ask(`${gateway.url}/bookings/${bought.body.id}${stranger}`)).status, 404)
  t.is((await ask(`${gateway.url}/holds/${hold.body.id}${stranger}`)).status, 404)
  t.is((await ask(`${gateway.url}/holds/${hold.body.id}${stranger}`, { method: 'DELETE' })).status, 404)
  const paid = await ask(`${gateway.url}/purchase`, {
    json: { hold_id: hold.body.id, payment_token: 'tok_ok', user_id: 'stranger' },
  })
  t.is(paid.status, 404)
  t.deepEqual((await ask(`${gateway.url}/bookings${stranger}`)).body.items, [])
  t.is((await ask(`${gateway.url}/holds/${hold.body.id}?user_id=owner`)).body.status, 'active')
})

test('a token counts more than a claimed user', async (t) => {
  const session = await ask(`${gateway.url}/session`, { json: { user_id: 'token-user' } })
  const authorization = `Bearer ${session.body.token}`
  t.is((await ask(`${gateway.url}/bookings?user_id=owner`, { headers: { authorization } })).status, 403)
  const mine = await ask(`${gateway.url}/bookings`, { headers: { authorization } })
  t.regex(mine.body.message, /token-user/)
})

test('a purchased hold cannot be given back', async (t) => {
  const user_id = 'keeps-it'
  const bought = await ask(`${gateway.url}/purchase`, {
    json: { event_id: eventId, best_available: { qty: 1 }, payment_token: 'tok_ok', user_id },
  })
  const released = await ask(`${gateway.url}/holds/${bought.body.hold_id}?user_id=${user_id}`, { method: 'DELETE' })
  t.is(released.body.code, 'already_purchased')
})

test('a session cookie that is not ours does not lock anybody out of public pages', async (t) => {
  const headers = { cookie: 'session=of-another-program; ticketing_session=expired-long-ago' }
  t.is((await ask(`${gateway.url}/events`, { headers })).status, 200)
  t.is((await ask(`${gateway.url}/bookings`, { headers })).status, 401)
})

test('a cached reply has a max age and answers 304 to a client that has it', async (t) => {
  const first = await ask(`${gateway.url}/events/${eventId}`)
  const cached = first.headers.get('cache-control') ?? ''
  t.regex(cached, /^public, max-age=\d, stale-while-revalidate=\d, stale-if-error=60$/)
  const etag = first.headers.get('etag') ?? ''
  t.regex(etag, /^"[\w-]+"$/)
  const again = await ask(`${gateway.url}/events/${eventId}`, { headers: { 'if-none-match': etag } })
  t.like(again, { status: 304, text: '' })
})

test('hits and misses are counted by endpoint and instance', async (t) => {
  // News of another event may end it at any moment.
  await until('a hit', async () => {
    const { headers } = await ask(`${gateway.url}/events?limit=77`)
    return /^gateway; hit; ttl=-?\d$/.test(headers.get('cache-status') ?? '')
  })
  const { text } = await ask(`${gateway.url}/metrics`)
  for (const counter of ['cache_hits_total', 'cache_misses_total']) {
    t.regex(text, new RegExp(`${counter}\\{endpoint="/events",instance="${gateway.instance}"\\} [1-9]`))
  }
})

test('a draft is seen by organisers only, and never through the cache', async (t) => {
  const headers = { authorization: `Bearer ${organiserKey}` }
  const created = await ask(`${gateway.url}/admin/events`, {
    headers,
    json: {
      name: 'Secret show',
      venue: { name: 'Cellar', city: 'Wien', country: 'AT', tz: 'Europe/Vienna' },
      starts_on: '2040-01-01',
    },
  })
  t.is(created.status, 201, created.text)
  const path = `${gateway.url}/events/${created.body.id}`
  t.is((await ask(path, { headers })).status, 200)
  t.is((await ask(path)).status, 404)
})
