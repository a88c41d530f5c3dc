import test from 'ava'
import { Redis } from 'ioredis'
import { cacheKey } from '../../gateway/reads/cache-key.ts'
import { bookingOf, holdPlaces, pay, releaseHold, tokenOf } from '../support/buying.ts'
import { forFile } from '../support/for-file.ts'
import { ask, asOrganiser, eventOnSale } from '../support/http.ts'
import { untilDecidedByRedis } from '../support/local-decisions.ts'
import { metricOf } from '../support/metrics.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { until } from '../support/until.ts'

/* The faults of the first version, each by its name: none may ever come back. */

let eventId: string

const oneSeat = { best_available: { qty: 1 } }

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
      json: { ...oneSeat, user_id: 'header-user' },
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
    ask(`${gateway.url}/purchase`, { json: { event_id: eventId, ...oneSeat, payment_token: 'tok_ok', user_id } })
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
  const redis = new Redis(system.redis.url)
  t.teardown(() => redis.disconnect())
  // It is stored after the answer, unless Redis is too slow for that.
  await until('the reply is in Redis', async () => {
    await ask(`${gateway.url}/events?country=DE&city=Berlin`)
    const keys = await redis.keys('reply:*')
    return keys.some((key) => /^reply:\d+:\/events\?city=Berlin&country=DE/.test(key))
  })
  t.pass()
})

test('the method is checked before the cache', async (t) => {
  t.is((await ask(`${gateway.url}/events`)).status, 200)
  const deleted = await ask(`${gateway.url}/events`, { method: 'DELETE' })
  t.is(deleted.status, 405)
  t.is(deleted.headers.get('allow'), 'GET, HEAD')
  t.is(deleted.headers.get('cache-status'), null)
})

test('a limit is not shared by unrelated routes', async (t) => {
  let headers = {}
  let searches: number[] = []
  let users = 0
  await untilDecidedByRedis([gateway], async () => {
    users += 1
    headers = await tokenOf(gateway.url, `unrelated-${users}`)
    searches = []
    for (let i = 0; i < 4; i++)
      searches.push((await ask(`${gateway.url}/events/search?limit=${i + 1}`, { headers })).status)
  })
  t.deepEqual(searches, [200, 200, 200, 429])
  t.is((await ask(`${gateway.url}/events`, { headers })).status, 200)
  t.is((await ask(`${gateway.url}/bookings`, { headers })).status, 200)
})

test('nobody reads the bookings, holds or tickets of somebody else', async (t) => {
  const { url } = gateway
  const booking = await bookingOf(url, eventId, oneSeat, 'owner')
  const hold = await holdPlaces(url, eventId, oneSeat, 'owner')
  t.is(hold.status, 201, hold.text)
  const stranger = '?user_id=stranger'
  t.is((await ask(`${url}/bookings/${booking.id}?user_id=owner`)).status, 200)
  for (const path of [`/bookings/${booking.id}`, `/holds/${hold.body.id}`, `/tickets/${booking.tickets[0].id}`]) {
    t.is((await ask(url + path + stranger)).status, 404, path)
  }
  t.is((await releaseHold(url, hold.body.id, 'stranger')).status, 404)
  t.is((await pay(url, hold.body.id, 'stranger')).status, 404)
  t.deepEqual((await ask(`${url}/bookings${stranger}`)).body.items, [])
  t.is((await ask(`${url}/holds/${hold.body.id}?user_id=owner`)).body.status, 'active')
})

test('a token counts more than a claimed user', async (t) => {
  const headers = await tokenOf(gateway.url, 'token-user')
  t.is((await ask(`${gateway.url}/bookings?user_id=owner`, { headers })).status, 403)
  t.regex((await ask(`${gateway.url}/bookings`, { headers })).body.message, /token-user/)
})

test('a purchased hold cannot be given back', async (t) => {
  const { hold_id } = await bookingOf(gateway.url, eventId, oneSeat, 'keeps-it')
  t.is((await releaseHold(gateway.url, hold_id, 'keeps-it')).body.code, 'already_purchased')
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
  for (const counter of ['cache_hits_total', 'cache_misses_total']) {
    t.true((await metricOf(gateway.url, counter, `endpoint="/events",instance="${gateway.instance}"`)) > 0, counter)
  }
})

test('a draft is seen by organisers only, and never through the cache', async (t) => {
  const created = await ask(`${gateway.url}/admin/events`, {
    headers: asOrganiser,
    json: {
      name: 'Secret show',
      venue: { name: 'Cellar', city: 'Wien', country: 'AT', tz: 'Europe/Vienna' },
      starts_on: '2040-01-01',
    },
  })
  t.is(created.status, 201, created.text)
  const path = `${gateway.url}/events/${created.body.id}`
  t.is((await ask(path, { headers: asOrganiser })).status, 200)
  t.is((await ask(path)).status, 404)
})
