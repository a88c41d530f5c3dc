import test from 'ava'
import { newId } from '#shared/ids.ts'
import { type Ask, ask, asOrganiser, eventOnSale } from '../support/http.ts'
import { exchangeRaw } from '../support/raw-http.ts'
import { sharedSystem } from '../support/shared-systems.ts'

const system = sharedSystem()
let eventId: string
test.before(async () => {
  eventId = await eventOnSale(system.url)
})

const unknownId = '019a0000-0000-7000-8000-00000000dead'

const holds = '/events/EVENT/holds'
const stream = '/events/EVENT/seats/stream'
const wrongKey = { authorization: 'Bearer org_wrong-0123456789abcdef' }

const typed = (raw: string, type = 'application/json'): Ask => ({ raw, headers: { 'content-type': type } })
const keyed = (key: string): Ask => ({ json: { seat_nos: [1] }, headers: { 'idempotency-key': key } })
const nested = (levels: number): Ask => typed(`{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`)
const pay = (payment_token: string, hold_id = 'x'): Ask => ({ json: { hold_id, payment_token } })
/** Ids in their short form, separated by commas. */
const shortIds = (count: number): string =>
  Array.from({ length: count }, () => Buffer.from(newId().replaceAll('-', ''), 'hex').toString('base64url')).join()
const base64 = (text: string): string => Buffer.from(text).toString('base64url')

/** `outcome`: the code of the refusal, or the pointer of the field that is invalid; EVENT in a path is an event on sale. */
type Case = [title: string, path: string, request: Ask, outcome: string]

const statuses: Readonly<Record<string, number>> = {
  malformed_json: 400,
  validation_failed: 400,
  unauthenticated: 401,
  event_not_found: 404,
  not_found: 404,
  method_not_allowed: 405,
  body_too_large: 413,
  unsupported_media_type: 415,
  ticket_limit: 422,
  card_number_refused: 422,
}

