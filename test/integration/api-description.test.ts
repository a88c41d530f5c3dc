import test from 'ava'
import { problemKinds } from '../../gateway/http/problems.ts'
import { allRoutes } from '../../gateway/routes/all-routes.ts'
import type { Route } from '../../gateway/routes/route.ts'
import { bookingOf, buyPlaces, holdPlaces } from '../support/buying.ts'
import { Draws } from '../support/draws.ts'
import { type Answer, type Ask, ask, asOrganiser, atDoor, changeEvent, eventOnSale } from '../support/http.ts'
import { askToJoin, eventWithRoom, join, look, setRoom } from '../support/room-buyers.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { until } from '../support/until.ts'

/** What any route may answer, and any with a body. */
const general = [
  'misdirected',
  'expectation_failed',
  ...['malformed_request', 'head_too_large', 'request_too_slow'],
  ...['validation_failed', 'rate_limited', 'internal'],
  ...['no_worker', 'overloaded', 'unavailable', 'worker_timeout'],
]
const ofBodies = ['malformed_json', 'body_too_large', 'unsupported_media_type', 'card_number_refused']

const system = sharedSystem()

/** Everything but 200. */
const successes: Record<string, string[]> = {
  'hold-seats': ['201'],
  'release-hold': ['204'],
  'abandon-hold': ['204'],
  'purchase-hold': ['201', '202'],
  'cancel-booking': ['200', '202'],
  'refund-booking': ['200', '202'],
  'create-event': ['201'],
  'join-queue': ['201'],
  'claim-pass': ['200', '202'],
  'leave-queue': ['204'],
  'issue-bypass': ['201'],
  'join-waiting-list': ['201'],
  'leave-waiting-list': ['204'],
  'erase-user': ['204'],
}

interface Described {
  parameters: { $ref?: string }[]
  operationId: string
  requestBody?: { content: object }
  responses: Record<string, { description: string; content?: Record<string, { schema: { allOf: unknown[] } }> }>
}

let document: Promise<Answer> | undefined

async function describedRoutes(): Promise<{ route: Route; described: Described }[]> {
  document ??= ask(`${system.url}/openapi.json`)
  const { paths } = (await document).body
  return allRoutes.map((route) => {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    return { route, described: paths[path]?.[route.method.toLowerCase()] }
  })
}

test('every route stands in the OpenAPI document, with a body where one is read', async (t) => {
  t.is((await ask(`${system.url}/openapi.json`)).body.openapi, '3.1.0')
  const names = (await describedRoutes()).map(({ described }) => described?.operationId)
  t.is(new Set(names).size, names.length, 'no two routes have one name')
  for (const { route, described } of await describedRoutes()) {
    t.is(described?.operationId, route.operationId ?? route.contract.operation)
    t.is(described.requestBody !== undefined, ['POST', 'PUT', 'PATCH'].includes(route.method), route.contract.operation)
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
    const codes = Object.entries(described.responses).flatMap(([status, { content }]) => {
      const [, ofTheseCodes] = content?.['application/problem+json']?.schema.allOf ?? []
      const { properties } = (ofTheseCodes ?? { properties: { code: { enum: [] } } }) as {
        properties: { code: { enum: string[] } }
      }
      return properties.code.enum.map((code) => ({ code, status }))
    })
    for (const { code, status } of codes) t.is(statusOf.get(code), status, `${route.path}: ${code}`)
    const expected: string[] = [...general, ...route.contract.errors]
    if (['POST', 'PUT', 'PATCH'].includes(route.method)) expected.push(...ofBodies)
    if (route.access !== 'public') expected.push('unauthenticated', 'forbidden')
    if (route.needsIdempotencyKey) expected.push('idempotency_key_required')
    t.deepEqual(codes.map(({ code }) => code).toSorted(), expected.toSorted(), route.path)
  }
})

test('every route that takes places describes the header of the pass, and no other does', async (t) => {
  for (const { route, described } of await describedRoutes()) {
    const takesPass = described.parameters.some(({ $ref }) => $ref === '#/components/parameters/Queue-Pass')
    t.is(takesPass, route.takesPlacesOf !== undefined, `${route.method} ${route.path}`)
  }
  t.like((await document)?.body.components.parameters['Queue-Pass'], { name: 'Queue-Pass', in: 'header' })
})

