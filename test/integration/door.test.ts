import { createHmac, randomUUID } from 'node:crypto'
import test from 'ava'
import { SignJWT } from 'jose'
import { bookingOf, tokenOf } from '../support/buying.ts'
import { forFile } from '../support/for-file.ts'
import { type Ask, ask, asOrganiser, atDoor, eventOnSale } from '../support/http.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { doorKey, organiserKey } from '../support/system.ts'

/* The door over HTTP: who may scan, how a gate signs in, and what its key and cookie may do. */

const system = sharedSystem()

const scanOf = (code: string) => ({ scan_id: randomUUID(), code, scanned_at: new Date().toISOString() })
const scansOf = (...codes: string[]) => ({ gate: 'North', scans: codes.map(scanOf) })
const get = (path: string, headers: Record<string, string> = {}) => ask(system.url + path, { headers })

/** An event with two tickets of `ada`, and their codes. */
async function twoTickets(): Promise<{ eventId: string; tickets: string[]; codes: string[] }> {
  const eventId = await eventOnSale(system.url)
  const { tickets } = await bookingOf(system.url, eventId, { best_available: { qty: 2 } }, 'ada')
  const ids = tickets.map(({ id }: { id: string }) => id)
  const codes = await Promise.all(ids.map(async (id: string) => (await get(`/tickets/${id}?user_id=ada`)).body.code))
  return { eventId, tickets: ids, codes }
}

/** The answer to a key at the door, and the cookie that it sets. */
async function signIn(url: string, key = doorKey) {
  const answer = await ask(`${url}/check-in/session`, { json: { key } })
  const [setCookie = ''] = answer.headers.getSetCookie()
  return { answer, setCookie, cookie: setCookie.split(';')[0] ?? '' }
}

test('a gate scans the code of a ticket once; after that the ticket is used and has no code', async (t) => {
  const { eventId, tickets, codes } = await twoTickets()
  const scan = (request: object) => ask(`${system.url}/check-in/${eventId}/scans`, { json: request, headers: atDoor })
  const request = scansOf(codes[0] ?? '')
  const first = await scan(request)
  t.is(first.status, 200, first.text)
  t.is(first.headers.get('cache-control'), 'private, no-store')
  t.like(first.body, { tickets: 2, items: [{ outcome: 'admitted', entered: { gate: 'North' } }] })
  t.deepEqual((await scan(request)).body.items, first.body.items)
  t.is((await scan(scansOf(codes[0] ?? ''))).body.items[0].outcome, 'already_admitted')
  t.like((await get(`/tickets/${tickets[0]}?user_id=ada`)).body, { status: 'used', code: null })
})

test('the manifest has pages, which link to each other', async (t) => {
  const { eventId, tickets } = await twoTickets()
  const first = await get(`/check-in/${eventId}/manifest?limit=1`, atDoor)
  const link = first.headers.get('link') ?? ''
  t.is(link, `<?limit=1&cursor=${first.body.next_cursor}>; rel="next"`)
  const second = await get(`/check-in/${eventId}/manifest${/<(.*)>/.exec(link)?.[1]}`, atDoor)
  t.is(second.headers.get('link'), null)
  const seen = [...first.body.items, ...second.body.items].map(({ id }) => id)
  t.deepEqual(seen.toSorted(), tickets.toSorted())
})

test('the key of the door or an organiser opens the door; no key, a wrong one and a buyer do not', async (t) => {
  const { eventId, codes } = await twoTickets()
  const manifest = `/check-in/${eventId}/manifest`
  for (const headers of [atDoor, asOrganiser]) t.is((await get(manifest, headers)).status, 200)
  const wrong = ['door_wrong-0123456789abcdef', doorKey.slice(0, -1), `${doorKey}x`, 'door_', 'x']
  for (const headers of [
    {},
    await tokenOf(system.url, 'ada'),
    { cookie: `ticketing_door=${doorKey}` },
    ...wrong.map((key) => ({ authorization: `Bearer ${key}` })),
  ]) {
    t.is((await get(manifest, headers)).status, 401, JSON.stringify(headers))
    const sent = await ask(`${system.url}/check-in/${eventId}/scans`, { json: scansOf(codes[0] ?? ''), headers })
    t.is(sent.status, 401, sent.text)
  }
  const { items } = (await get(manifest, atDoor)).body
  t.deepEqual(
    items.map(({ status }: { status: string }) => status),
    ['valid', 'valid'],
  )
})

test('the key of the door opens nothing else', async (t) => {
  const { eventId } = await twoTickets()
  for (const path of ['/admin/events', `/admin/events/${eventId}/report`, '/admin/invariants', '/bookings']) {
    t.is((await get(path, atDoor)).status, 401, path)
  }
  const cancel = await ask(`${system.url}/admin/events/${eventId}/cancel`, { method: 'POST', headers: atDoor })
  t.is(cancel.status, 401)
  const atDesk = await ask(`${system.url}/admin/session`, { json: { key: doorKey } })
  t.is(atDesk.status, 401)
  t.deepEqual(atDesk.headers.getSetCookie(), [])
})

