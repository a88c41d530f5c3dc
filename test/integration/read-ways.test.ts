import test from 'ava'
import { tokenOf } from '../support/buying.ts'
import { type Answer, ask } from '../support/http.ts'
import { metricOf } from '../support/metrics.ts'
import { sharedLimitedSystem } from '../support/shared-systems.ts'
import { until } from '../support/until.ts'

/* Hits and refusals that a gateway knows are answered in front of Koa; nobody can tell by the answer. */

const system = sharedLimitedSystem()

const headerNames = ({ headers }: Answer): string[] => [...headers.keys()].sort()

test('a hit says the same whether it went through the layers or not', async (t) => {
  const url = `${system.url}/events?city=Nowhere`
  const throughLayers = await tokenOf(system.url, 'reader')
  const isHit = ({ headers }: Answer): boolean => /hit/.test(headers.get('cache-status') ?? '')
  let [atOnce, layered] = [await ask(url), await ask(url, { headers: throughLayers })]
  // On a busy machine what is kept may be too old again for the second of them.
  await until('both are hits', async () => {
    atOnce = await ask(url)
    layered = await ask(url, { headers: throughLayers })
    return isHit(atOnce) && isHit(layered)
  })
  t.like(atOnce, { status: 200, text: layered.text })
  t.deepEqual(headerNames(atOnce), headerNames(layered))
  for (const name of ['etag', 'cache-control', 'content-type', 'vary', 'ratelimit-policy']) {
    t.is(atOnce.headers.get(name), layered.headers.get(name), name)
  }
  const head = await ask(url, { method: 'HEAD' })
  t.deepEqual([head.status, head.text, head.headers.get('etag')], [200, '', atOnce.headers.get('etag')])
})

test('a miss and a refused read say the same with and without the layers', async (t) => {
  const throughLayers = await tokenOf(system.url, 'first-reader')
  const nowhere = '01890000-0000-7000-8000-000000000000'
  const paths = [
    '/events?city=Erewhon',
    `/availability?ids=${nowhere}`,
    `/events/${nowhere}`,
    // What is wrong with a read.
    ...[
      '/events?city=a&city=b',
      '/events?nonsense=1',
      '/events?limit=many',
      '/availability?ids=none',
      '/events/unknown',
    ],
    // Koa reads all of them, however many come before.
    ...[`/events?${'&'.repeat(1_000)}nonsense=1`, `/events?city=a${'&'.repeat(1_000)}city=b`],
    ...['/events?constructor=1', '/events?__proto__=1', '/events?city=%FF&', '/events?=x', '/EVENTS', '/events/'],
  ]
  // A caller of whom nobody has leased anything yet goes through the layers.
  await Promise.all(Array.from({ length: 20 }, (_, at) => ask(`${system.url}/events?city=Leased-${at}`)))
  for (const path of paths) {
    const atOnce = await ask(`${system.url}${path}`)
    const layered = await ask(`${system.url}${path.replace('Erewhon', 'Erehwon')}`, { headers: throughLayers })
    t.is(atOnce.status, layered.status, path)
    t.deepEqual(headerNames(atOnce).filter(isOfBoth), headerNames(layered).filter(isOfBoth), path)
    t.deepEqual(Object.keys(atOnce.body), Object.keys(layered.body), path)
    t.deepEqual(atOnce.body.errors, layered.body.errors, path)
  }
})

test('names that every Object has are unknown parameters like others, and a refusal is as long as it says', async (t) => {
  for (const name of ['constructor', '__proto__', 'ö']) {
    const { body, headers, text } = await ask(`${system.url}/events?${encodeURIComponent(name)}=1`)
    t.is(body.errors.length, 1)
    t.is(body.errors[0].pointer, `/${name}`)
    t.true(body.detail.startsWith(`${name} is unknown; the known names are city, country, `), body.detail)
    t.is(Number(headers.get('content-length')), Buffer.byteLength(text))
  }
})

/** Only what was there before has an age. */
const isOfBoth = (name: string): boolean => name !== 'age'

// Serial: nobody else is being answered.
test.serial('who hangs up while a worker is asked harms nobody', async (t) => {
  const hangUp = async (serial: number): Promise<void> => {
    const signal = AbortSignal.timeout(1 + (serial % 5))
    await fetch(`${system.url}/events?city=Hurry-${serial}`, { signal }).catch(() => undefined)
  }
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(Array.from({ length: 20 }, (_, at) => hangUp(20 * round + at)))
  }
  t.is((await ask(`${system.url}/events?city=Hurry-0`)).status, 200)
  // The one is the question itself.
  const underWay = () => metricOf(system.url, 'http_server_active_requests')
  await until('nothing is being answered', async () => (await underWay()) === 1)
})

test('every refusal of a caller is like the first one, and nobody else is refused', async (t) => {
  const bookings = (user: string): Promise<Answer> => ask(`${system.url}/bookings?user_id=${user}`)
  const refusals: Answer[] = []
  await until('it is refused three times', async () => {
    const answer = await bookings('greedy')
    if (answer.status === 429) refusals.push(answer)
    return refusals.length === 3
  })
  const [first, ...others] = refusals
  for (const other of others) {
    t.deepEqual(headerNames(other), headerNames(first as Answer))
    t.deepEqual(Object.keys(other.body).sort(), Object.keys(first?.body).sort())
    const { request_id, trace_id, retry_after_ms, ...same } = other.body
    t.like(first?.body, same)
    t.is(request_id, other.headers.get('x-request-id'))
    t.not(request_id, first?.body.request_id)
    t.is(Number(other.headers.get('retry-after')), Math.ceil(retry_after_ms / 1_000))
    t.is(other.headers.get('traceparent')?.split('-')[1], trace_id)
  }
  const isHeadRefused = async (): Promise<boolean> =>
    (await ask(`${system.url}/bookings?user_id=greedy`, { method: 'HEAD' })).status === 429
  // A token may have grown.
  await until('HEAD is refused', isHeadRefused)
  t.is((await bookings('modest')).status, 200)
})

test('a refused caller is admitted as soon as a token has grown again', async (t) => {
  const search = (): Promise<Answer> => ask(`${system.url}/events/search?keyword=zither`)
  const isRefused = async (): Promise<boolean> => (await search()).status === 429
  await Promise.all(Array.from({ length: 120 }, search))
  // The second time without asking anybody, unless a token has grown between the two.
  await until('it is refused twice in a row', async () => (await isRefused()) && (await isRefused()))
  await until('it is let in', async () => (await search()).status === 200)
  t.pass()
})
