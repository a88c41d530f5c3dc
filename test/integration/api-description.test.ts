import test from 'ava'
import { problemKinds } from '../../gateway/http/problems.ts'
import { allRoutes } from '../../gateway/routes/all-routes.ts'
import type { Route } from '../../gateway/routes/route.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { organiserKey, type System, startSystem } from '../support/system.ts'

/** What any route may answer, and any with a body. */
const general = ['validation_failed', 'rate_limited', 'no_worker', 'worker_timeout']
const ofBodies = ['malformed_json', 'body_too_large', 'unsupported_media_type', 'card_number_refused']

let system: System

test.before(async () => {
  system = await startSystem({ env: { RATE_LIMITS: 'off' } })
})

test.after.always(() => system.stop())

/** Everything but 200. */
const successes: Record<string, string[]> = {
  'hold-seats': ['201'],
  'release-hold': ['204'],
  'abandon-hold': ['204'],
  'purchase-hold': ['201', '202'],
  'cancel-booking': ['200', '202'],
  'refund-booking': ['200', '202'],
  'create-event': ['201'],
}

interface Described {
  operationId: string
  requestBody?: { content: object }
  responses: Record<string, { description: string; content?: object }>
}

async function describedRoutes(): Promise<{ route: Route; described: Described }[]> {
  const { paths } = (await ask(`${system.url}/openapi.json`)).body
  return allRoutes.map((route) => {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    return { route, described: paths[path]?.[route.method.toLowerCase()] }
  })
}

test('every route stands in the OpenAPI document, with a body where one is read', async (t) => {
  t.is((await ask(`${system.url}/openapi.json`)).body.openapi, '3.1.0')
  for (const { route, described } of await describedRoutes()) {
    t.is(described?.operationId, route.contract.operation)
    t.is(described.requestBody !== undefined, ['POST', 'PATCH'].includes(route.method), route.contract.operation)
  }
})

test('every route describes the statuses by which it succeeds, and a body for all but 204', async (t) => {
  for (const { route, described } of await describedRoutes()) {
    const { operation } = route.contract
    const statuses = Object.keys(described.responses).filter((status) => status < '400')
    t.deepEqual(statuses, [...(successes[operation] ?? ['200']), ...(route.cache ? ['304'] : [])], operation)
    for (const status of statuses) {
      t.is(described.responses[status]?.content !== undefined, !['204', '304'].includes(status), operation)
    }
  }
})

test('every route describes its errors under their statuses, each once, and no others', async (t) => {
  const statusOf = new Map(problemKinds().map(({ code, status }) => [code as string, String(status)]))
  for (const { route, described } of await describedRoutes()) {
    const codes = Object.entries(described.responses).flatMap(([status, { description }]) =>
      status < '400' ? [] : description.split(', ').map((code) => ({ code, status })),
    )
    for (const { code, status } of codes) t.is(statusOf.get(code), status, `${route.path}: ${code}`)
    const expected: string[] = [...general, ...route.contract.errors]
    if (['POST', 'PATCH'].includes(route.method)) expected.push(...ofBodies)
    if (route.access !== 'public') expected.push('unauthenticated', 'forbidden')
    if (route.needsIdempotencyKey) expected.push('idempotency_key_required')
    t.deepEqual(codes.map(({ code }) => code).toSorted(), expected.toSorted(), route.path)
  }
})

test('every error code has a page', async (t) => {
  for (const { code } of problemKinds()) t.is((await ask(`${system.url}/problems/${code}`)).body.code, code)
  t.is((await ask(`${system.url}/problems/nonsense`)).status, 404)
})

test('what is answered over HTTP is what the contracts promise', async (t) => {
  const eventId = await eventOnSale(system.url, { rows: 3 })
  const { url } = system
  const user_id = 'contract-reader'
  const held = await ask(`${url}/events/${eventId}/holds`, { json: { best_available: { qty: 2 }, user_id } })
  const bought = await ask(`${url}/purchase`, { json: { hold_id: held.body.id, payment_token: 'tok_ok', user_id } })
  t.is(bought.status, 201, bought.text)
  await system.start('audit')
  const headers = { authorization: `Bearer ${organiserKey}` }
  const cancelled = await eventOnSale(url)
  t.is((await ask(`${url}/admin/events/${cancelled}/cancel`, { method: 'POST', headers })).status, 200)
  const paths: Record<string, string> = {
    'list-events': '/events',
    'search-events': '/events/search?keyword=test&facets=city,type,month,price&currency=EUR',
    'list-availability': `/availability?ids=${eventId}`,
    'view-event': `/events/${eventId}`,
    'list-seats': `/events/${eventId}/tickets`,
    'view-layout': `/events/${eventId}/layout`,
    'view-seat-states': `/events/${eventId}/seats`,
    'view-hold': `/holds/${held.body.id}?user_id=${user_id}`,
    'list-bookings': `/bookings?user_id=${user_id}`,
    'view-booking': `/bookings/${bought.body.id}?user_id=${user_id}`,
    'list-sales': `/admin/events/${eventId}/sales`,
    'view-event-refunds': `/admin/events/${cancelled}/refunds`,
    'view-invariants': '/admin/invariants',
  }
  const getRoutes = allRoutes.filter(({ method }) => method === 'GET')
  t.deepEqual(getRoutes.map(({ contract }) => contract.operation).sort(), Object.keys(paths).sort())
  for (const { contract, access } of getRoutes) {
    const answer = await ask(url + paths[contract.operation], access === 'organiser' ? { headers } : {})
    t.is(answer.status, 200, answer.text)
    t.notThrows(() => contract.reply.parse(answer.body), contract.operation)
    t.truthy(answer.headers.get('x-request-id'))
    t.truthy(answer.headers.get('cache-control'))
  }
})

test('the page at / says what runs and links to what answers', async (t) => {
  const page = await ask(`${system.url}/`)
  t.is(page.status, 200)
  t.regex(page.headers.get('content-type') ?? '', /^text\/html/)
  for (const [, href] of page.text.matchAll(/href="([^"]+)"/g)) {
    t.is((await ask(system.url + href)).status, 200, href)
  }
})