test('a gate exchanges its key for a cookie that only /check-in gets, and that takes JSON alone', async (t) => {
  const { eventId, codes } = await twoTickets()
  const { answer, setCookie, cookie } = await signIn(system.url)
  t.is(answer.status, 204)
  for (const attribute of ['Path=/check-in', 'HttpOnly', 'SameSite=Strict', 'Max-Age=43200']) {
    t.true(setCookie.split('; ').includes(attribute), attribute)
  }
  t.false(decodeURIComponent(setCookie).includes(doorKey.slice(5)))
  t.is((await get(`/check-in/${eventId}/manifest`, { cookie })).status, 200)
  const send = (request: Ask) => ask(`${system.url}/check-in/${eventId}/scans`, request)
  const raw = JSON.stringify(scansOf(codes[0] ?? ''))
  t.is((await send({ raw, headers: { cookie, 'content-type': 'text/plain' } })).status, 415)
  t.like((await send({ json: JSON.parse(raw), headers: { cookie } })).body.items[0], { outcome: 'admitted' })
  const out = await ask(`${system.url}/check-in/session`, { method: 'DELETE' })
  t.is(out.status, 204)
  t.regex(
    out.headers.getSetCookie()[0] ?? '',
    /^ticketing_door=; Max-Age=0; Path=\/check-in; HttpOnly; SameSite=Strict/,
  )
  for (const key of ['door_wrong-0123456789abcdef', 'x']) {
    const refused = await signIn(system.url, key)
    t.is(refused.answer.status, 401)
    t.is(refused.setCookie, '')
  }
})

test('a cookie of the desk is worth nothing at the door, nor one of the door at the desk', async (t) => {
  const eventId = await eventOnSale(system.url)
  const tokenOfPurpose = (purpose: string, subject: string): Promise<string> =>
    new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(subject)
      .setExpirationTime('1 minute')
      .sign(Buffer.from(createHmac('sha256', organiserKey).update(purpose).digest('base64url')))
  const [ofDesk, ofDoor] = [
    await tokenOfPurpose('sessions of the desk', 'organiser'),
    await tokenOfPurpose('sessions of the door', 'door'),
  ]
  const at = async (cookie: string, path: string): Promise<number> => (await get(path, { cookie })).status
  const manifest = `/check-in/${eventId}/manifest`
  t.is(await at(`ticketing_desk=${ofDesk}`, '/admin/events'), 200, 'positive control')
  t.is(await at(`ticketing_door=${ofDoor}`, manifest), 200, 'positive control')
  t.is(await at(`ticketing_desk=${ofDoor}`, '/admin/events'), 401)
  t.is(await at(`ticketing_door=${ofDesk}`, manifest), 401)
  t.is(await at(`ticketing_desk=${ofDesk}`, manifest), 401)
  t.is(await at(`ticketing_door=${ofDoor}`, '/admin/events'), 401)
})

const otherKey = forFile(() => system.start('gateway', { DOOR_KEY: 'door_another-0123456789abcdef' }))

test('a new key signs all gates out; those that came in with the key of an organiser stay', async (t) => {
  const eventId = await eventOnSale(system.url)
  const at = async (url: string, headers: Record<string, string>): Promise<number> =>
    (await ask(`${url}/check-in/${eventId}/manifest`, { headers })).status
  const [gate, organiser] = [await signIn(system.url), await signIn(system.url, organiserKey)]
  for (const { cookie } of [gate, organiser]) t.is(await at(system.url, { cookie }), 200)
  t.is(await at(otherKey.url, { cookie: gate.cookie }), 401)
  t.is(await at(otherKey.url, { cookie: organiser.cookie }), 200)
  t.is(await at(otherKey.url, atDoor), 401)
  t.is(await at(otherKey.url, { authorization: 'Bearer door_another-0123456789abcdef' }), 200)
})

test('organisers read which tickets two gates let in; each page links to the next, and gates read none', async (t) => {
  const { eventId, codes } = await twoTickets()
  const path = `/admin/events/${eventId}/double-entries`
  const send = (gate: string) => {
    const scans = codes.map((code) => ({ ...scanOf(code), let_in: true }))
    return ask(`${system.url}/check-in/${eventId}/scans`, { json: { gate, scans }, headers: atDoor })
  }
  for (const gate of ['North', 'South']) t.is((await send(gate)).status, 200)
  const first = await get(`${path}?limit=1`, asOrganiser)
  t.is(first.status, 200, first.text)
  t.is(first.headers.get('cache-control'), 'private, no-store')
  const second = await get(`${path}${/<(.*)>/.exec(first.headers.get('link') ?? '')?.[1]}`, asOrganiser)
  t.is(second.headers.get('link'), null)
  for (const { body } of [first, second]) {
    t.like(body.items[0], { entered: { gate: 'North' }, again: { gate: 'South' } })
  }
  t.not(first.body.items[0].ticket.id, second.body.items[0].ticket.id)
  t.is((await get(`/admin/events/${eventId}/report`, asOrganiser)).body.let_in_twice, 2)
  t.is((await get(path, atDoor)).status, 401)
  t.is((await get(`/admin/events/${randomUUID()}/double-entries`, asOrganiser)).status, 404)
  t.is((await get(`${path}?limit=0`, asOrganiser)).status, 400)
})

test('bad scans get a problem that names the field, and never a fault', async (t) => {
  const eventId = await eventOnSale(system.url)
  const send = (json: object, id = eventId) => ask(`${system.url}/check-in/${id}/scans`, { json, headers: atDoor })
  const twice = await send({ ...scansOf('x'), event_id: eventId })
  t.like(twice.body, { status: 400, code: 'validation_failed', errors: [{ pointer: '/event_id' }] })
  t.is((await send(scansOf(...Array.from({ length: 100 }, () => 'x'.repeat(1_024))))).status, 413)
  t.is((await send(scansOf('x'), 'nonsense')).status, 400)
  t.is((await send(scansOf('x'), randomUUID())).status, 404)
  t.is((await get(`/check-in/${randomUUID()}/manifest`, atDoor)).status, 404)
  t.is((await get(`/check-in/${eventId}/manifest?limit=0`, atDoor)).status, 400)
})