const cases: Case[] = [
  ['JSON cut short', holds, typed('{"seat_nos":[1'), 'malformed_json'],
  ['JSON that is no object', holds, typed('[1]'), 'validation_failed'],
  ['JSON that is a string', holds, typed('"seat"'), 'malformed_json'],
  ['a wrong type', holds, { json: { seat_nos: 'one' } }, '/seat_nos'],
  ['a wrong element', holds, { json: { seat_nos: [1, 'x'] } }, '/seat_nos/1'],
  ['a seat named twice', holds, { json: { seat_nos: [1, 1] } }, '/seat_nos'],
  ['a negative seat', holds, { json: { seat_nos: [-1] } }, '/seat_nos/0'],
  ['a seat that does not exist', holds, { json: { seat_nos: [50] } }, '/seat_nos/0'],
  ['no seats', holds, { json: { seat_nos: [] } }, '/seat_nos'],
  ['101 seats', holds, { json: { best_available: { qty: 101 } } }, '/best_available/qty'],
  ['0 seats', holds, { json: { best_available: { qty: 0 } } }, '/best_available/qty'],
  ['half a seat', holds, { json: { best_available: { qty: 1.5 } } }, '/best_available/qty'],
  ['more than one may have', holds, { json: { best_available: { qty: 11 } } }, 'ticket_limit'],
  ['neither seats nor best', holds, { json: { user_id: 'u' } }, ''],
  ['an unknown member', holds, { json: { seat_nos: [1], colour: 'red' } }, '/colour'],
  ['an unknown parameter of a write', `${holds}?x=1`, { json: { seat_nos: [1] } }, '/x'],
  ['an event in path and body', holds, { json: { event_id: unknownId, seat_nos: [1] } }, '/event_id'],
  ['a user of the wrong type', holds, { json: { seat_nos: [1], user_id: 7 } }, '/user_id'],
  ['a user with a line break', holds, { json: { seat_nos: [1], user_id: 'a\r\nb' } }, '/user_id'],
  ['an unknown event', `/events/${unknownId}/holds`, { json: { seat_nos: [1] } }, 'event_not_found'],
  ['a body in another format', holds, typed('seat=1', 'text/plain'), 'unsupported_media_type'],
  ['a body without a type', holds, { raw: new TextEncoder().encode('{}') }, 'unsupported_media_type'],
  ['a body of 70 KB', holds, { json: { x: 'x'.repeat(70_000) } }, 'body_too_large'],
  ['a body 40 levels deep', holds, nested(40), 'validation_failed'],
  ['a body 20,000 levels deep', holds, nested(20_000), 'validation_failed'],
  ['JSON of another type', holds, typed('{"seat_nos":[1]}', 'application/ld+json'), 'unsupported_media_type'],
  ['a card number as text', '/purchase', pay('my card is 4111 1111 1111 1111'), 'card_number_refused'],
  ['a card number deep inside', '/purchase', { json: { a: { b: [5555555555554444] } } }, 'card_number_refused'],
  [
    'a card number with dots, in a text that may say anything',
    '/admin/events',
    { json: { name: 'Pay 4111.1111.1111.1111' }, headers: asOrganiser },
    'card_number_refused',
  ],
  ['a list of 13,000 seats', holds, { json: { seat_nos: Array.from({ length: 13_000 }, () => 1) } }, '/seat_nos'],
  ['a card number as idempotency key', holds, keyed('4111111111111111'), 'card_number_refused'],
  ['a parameter named __proto__', '/events?__proto__=1', {}, '/__proto__'],
  ['a limit of nothing', '/events?limit=', {}, '/limit'],
  ['a limit in hexadecimal', '/events?limit=0x10', {}, '/limit'],
  ['a year out of this world', '/events?start=9999-12-31', {}, '/start'],
  ['an idempotency key with a blank', holds, keyed('a b'), 'validation_failed'],
  ['a wrong hold id', '/holds/nonsense', {}, '/hold_id'],
  ['a hold id that is not canonical', `/holds/${'A'.repeat(42)}B`, {}, '/hold_id'],
  ['a hold that never was', `/holds/${'A'.repeat(43)}`, {}, 'not_found'],
  ['a booking that never was', `/bookings/${'A'.repeat(43)}`, {}, 'not_found'],
  ['an event that never was', `/events/${unknownId}`, {}, 'event_not_found'],
  ['the seats of an event that never was', `/events/${unknownId}/seats`, {}, 'event_not_found'],
  ['an id that is no id', '/events/42', {}, '/event_id'],
  ['broken percent-encoding', '/events/%E0%A4%A', {}, 'validation_failed'],
  ['NUL in a parameter', '/events?city=%00', {}, '/city'],
  ['NUL in a search', '/events/search?keyword=a%00b', {}, '/keyword'],
  ['an undeclared parameter', '/events?colour=red', {}, '/colour'],
  ['user_id on a shared route', '/events?user_id=1', {}, '/user_id'],
  ['a parameter given twice', '/events?limit=1&limit=2', {}, '/limit'],
  ['a caller given twice', '/bookings?user_id=1&user_id=1', {}, '/user_id'],
  ['a caller in query and body', `${holds}?user_id=1`, { json: { seat_nos: [1], user_id: '1' } }, '/user_id'],
  ['a caller who is no text', holds, { json: { user_id: 1 } }, '/user_id'],
  ['a limit of 0', '/events?limit=0', {}, '/limit'],
  ['a limit that is no number', '/events?limit=ten', {}, '/limit'],
  ['a date that does not exist', '/events?start=2026-02-30', {}, '/start'],
  ['a cursor of somebody’s own making', '/events?cursor=abc', {}, '/cursor'],
  ['a cursor of the wrong shape', `/events?cursor=${base64('[1,2,3,4]')}`, {}, '/cursor'],
  ['a wrong cursor of seats', `/events/EVENT/tickets?cursor=${base64('"x"')}`, {}, '/cursor'],
  ['a wrong cursor of bookings', '/bookings?cursor=abc', {}, '/cursor'],
  ['a user_id on a stream', `${stream}?user_id=ada`, {}, '/user_id'],
  ['a position given twice', `${stream}?from=1&from=2`, {}, '/from'],
  ['the event of a stream in its query', `${stream}?event_id=1`, {}, '/event_id'],
  ['a section without a name', `${stream}?section=`, {}, '/section'],
  ['the stream of an id that is no id', '/events/42/seats/stream', {}, '/event_id'],
  ['the stream of an event that never was', `/events/${unknownId}/seats/stream`, {}, 'event_not_found'],
  ['a stream that is posted to', stream, { method: 'POST' }, 'method_not_allowed'],
  ['availability of no events', '/availability', {}, '/ids'],
  ['availability of an empty list', '/availability?ids=', {}, 'validation_failed'],
  ['availability of an id that is no id', '/availability?ids=a', {}, 'validation_failed'],
  ['availability of a list with a hole', `/availability?ids=${unknownId},`, {}, 'validation_failed'],
  ['availability of 1,001 events', `/availability?ids=${shortIds(1_001)}`, {}, 'validation_failed'],
  ['an unknown parameter of availability', `/availability?ids=${unknownId}&x=1`, {}, '/x'],
  ['no such path', '/nope', {}, 'not_found'],
  ['a method the path has not', '/events', { method: 'PUT' }, 'method_not_allowed'],
  ['a method nobody has', '/bookings', { method: 'PROPFIND' }, 'method_not_allowed'],
  ['a purchase of nothing', '/purchase', { json: { payment_token: 'tok_ok' } }, 'validation_failed'],
  ['a purchase of a strange hold', '/purchase', pay('tok_ok', 'A'.repeat(43)), 'not_found'],
  ['organising without a key', '/admin/events', { json: {} }, 'unauthenticated'],
  ['organising with a wrong key', '/admin/events', { json: {}, headers: wrongKey }, 'unauthenticated'],
  ['a token that is none', '/bookings', { headers: { authorization: 'Bearer abc' } }, 'unauthenticated'],
]