test('a place in a queue that is off is refused with an error that its route describes', async (t) => {
  const eventId = await eventWithRoom(system.url)
  const place = await join(system.url, eventId, 'ann')
  await setRoom(system.url, eventId, { state: 'off' })
  await until('the gateway knows', async () => (await look(system.url, place, 'ann')).status === 409)
  const { code } = (await look(system.url, place, 'ann')).body
  t.is(code, 'queue_not_enabled')
  const view = allRoutes.find(({ contract }) => contract.operation === 'view-queue-place')
  t.true(view?.contract.errors.includes(code))
})

test('every list links to its next page, as far as there is one', async (t) => {
  const { url } = system
  const eventId = await eventOnSale(url, { name: 'Paging night', rows: 1, seatsPerRow: 5 })
  await eventOnSale(url, { name: 'Paging night' })
  for (const seatNo of [0, 1]) await bookingOf(url, eventId, [seatNo], 'pager')
  for (const [path, pages] of [
    ['/events?limit=1&city=Berlin', 2],
    ['/events/search?keyword=paging+night&limit=1', 2],
    ['/events/search?keyword=paging+night&page=1&pageSize=1', 2],
    [`/events/${eventId}/tickets?limit=2`, 3],
    ['/bookings?user_id=pager&limit=1', 2],
    ['/admin/events?status=any&city=Berlin&limit=1', 2],
    [`/admin/events/${eventId}/sales?limit=1`, 2],
  ] as const) {
    const ids: string[] = []
    let next: string | undefined = url + path
    let count = 0
    while (next !== undefined && count < pages) {
      const page: Answer = await ask(next, path.startsWith('/admin') ? { headers: asOrganiser } : {})
      t.is(page.status, 200, page.text)
      ids.push(...page.body.items.map((item: unknown) => JSON.stringify(item)))
      count += 1
      const link = page.headers.get('link')
      t.is(link !== null, page.body.next_cursor !== null, path)
      const [, target] = /^<([^>]+)>; rel="next"$/.exec(link ?? '') ?? []
      next = target === undefined ? undefined : new URL(target, next).href
    }
    t.is(count, pages, path)
    t.is(new Set(ids).size, ids.length, path)
  }
})

test('every error code has a page that says what to do, and the same as JSON for programs', async (t) => {
  for (const { code, title, status } of problemKinds()) {
    const page = await ask(`${system.url}/problems/${code}`, { headers: { accept: 'text/html,*/*;q=0.8' } })
    t.regex(page.headers.get('content-type') ?? '', /^text\/html/)
    t.true(page.text.includes(`<h1>${title}</h1>`), code)
    const { body } = await ask(`${system.url}/problems/${code}`, { headers: { accept: 'application/json' } })
    t.like(body, { code, title, status })
    t.truthy(body.explanation)
  }
  t.is((await ask(`${system.url}/problems/nonsense`)).status, 404)
})

