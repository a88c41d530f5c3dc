import test from 'ava'
import { describeProblems } from '../../gateway/problems.ts'
import { allRoutes } from '../../gateway/routes/all-routes.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { organiserKey, type System, startSystem } from '../support/system.ts'

let system: System

test.before(async () => {
  system = await startSystem({ env: { RATE_LIMITS: 'off' } })
})

test.after.always(() => system.stop())

test('every route stands in the OpenAPI document, with all its errors', async (t) => {
  const { status, body } = await ask(`${system.url}/openapi.json`)
  t.is(status, 200)
  t.is(body.openapi, '3.1.0')
  for (const route of allRoutes) {
    const operation = body.paths[route.path.replaceAll(/:(\w+)/g, '{$1}')]?.[route.method.toLowerCase()]
    t.is(operation?.operationId, route.contract.operation)
    const described = Object.values(operation.responses as Record<string, { description: string }>)
    const codes = described.map(({ description }) => description).join(', ')
    for (const code of route.contract.errors) t.true(codes.includes(code), `${route.path}: ${code}`)
  }
})

test('every error code has a page', async (t) => {
  for (const { code } of describeProblems()) t.is((await ask(`${system.url}/problems/${code}`)).body.code, code)
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
    'search-events': '/events/search?keyword=test',
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
