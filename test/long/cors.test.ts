import test from 'ava'
import { forFile } from '../support/for-file.ts'
import { type Answer, ask, eventOnSale } from '../support/http.ts'
import { startSystem } from '../support/system.ts'

const shop = 'https://shop.example'
const stranger = 'https://stranger.example'

/** Gateways by who may read their answers. */
let off: string
let anybody: string
let listed: string
let eventId: string

const system = forFile(() =>
  startSystem({ counts: { sandbox: 0, purchase: 0 }, env: { RATE_LIMIT_MAXIMA: 'my-bookings=1' } }),
)

test.before(async () => {
  const start = async (CORS_ORIGINS: string) => (await system.start('gateway', { CORS_ORIGINS })).url
  off = system.url
  ;[anybody, listed] = await Promise.all([start('*'), start(`https://other.example, ${shop}`)])
  eventId = await eventOnSale(system.url)
})

const from = (origin: string, more: Record<string, string> = {}) => ({ headers: { origin, ...more } })
const allowed = ({ headers }: Answer) => headers.get('access-control-allow-origin')
const exposed = ({ headers }: Answer) => headers.get('access-control-expose-headers') ?? ''

function preflight(url: string, origin: string, method: string): Promise<Answer> {
  const headers = {
    origin,
    'access-control-request-method': method,
    'access-control-request-headers': 'idempotency-key',
  }
  return ask(url, { method: 'OPTIONS', headers })
}

test('without CORS_ORIGINS no answer is for pages of other origins', async (t) => {
  for (const path of ['/events', `/events/${eventId}`, '/bookings?user_id=1', '/nowhere']) {
    const { headers } = await ask(off + path, from(shop))
    t.notRegex([...headers.keys()].join(), /access-control-/, path)
  }
  t.true((await preflight(`${off}/events`, shop, 'GET')).status >= 400)
})

test('with * any page may make the public reads, errors included, and nothing else, without credentials', async (t) => {
  const unknown = '019a0000-0000-7000-8000-00000000dead'
  for (const path of ['/events', `/events/${eventId}/seats`, '/events?colour=red', `/events/${unknown}`, '/events']) {
    // With and without Origin alike, so that no cache can mix them up; in front of Koa and behind it.
    for (const headers of [{ origin: stranger }, {}, { authorization: 'Basic x', origin: stranger }]) {
      const answer = await ask(anybody + path, { headers })
      t.is(allowed(answer), '*', path)
      t.is(answer.headers.get('access-control-allow-credentials'), null)
      for (const name of ['ETag', 'Link', 'RateLimit', 'X-Request-Id']) t.true(exposed(answer).includes(name), name)
    }
  }
  const personal = await ask(`${anybody}/bookings?user_id=1`, from(stranger))
  t.is(allowed(personal), null)
  const read = await preflight(`${anybody}/events`, stranger, 'GET')
  t.is(read.status, 204)
  t.is(allowed(read), '*')
  t.is(read.headers.get('access-control-allow-methods'), 'GET, HEAD')
  for (const [path, method] of [
    ['/bookings', 'GET'],
    ['/purchase', 'POST'],
    [`/events/${eventId}/holds`, 'POST'],
    ['/events', 'DELETE'],
  ] as const) {
    const refused = await preflight(anybody + path, stranger, method)
    t.true(refused.status >= 400, `${method} ${path}`)
    t.is(allowed(refused), null)
  }
})

test('with a list, pages of these origins may use every route, and others none', async (t) => {
  for (const path of ['/events', '/bookings?user_id=2', '/bookings?user_id=2', '/nowhere']) {
    const answer = await ask(listed + path, from(shop))
    t.is(allowed(answer), shop, path)
    t.is(answer.headers.get('access-control-allow-credentials'), 'true')
    t.true(exposed(answer).includes('Location'))
    const other = await ask(listed + path, from(stranger))
    t.is(allowed(other), null, path)
    // A cache must not give the answer for one origin to another.
    for (const { headers } of [answer, other]) t.regex(headers.get('vary') ?? '', /\bOrigin\b/, path)
  }
  t.is((await ask(`${listed}/bookings?user_id=2`, from(shop))).status, 429)
  // The cookies of desk and door must not make a listed page of the same site an organiser or a gate.
  for (const answer of [
    await preflight(`${listed}/admin/events`, shop, 'POST'),
    await ask(`${listed}/admin/events`, from(shop)),
    await preflight(`${listed}/check-in/${eventId}/scans`, shop, 'POST'),
    await ask(`${listed}/check-in/${eventId}/manifest`, from(shop)),
  ]) {
    t.is(allowed(answer), shop)
    t.is(answer.headers.get('access-control-allow-credentials'), null)
  }
  const write = await preflight(`${listed}/events/${eventId}/holds`, shop, 'POST')
  t.is(write.status, 204)
  t.is(allowed(write), shop)
  t.is(write.headers.get('access-control-allow-methods'), 'POST')
  t.regex(write.headers.get('access-control-allow-headers') ?? '', /Authorization.*Idempotency-Key.*Queue-Pass/)
  const refused = await preflight(`${listed}/events/${eventId}/holds`, stranger, 'POST')
  t.is(allowed(refused), null)
  const held = await ask(`${listed}/events/${eventId}/holds`, {
    json: { user_id: '3', best_available: { qty: 1 } },
    ...from(shop),
  })
  t.is(held.status, 201, held.text)
  t.is(allowed(held), shop)
  const compressed = await ask(`${listed}/events`, from(shop, { 'accept-encoding': 'gzip' }))
  t.is(compressed.headers.get('vary'), 'Accept-Encoding, Origin')
})