for (const [title, path, request, outcome] of cases) {
  const pointer = /^(\/|$)/.test(outcome) ? outcome : undefined
  const code = pointer === undefined ? outcome : 'validation_failed'
  const status = statuses[code] ?? 0
  test(`${title} gets ${status} ${code}`, async (t) => {
    const answer = await ask(system.url + path.replace('EVENT', eventId), request)
    t.is(answer.status, status, answer.text)
    t.is(answer.headers.get('content-type'), 'application/problem+json')
    t.like(answer, { body: { code, type: `/problems/${code}` } })
    t.truthy(answer.body.detail)
    t.is(answer.body.request_id, answer.headers.get('x-request-id'))
    if (pointer !== undefined) t.is(answer.body.errors[0].pointer, pointer)
    if (/idempotency key$/.test(title)) t.regex(answer.body.detail, /Idempotency-Key header/)
    if (/ twice$| in query and body$/.test(title) && code === 'validation_failed' && pointer !== '/seat_nos') {
      t.regex(answer.body.detail, /^\w+ is given more than once; /)
    }
    for (const { detail } of [answer.body, ...(answer.body.errors ?? [])]) t.regex(detail, /^\S.*\.$/s, 'a sentence')
    t.notRegex(answer.text, /\bat .*\.(ts|js):\d|node_modules|SELECT|INSERT|postgres/i)
  })
}

test('a body that is no JSON object is called that, also where it is valid JSON', async (t) => {
  for (const body of ['null', '""', '"seat"', '7', '{"seat_nos":[1']) {
    const { status, body: problem } = await ask(system.url + holds.replace('EVENT', eventId), typed(body))
    t.is(status, 400, body)
    t.is(problem.detail, 'The body is not a JSON object.', body)
  }
})

test('an organiser who asks for what only users have is told to send the token of a user, and not to sign in', async (t) => {
  for (const [path, request] of [
    ['/bookings', {}],
    [`/holds/${'A'.repeat(43)}`, {}],
    ['/purchase', pay('tok_ok', 'A'.repeat(43))],
    [`/events/${unknownId}/queue`, { method: 'POST' }],
  ] as const) {
    const { status, headers, body } = await ask(system.url + path, { ...request, headers: asOrganiser })
    t.is(status, 403, path)
    t.is(body.detail, "Send a user's token; an organiser buys nothing.", path)
    t.is(headers.get('www-authenticate'), null)
  }
})

test('HEAD of a stream is refused as GET is', async (t) => {
  const head = async (id: string) => (await ask(system.url + stream.replace('EVENT', id), { method: 'HEAD' })).status
  t.is(await head(unknownId), 404)
  t.is(await head(eventId), 200)
})

test('a query of ever so many parameters is refused without keeping anybody waiting', async (t) => {
  const same = 'a&'.repeat(23_000)
  const different = Array.from({ length: 6_000 }, (_, index) => `a${index}`).join('&')
  for (const query of [same, different]) {
    for (const path of ['/events', '/bookings', `/events/${eventId}`, '/readyz']) {
      // A gateway that took seconds for it would answer nobody else meanwhile.
      const response = await fetch(`${system.url}${path}?${query}`, { signal: AbortSignal.timeout(5_000) })
      t.is(response.status, path === '/readyz' ? 200 : 400, path)
      t.true((await response.text()).length < 16_384, path)
    }
  }
})

test('lone surrogates and strange Unicode are refused or kept, never a 5xx', async (t) => {
  const lone = typed('{"seat_nos":[1],"user_id":"\\ud800"}')
  t.is((await ask(`${system.url}/events/${eventId}/holds`, lone)).status, 400)
  for (const keyword of ['\u{1F3AD}', 'a & b | !c', "'; DROP TABLE", '"', '(((', '%', ':*', '\\', 'ﬀ', 'İ']) {
    const found = await ask(`${system.url}/events/search?keyword=${encodeURIComponent(keyword)}`)
    t.is(found.status, 200, `${keyword}: ${found.text}`)
  }
})

test('ids that happen to look like card numbers name callers and keys', async (t) => {
  const names = ['4222222222222', ...Array.from({ length: 40 }, (_, index) => String(1_732_549_079_000 + index))]
  for (const name of names) t.is((await ask(`${system.url}/session`, { json: { user_id: name } })).status, 200, name)
  const unknown = await ask(`${system.url}/events/${unknownId}/holds`, keyed('019abc04-1111-4111-8111-111111111111'))
  t.is(unknown.body.code, 'event_not_found')
})

test('bytes that are not HTTP get 400 and the connection is closed', async (t) => {
  t.regex(await exchangeRaw(system.url, 'garbage\r\n\r\n'), /^HTTP\/1\.1 400/)
})

test.after('nothing was written by any of it', async (t) => {
  const { body } = await ask(`${system.url}/events/${eventId}/seats`)
  t.is(body.available, 50)
})
