import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import test from 'ava'
import { type Answer, type Ask, ask } from '../support/http.ts'
import { metricOf } from '../support/metrics.ts'
import { sharedLimitedSystem } from '../support/shared-systems.ts'
import { doorKey, organiserKey } from '../support/system.ts'
import { until } from '../support/until.ts'

/* Who calls is known and limited before the body is read. Clients are told apart by X-Forwarded-For, as behind a proxy. */

const system = sharedLimitedSystem()

const unknownEvent = '019a0000-0000-7000-8000-00000000dead'
const holds = `/events/${unknownEvent}/holds`
let clients = 0
/** An address that nobody has used. */
function newAddress(): string {
  clients += 1
  return `10.1.${clients >> 8}.${clients & 255}`
}

const askFrom = (address: string, path: string, { headers, ...request }: Ask = {}): Promise<Answer> =>
  ask(system.url + path, { ...request, headers: { ...headers, 'x-forwarded-for': address } })

async function tokenFor(userId: string): Promise<string> {
  const { body } = await askFrom(newAddress(), '/session', { json: { user_id: userId } })
  return `Bearer ${body.token}`
}

/** Sends the head of a request that announces a body, and answers the status that comes before any of the body was sent. */
function statusBeforeBody(path: string, headers: Record<string, string>, timeoutMs = 15_000): Promise<number> {
  const { hostname, port } = new URL(system.url)
  const lines = Object.entries({
    Host: 'localhost',
    'Content-Type': 'application/json',
    'Content-Length': '100',
    ...headers,
  })
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: timeoutMs })
    socket.setEncoding('utf8').once('data', (reply: string) => {
      resolve(Number(reply.split(' ')[1]))
      socket.destroy()
    })
    socket.on('timeout', () => socket.destroy())
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(0))
    socket.write(`POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
  })
}

/** Refused as too many. A token may have grown on a busy machine; the next request takes it. */
function refusedBeforeBody(path: string, headers: Record<string, string>): Promise<void> {
  const isRefused = async (): Promise<boolean> => (await statusBeforeBody(path, headers, 3_000)) === 429
  return until('it is refused before its body', isRefused, { timeoutMs: 30_000 })
}

test('an unauthenticated request is refused before its body is read', async (t) => {
  t.is(await statusBeforeBody('/admin/events', { 'X-Forwarded-For': newAddress() }), 401)
  const wrong = { 'X-Forwarded-For': newAddress(), Authorization: 'Bearer org_wrong' }
  t.is(await statusBeforeBody('/admin/events', wrong), 401)
  t.is(await statusBeforeBody(holds, { 'X-Forwarded-For': newAddress(), Authorization: 'Bearer wrong' }), 401)
})

test('a caller with a token or key is limited before their body is read', async (t) => {
  const address = newAddress()
  const authorization = await tokenFor('hasty')
  for (const { path, headers } of [
    { path: holds, headers: { authorization } },
    { path: '/admin/events', headers: { authorization: `Bearer ${organiserKey}` } },
  ]) {
    await until(
      'the quota is used up',
      async () => (await askFrom(address, path, { json: {}, headers })).status === 429,
    )
    await t.notThrowsAsync(refusedBeforeBody(path, { ...headers, 'X-Forwarded-For': address }))
  }
})

test('bodies of callers without a token are limited by address, whomever they name', async (t) => {
  const address = newAddress()
  const statuses = await Promise.all(
    Array.from({ length: 60 }, (_, at) => askFrom(address, holds, { json: { seat_nos: [1], user_id: `name-${at}` } })),
  )
  const refused = statuses.filter(({ status }) => status === 429)
  t.true(refused.length >= 15, `${refused.length}`)
  t.regex(refused[0]?.headers.get('ratelimit-policy') ?? '', /^"demo-body";q=40/)
  await refusedBeforeBody(holds, { 'X-Forwarded-For': address })
  t.is((await askFrom(newAddress(), holds, { json: { seat_nos: [1], user_id: 'name-1' } })).status, 404)
})

test('a user has one limit in demo mode, wherever the request names them', async (t) => {
  const address = newAddress()
  const inBody = { json: { seat_nos: [1], user_id: 'one' } }
  const inQuery = { json: { seat_nos: [1] } }
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, at) =>
      at % 2 === 0 ? askFrom(address, holds, inBody) : askFrom(address, `${holds}?user_id=one`, inQuery),
    ),
  )
  const refused = answers.filter(({ status }) => status === 429)
  // On a busy machine one or two tokens may grow meanwhile.
  t.true(refused.length >= 5, `${refused.length}`)
  for (const { headers } of refused) t.regex(headers.get('ratelimit-policy') ?? '', /^"sell"/)
})

test('a body in gzip is read for callers with a token and for nobody else', async (t) => {
  const raw = new Uint8Array(gzipSync(JSON.stringify({ seat_nos: [1] })))
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const refused = await askFrom(newAddress(), holds, { raw, headers })
  t.is(refused.status, 415)
  t.regex(refused.body.detail, /Content-Encoding/)
  t.is((await askFrom(newAddress(), '/session', { raw, headers })).status, 415)
  const authorization = await tokenFor('packer')
  const known = await askFrom(newAddress(), holds, { raw, headers: { ...headers, authorization } })
  t.is(known.body.code, 'event_not_found')
})

test.serial('28 bodies made to slow the search for card numbers take less than a second of CPU', async (t) => {
  const authorization = await tokenFor('heavy')
  const json = { 'content-type': 'application/json' }
  const digits = `{"note":"${'4 '.repeat(32_000)}"}`
  const numbers = JSON.stringify({ note: Array.from({ length: 15_000 }, (_, at) => at % 10) })
  const seats = JSON.stringify({ seat_nos: Array.from({ length: 13_000 }, (_, at) => at % 1_000) })
  const packed = new Uint8Array(gzipSync(digits))
  const cpuSeconds = () => metricOf(system.url, 'process_cpu_seconds_total')
  const before = await cpuSeconds()
  for (let round = 0; round < 7; round += 1) {
    for (const raw of [digits, numbers, seats]) {
      t.is((await askFrom(newAddress(), holds, { raw, headers: json })).status, 400)
    }
    const known = await askFrom(newAddress(), holds, {
      raw: packed,
      headers: { ...json, 'content-encoding': 'gzip', authorization },
    })
    t.is(known.status, 400)
  }
  // Each of these 28 took 50 to 270 ms once.
  const used = (await cpuSeconds()) - before
  t.true(used > 0 && used < 1, `${used} s`)
})

test('a list of more items than any contract takes is named', async (t) => {
  const { status, body } = await askFrom(newAddress(), holds, {
    json: { seat_nos: Array.from({ length: 201 }, () => 1) },
  })
  t.is(status, 400)
  t.is(body.errors[0].pointer, '/seat_nos')
  t.regex(body.errors[0].detail, /200 items/)
})

test('wrong keys and tokens are limited by address; a right key among guesses is not let in, a right token or desk is', async (t) => {
  const address = newAddress()
  const signedIn = await askFrom(address, '/admin/session', { json: { key: organiserKey } })
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const guess = (key: string, path = '/admin/invariants'): Promise<Answer> =>
    askFrom(address, path, { headers: { authorization: `Bearer ${key}` } })
  const guesses = await Promise.all(Array.from({ length: 60 }, (_, at) => guess(`org_guess-${at}-0123456789`)))
  const admitted = guesses.filter(({ status }) => status === 401)
  t.true(admitted.length >= 20 && admitted.length < 30, `${admitted.length}`)
  t.true(guesses.every(({ status }) => status === 401 || status === 429))
  // A token may have grown, which the next guess takes.
  await until('the right key is refused', async () => {
    await Promise.all(Array.from({ length: 4 }, () => guess('org_wrong-0123456789abcdef')))
    return (await guess(organiserKey)).status === 429
  })
  await until('the right key is refused on the routes of buyers', async () => {
    await Promise.all(Array.from({ length: 4 }, () => guess('org_wrong-0123456789abcdef', '/bookings')))
    return (await guess(organiserKey, '/bookings')).status === 429
  })
  for (const [path, right, wrong] of [
    ['/admin/session', organiserKey, 'org_wrong-0123456789abcdef'],
    ['/check-in/session', doorKey, 'door_wrong-0123456789abcdef'],
  ] as const) {
    const signIn = (key: string): Promise<Answer> => askFrom(address, path, { json: { key } })
    await until(`the right key is refused at ${path}`, async () => {
      await Promise.all(Array.from({ length: 4 }, () => signIn(wrong)))
      return (await signIn(right)).status === 429
    })
  }
  const manifest = `/check-in/${unknownEvent}/manifest`
  await until('the right key is refused on the routes of the door', async () => {
    await Promise.all(Array.from({ length: 4 }, () => guess('door_wrong-0123456789abcdef', manifest)))
    return (await guess(doorKey, manifest)).status === 429
  })
  const desk = await askFrom(address, '/admin/events?limit=1', { headers: { cookie } })
  t.is(desk.status, 200, desk.text)
  const headers = { authorization: await tokenFor('honest') }
  t.false([401, 429].includes((await askFrom(address, '/bookings', { headers })).status))
  const wrong = await askFrom(address, '/bookings', { headers: { authorization: 'Bearer wrong' } })
  t.true(wrong.status === 429 || wrong.status === 401)
  t.is((await askFrom(newAddress(), '/bookings', { headers: { authorization: 'Bearer wrong' } })).status, 401)
})

test("an organiser's key counts in the Authorization header and nowhere else", async (t) => {
  const cookie = { cookie: `ticketing_session=${organiserKey}` }
  for (const path of ['/admin/invariants', '/bookings']) {
    const { status, body } = await askFrom(newAddress(), path, { headers: cookie })
    t.is(status, 401, path)
    t.is(body.code, 'unauthenticated')
  }
})