test('the page at /docs loads scripts and styles from this host only, under addresses that never change', async (t) => {
  const page = await ask(`${system.url}/docs`)
  t.is(page.status, 200)
  const policy = page.headers.get('content-security-policy') ?? ''
  t.true(policy.includes("default-src 'none';script-src 'self';style-src 'self'"), policy)
  t.notRegex(policy, /unsafe|https?:/)
  t.notRegex(page.text, /https?:\/\/|<script>|<style|\son\w+=/)
  const loaded = [...page.text.matchAll(/<(?:script src|link [^>]*href)="([^"]+)"/g)].map(([, path = '']) => path)
  t.is(loaded.length, 6)
  for (const path of loaded) {
    // The document describes no files.
    const file = await fetch(system.url + path, { signal: AbortSignal.timeout(10_000) })
    t.is(file.status, 200, path)
    t.is(file.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    const type = path.endsWith('.css') ? /^text\/css/ : path.endsWith('.svg') ? /^image\/svg/ : /^text\/javascript/
    t.regex(file.headers.get('content-type') ?? '', type)
    t.true((await file.text()).length > 100)
  }
  const [script = ''] = loaded.filter((path) => path.endsWith('.js'))
  t.is((await ask(system.url + script.replace(/docs\/\w+/, 'docs/another'))).status, 404)
})

test('answers over HTTP are as the contracts promise', async (t) => {
  const eventId = await eventOnSale(system.url, { rows: 3 })
  const { url } = system
  const user_id = 'contract-reader'
  const held = await holdPlaces(url, eventId, { best_available: { qty: 2 } }, 'holder')
  const bought = await buyPlaces(url, eventId, { best_available: { qty: 2 } }, user_id, { key: 'contract' })
  t.is(bought.status, 201, bought.text)
  await system.start('audit')
  const cancelled = await eventOnSale(url)
  await changeEvent(url, cancelled, 'cancel')
  const { body: event } = await ask(`${url}/events/${eventId}`)
  const waiting = await eventWithRoom(url)
  const place = await askToJoin(url, waiting, user_id)
  const draws = new Draws(system)
  const drawn = await draws.eventWithDraw()
  const early = await askToJoin(url, drawn, user_id)
  await draws.close(drawn)
  const small = await eventOnSale(url, { rows: 1, seatsPerRow: 1 })
  await holdPlaces(url, small, [0], 'first')
  const joined = await ask(`${url}/events/${small}/waiting-list`, { json: { qty: 1, user_id } })
  t.is(joined.status, 201, joined.text)
  const paths: Record<string, string> = {
    'list-events': '/events',
    'search-events': '/events/search?keyword=test&facets=city,type,month,price&currency=EUR',
    'list-availability': `/availability?ids=${eventId}`,
    'view-event': `/events/${eventId}`,
    'list-seats': `/events/${eventId}/tickets`,
    'view-layout': `/events/${eventId}/layout`,
    'view-seat-states': `/events/${eventId}/seats`,
    'view-venue': `/venues/${event.venue.id}`,
    'view-performer': `/performers/${event.performers[0].id}`,
    'view-hold': `/holds/${held.body.id}?user_id=holder`,
    'list-bookings': `/bookings?user_id=${user_id}`,
    'view-booking': `/bookings/${bought.body.id}?user_id=${user_id}`,
    'view-purchase': `/purchases/contract?user_id=${user_id}`,
    'list-tickets': `/tickets?user_id=${user_id}`,
    'view-ticket': `/tickets/${bought.body.tickets[0].id}?user_id=${user_id}`,
    'view-ticket-keys': '/.well-known/jwks.json',
    'view-waiting-room': `/events/${eventId}/queue`,
    'view-serving': `/events/${waiting}/queue/serving`,
    'view-draw': `/events/${drawn}/queue/draw`,
    'view-draw-roll': `/events/${drawn}/queue/draw/roll/0`,
    'view-draw-ranks': `/events/${drawn}/queue/draw/ranks/0`,
    'list-admissions': `/events/${drawn}/queue/admissions`,
    'view-receipt': `/queue/${early.body.id}/receipt?user_id=${user_id}`,
    'view-queue-place': `/queue/${place.body.id}?user_id=${user_id}`,
    'view-waiting-entry': `/events/${small}/waiting-list?user_id=${user_id}`,
    'list-waiting-entries': `/waiting-list?user_id=${user_id}`,
    'export-user': `/me/export?user_id=${user_id}`,
    'list-organised-events': '/admin/events?status=any',
    'view-organised-event': `/admin/events/${eventId}`,
    'view-organised-waiting-room': `/admin/events/${drawn}/queue`,
    'view-report': `/admin/events/${eventId}/report`,
    'list-reports': `/admin/reports?event_ids=${eventId},${small}`,
    'list-sales': `/admin/events/${eventId}/sales`,
    'list-double-entries': `/admin/events/${eventId}/double-entries`,
    'view-sold-booking': `/admin/bookings/${bought.body.id}`,
    'view-event-refunds': `/admin/events/${cancelled}/refunds`,
    'view-invariants': '/admin/invariants',
    'view-manifest': `/check-in/${eventId}/manifest`,
  }
  const headersFor: Partial<Record<Route['access'], Ask>> = {
    organiser: { headers: asOrganiser },
    door: { headers: atDoor },
  }
  const getRoutes = allRoutes.filter(({ method }) => method === 'GET')
  const nameOf = ({ operationId, contract }: Route): string => operationId ?? contract.operation
  t.deepEqual(getRoutes.map(nameOf).sort(), Object.keys(paths).sort())
  for (const route of getRoutes) {
    const { contract, access } = route
    const answer = await ask(url + paths[nameOf(route)], headersFor[access] ?? {})
    t.is(answer.status, 200, answer.text)
    t.notThrows(() => contract.reply.parse(answer.body), contract.operation)
    t.truthy(answer.headers.get('x-request-id'))
    t.truthy(answer.headers.get('cache-control'))
  }
})

test('the page at /running says what runs and links to what answers', async (t) => {
  const page = await ask(`${system.url}/running`)
  t.is(page.status, 200)
  t.regex(page.headers.get('content-type') ?? '', /^text\/html/)
  const [, main = ''] = page.text.split('<main')
  const links = [...(main.split('</main>')[0] ?? '').matchAll(/href="(\/[^"]+)"/g)]
  t.true(links.length > 3)
  for (const [, href] of links) {
    t.is((await ask(system.url + href)).status, 200, href)
  }
})
