import { gunzipSync } from 'node:zlib'
import test from 'ava'
import pg from 'pg'
import { holdPlaces, tokenOf } from '../support/buying.ts'
import { getEncoded } from '../support/encoded-http.ts'
import { type Answer, ask, asOrganiser, changeEvent, eventOnSale } from '../support/http.ts'
import { metricOf } from '../support/metrics.ts'
import { sendRaw } from '../support/raw-http.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { until } from '../support/until.ts'

/* What caches, browsers and scripts may rely on: RFC 9110 (conditions, encodings), 9111 (freshness) and 9211 (Cache-Status). */

const identity = { 'accept-encoding': 'identity' }
let eventId: string

const system = sharedSystem()

test.before(async () => {
  eventId = await eventOnSale(system.url, { rows: 20, seatsPerRow: 50 })
  await until('the news of it is heard', async () => {
    await ask(layout())
    await new Promise((resolve) => setTimeout(resolve, 100))
    return /hit/.test(cacheStatusOf(await ask(layout())))
  })
})

const layout = (): string => `${system.url}/events/${eventId}/layout`
const seats = (gateway = 0, query = ''): string => `${system.gateways[gateway]?.url}/events/${eventId}/seats${query}`

/** Of a layout, which stays as it is. */
const plainLayout = (headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
  ask(layout(), { method, headers: { ...identity, ...headers } })
const etagOfLayout = async (): Promise<string> => (await plainLayout()).headers.get('etag') ?? ''
const conditional = (ifNoneMatch: string): Promise<Answer> => plainLayout({ 'if-none-match': ifNoneMatch })
const cacheStatusOf = ({ headers }: Answer): string => headers.get('cache-status') ?? ''

test.serial('a validator is strong, and the same at every gateway', async (t) => {
  const etag = await etagOfLayout()
  t.regex(etag, /^"[\w-]+"$/)
  const other = await ask(`${system.gateways[1]?.url}/events/${eventId}/layout`, { headers: identity })
  t.is(other.headers.get('etag'), etag)
})

test.serial('a client that has the reply gets 304 with the headers a cache needs and no body', async (t) => {
  const etag = await etagOfLayout()
  const { status, headers, text } = await conditional(etag)
  t.is(status, 304)
  t.is(text, '')
  t.is(headers.get('etag'), etag)
  t.is(headers.get('vary'), 'Accept-Encoding')
  t.regex(headers.get('cache-control') ?? '', /^public, max-age=60/)
  t.truthy(headers.get('date'))
  t.is(headers.get('content-type'), null)
  t.is(headers.get('content-length'), null)
})

test.serial('a 304 asks no worker', async (t) => {
  const etag = await etagOfLayout()
  const misses = () => metricOf(system.url, 'cache_misses_total', 'endpoint="/events/:event_id/layout"')
  const before = await misses()
  t.true(before > 0)
  for (let time = 0; time < 5; time += 1) t.is((await conditional(etag)).status, 304)
  t.is(await misses(), before)
})

test.serial('If-None-Match takes lists, weak validators and *', async (t) => {
  const etag = await etagOfLayout()
  for (const header of [`"other", ${etag}`, `W/${etag}`, '*']) t.is((await conditional(header)).status, 304, header)
  for (const header of ['"other"', etag.slice(1, -1), `${etag.slice(0, -1)}x"`, 'nonsense,,"']) {
    t.is((await conditional(header)).status, 200, header)
  }
})

test.serial('a reload with no-cache still gets 304 if nothing has changed', async (t) => {
  const reload = { 'if-none-match': await etagOfLayout(), 'cache-control': 'no-cache', pragma: 'no-cache' }
  t.is((await plainLayout(reload)).status, 304)
})

test.serial('If-Modified-Since counts for nothing, because nothing is dated', async (t) => {
  const answer = await ask(layout(), { headers: { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' } })
  t.is(answer.status, 200)
  t.is(answer.headers.get('last-modified'), null)
})

test.serial('a layout by its version is cached for a year, the present one for two minutes', async (t) => {
  const { body: event } = await ask(`${system.url}/events/${eventId}`)
  const byVersion = await ask(`${layout()}?version=${event.layout_version}`)
  t.is(byVersion.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  const present = await ask(layout())
  t.is(present.headers.get('cache-control'), 'public, max-age=60, stale-while-revalidate=60, stale-if-error=60')
  t.deepEqual(byVersion.body, present.body)
  const unknown = await ask(`${layout()}?version=${event.layout_version + 1}`)
  t.is(unknown.status, 404)
  t.is(unknown.headers.get('cache-control'), 'no-store')
})

test.serial('HEAD says what GET would, without a body', async (t) => {
  const get = await plainLayout()
  const head = await plainLayout({}, 'HEAD')
  t.like(head, { status: 200, text: '' })
  for (const name of ['etag', 'content-type', 'content-length', 'cache-control', 'vary']) {
    t.is(head.headers.get(name), get.headers.get(name), name)
  }
  t.is((await plainLayout({ 'if-none-match': get.headers.get('etag') ?? '' }, 'HEAD')).status, 304)
})

test.serial('each encoding has its own validator, and both have the same content', async (t) => {
  const plain = await getEncoded(layout(), identity)
  const packed = await getEncoded(layout(), { 'accept-encoding': 'gzip' })
  t.is(plain.headers['content-encoding'], undefined)
  t.is(packed.headers['content-encoding'], 'gzip')
  t.not(packed.headers.etag, plain.headers.etag)
  t.true(packed.body.byteLength < plain.body.byteLength / 2)
  t.is(Number(packed.headers['content-length']), packed.body.byteLength)
  t.deepEqual(gunzipSync(packed.body), plain.body)
  const other = { 'accept-encoding': 'gzip', 'if-none-match': String(plain.headers.etag) }
  t.is((await getEncoded(layout(), other)).status, 200, 'the other encoding is not what the client would get')
  t.is((await getEncoded(layout(), { ...other, 'if-none-match': String(packed.headers.etag) })).status, 304)
})

test.serial('gzip is sent only to clients that accept it, by weights and wildcards', async (t) => {
  const encodingFor = async (header: string) =>
    (await getEncoded(layout(), { 'accept-encoding': header })).headers['content-encoding']
  for (const header of ['gzip', 'GZIP', 'deflate, gzip', 'br;q=1.0, gzip;q=0.8, *;q=0.1', '*', 'gzip;q=0.001']) {
    t.is(await encodingFor(header), 'gzip', header)
  }
  for (const header of ['', 'identity', 'br', 'gzip;q=0', 'gzip; q=0.000', '*;q=0', '*, gzip;q=0', 'gzipped', ';;,']) {
    t.is(await encodingFor(header), undefined, header)
  }
})

test.serial('a reply too small to gain by it is not compressed, and its validator stays one', async (t) => {
  const url = `${system.url}/events?city=Nowhere`
  const plain = await getEncoded(url, identity)
  const packed = await getEncoded(url, { 'accept-encoding': 'gzip' })
  t.is(packed.headers['content-encoding'], undefined)
  t.is(packed.headers.etag, plain.headers.etag)
})

test.serial('the first who asks is told of a miss, the next ones of a hit, its age and its time left', async (t) => {
  // News of another event may come between the two.
  let tries = 0
  await until('the second is a hit', async () => {
    tries += 1
    const url = `${system.url}/events?city=Berlin&limit=${20 + tries}`
    const first = await ask(url)
    t.is(cacheStatusOf(first), 'gateway; fwd=uri-miss; stored')
    t.is(first.headers.get('age'), null)
    const second = await ask(url)
    if (!/^gateway; hit; ttl=-?\d$/.test(cacheStatusOf(second))) return false
    t.is(second.headers.get('age'), '1')
    t.is(second.text, first.text)
    return true
  })
})

test.serial('Age never passes what is promised while workers answer', async (t) => {
  const url = `${system.url}/events?city=Berlin&limit=8`
  await ask(url)
  const promised = 1
  let oldest = 0
  const stopAt = performance.now() + 3_000
  while (performance.now() < stopAt) {
    const answer = await ask(url)
    // Where a worker does not answer in time, the last reply stands in.
    if (!/no-worker/.test(cacheStatusOf(answer))) oldest = Math.max(oldest, Number(answer.headers.get('age') ?? 0))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  t.true(oldest <= promised, `${oldest} s`)
})

test.serial('the order and the writing of parameters do not matter, their values do', async (t) => {
  for (const query of ['limit=9&city=Berlin', 'city=%42erlin&limit=9']) {
    await until(`${query} is a hit`, async () => {
      await ask(`${system.url}/events?city=Berlin&limit=9`)
      return /^gateway; hit/.test(cacheStatusOf(await ask(`${system.url}/events?${query}`)))
    })
  }
  t.regex(cacheStatusOf(await ask(`${system.url}/events?city=berlin2&limit=9`)), /fwd/)
})

test.serial('Range is not served: the whole reply comes', async (t) => {
  const answer = await ask(layout(), { headers: { range: 'bytes=0-9' } })
  t.is(answer.status, 200)
  t.true(answer.text.length > 100)
})

test.serial('a request target that is no path is refused, and a whole URL is read as its path', async (t) => {
  for (const target of ['a://', 'http://', 'http://[', 'http://[::1/events', '*', 'events']) {
    t.is(await sendRaw(system.url, `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`), 400, target)
  }
  t.is((await getEncoded(system.url, {}, 'http://x/events')).status, 200)
})

test.serial('refusals and personal answers are kept by nobody', async (t) => {
  const malformed = `/events/${eventId.replace(/.$/, '0')}x`
  for (const path of ['/events?nonsense=1', malformed, '/nowhere', '/bookings?user_id=ada']) {
    const { headers } = await ask(`${system.url}${path}`)
    t.regex(headers.get('cache-control') ?? '', /no-store/, path)
    t.is(headers.get('etag'), null, path)
    t.is(headers.get('cache-status'), null, path)
  }
})

test.serial('an undeclared parameter is refused also where the rest is in the cache', async (t) => {
  await ask(`${system.url}/events?limit=6`)
  t.is((await ask(`${system.url}/events?limit=6&utm_source=x`)).status, 400)
  t.is((await ask(`${system.url}/events?limit=6&limit=6`)).status, 400)
})

test.serial('a bearer gets the same public reply; what an organiser is answered is no one else’s', async (t) => {
  const mine = await ask(layout(), { headers: await tokenOf(system.url, 'reader') })
  t.is(mine.status, 200)
  t.regex(cacheStatusOf(mine), /^gateway; /)
  const organisers = await ask(layout(), { headers: asOrganiser })
  t.is(organisers.headers.get('cache-control'), 'private, no-store')
  t.is(organisers.headers.get('cache-status'), null)
})

test.serial('a browser asks for seats each time, a cache for many keeps them for a second', async (t) => {
  const { headers } = await ask(seats())
  t.is(headers.get('cache-control'), 'public, max-age=0, s-maxage=1, stale-if-error=60')
})

test.serial('what an organiser changed shows through every gateway within a second, lists too', async (t) => {
  const id = await eventOnSale(system.url, { city: 'Oslo' })
  const paths = system.gateways.flatMap(({ url }) => [`${url}/events?city=Oslo`, `${url}/events/${id}`])
  const bothShow = async (isSo: (answer: Answer) => boolean) =>
    (await Promise.all(paths.map((path) => ask(path)))).every(isSo)
  await until('both show it', () => bothShow(({ status, body }) => status === 200 && (body.items?.length ?? 1) === 1))
  await changeEvent(system.url, id, 'cancel')
  const isCancelled = ({ body }: Answer) => body.items?.length === 0 || body.status === 'cancelled'
  await until('both show that it is cancelled', () => bothShow(isCancelled), { timeoutMs: 1_000 })
  t.pass()
})

test.serial('a hold shows to its buyer at once through any gateway, and to everybody within a second', async (t) => {
  const id = await eventOnSale(system.url)
  const states = (at: number, query = '') => ask(`${system.gateways[at]?.url}/events/${id}/seats${query}`)
  for (let round = 0; round < 10; round += 1) {
    await Promise.all([states(0), states(1)])
    const hold = await holdPlaces(system.url, id, [round], `holder-${round}`)
    t.is(hold.status, 201, hold.text)
    const own = await states((round + 1) % 2, `?min_seq=${hold.body.seq}`)
    t.is(own.body.held, round + 1)
    await until('everybody sees it', async () => (await states(round % 2)).body.held === round + 1, {
      timeoutMs: 1_000,
    })
  }
})

test.serial(
  'a reader who waits for a write while a long transaction runs gets the same headers and encodings as any other',
  async (t) => {
    const id = await eventOnSale(system.url, { rows: 100, seatsPerRow: 80 })
    const client = new pg.Client({ connectionString: system.databaseUrl })
    await client.connect()
    t.teardown(() => client.end())
    // Snapshots are numbered by the oldest transaction that writes.
    await client.query('BEGIN; SELECT pg_current_xact_id()')
    const hold = await holdPlaces(system.url, id, [0], 'holder')
    t.is(hold.status, 201, hold.text)
    const url = `${system.url}/events/${id}/seats?min_seq=${hold.body.seq}`
    const own = await ask(url, { headers: identity })
    t.is(own.status, 200, own.text)
    t.is(own.body.held, 1)
    t.is(cacheStatusOf(own), 'gateway; fwd=request')
    t.is(own.headers.get('cache-control'), 'no-store')
    t.is(own.headers.get('vary'), 'Accept-Encoding')
    t.regex(own.headers.get('stream-position') ?? '', /^.+-\d+$/)
    t.regex(own.headers.get('etag') ?? '', /^"[\w-]+"$/)
    const { headers } = await getEncoded(url, { 'accept-encoding': 'gzip' })
    t.is(headers['content-encoding'], 'gzip')
    await client.query('ROLLBACK')
  },
)

test.serial('a min_seq of no write is refused and leaves the cache as it is', async (t) => {
  for (const seq of ['9999999999999999999', 'x', '-1', '', '1e3', '99999999999999999999']) {
    t.is((await ask(seats(0, `?min_seq=${seq}`))).status, 400, seq)
  }
  t.is((await ask(seats(0, '?min_seq=1'))).status, 200)
})
