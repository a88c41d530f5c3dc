import test, { type ExecutionContext } from 'ava'
import { SignJWT } from 'jose'
import { parsePublicId } from '#shared/ids.ts'
import { holdPlaces, pay, releaseHold, cookieOf as sessionOf, tokenOf } from '../support/buying.ts'
import { forFile } from '../support/for-file.ts'
import { ask, changeEvent, eventOnSale } from '../support/http.ts'
import { metricOf } from '../support/metrics.ts'
import { openBus } from '../support/open-bus.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { SeatStreamClient, type StreamOptions } from '../support/seat-stream-client.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = forFile(() => startSystem({ counts: { gateway: 2 }, env: { RATE_LIMITS: 'off' } }))
const operator = forFile(() => openBus(system.natsUrls.operator))
const db = forFile(async () => openPostgres(system.databaseUrl))

/** An event of which all is heard that its organiser did: each of that resets its streams. A row of four seats unless `given` says more. */
async function openEvent(given: object = {}): Promise<string> {
  const eventId = await eventOnSale(system.url, { rows: 1, seatsPerRow: 4 }, given)
  const untold = 'SELECT FROM event.outbox WHERE subject LIKE $1 AND published_at IS NULL'
  await until('all facts of it are published', async () => (await db.query(untold, [`%.${eventId}.%`])).length === 0)
  const { state } = await askServer('STREAM.INFO.TICKETING_FACTS')
  for (const { url } of system.gateways) {
    await until('all of it is heard', async () => {
      const { headers } = await ask(`${url}/events/${eventId}/seats`)
      return Number(headers.get('stream-position')?.split('-')[1]) >= state.last_seq
    })
  }
  return eventId
}

async function open(
  t: ExecutionContext,
  eventId: string,
  { url = system.url, query = '', ...options }: StreamOptions & { url?: string; query?: string } = {},
): Promise<SeatStreamClient> {
  const client = new SeatStreamClient()
  t.teardown(() => client.cut())
  return client.connect(`${url}/events/${eventId}/seats/stream${query}`, options)
}

/** The same, once the seats are there. */
async function watch(...opening: Parameters<typeof open>): Promise<SeatStreamClient> {
  const client = await open(...opening)
  await until('the seats are there', () => client.seats.length > 0)
  return client
}

async function hold(eventId: string, wanted: number[] | object, user: string): Promise<{ id: string }> {
  const { status, body, text } = await holdPlaces(system.url, eventId, wanted, user)
  if (status !== 201) throw new Error(text)
  return body
}

const release = (holdId: string, user: string) => releaseHold(system.url, holdId, user)
const cookieOf = (user: string) => sessionOf(system.url, user)

test.serial('a stream begins with all seats and goes on with those that change, on every gateway', async (t) => {
  const eventId = await openEvent()
  const first = await hold(eventId, [1], 'early')
  await until('the hold is told', async () => (await ask(`${system.url}/events/${eventId}/seats`)).body.held === 1)
  const clients = await Promise.all(system.gateways.map(({ url }) => watch(t, eventId, { url })))
  for (const client of clients) {
    const { data, id } = client.of('reset')[0] ?? {}
    t.deepEqual(Object.keys(data).sort(), ['areas', 'position', 'seats', 'version'])
    t.like(data, { position: id, version: 1 })
    t.deepEqual(client.seats, [0, 1, 0, 0])
  }
  await hold(eventId, [3], 'late')
  await release(first.id, 'early')
  for (const client of clients) {
    await until('the changes are there', () => client.seats.join('') === '0001')
    t.is(client.of('reset').length, 1)
  }
})

test.serial('a stream that is opened from the position of the states begins with what changed since', async (t) => {
  const eventId = await openEvent()
  // Somebody is there already, so changes since the states are known.
  const other = await watch(t, eventId)
  let position = ''
  await until('a stream goes on from the states', async () => {
    const states = await ask(`${system.url}/events/${eventId}/seats`)
    position = states.headers.get('stream-position') ?? ''
    const trial = await open(t, eventId, { query: `?from=${position}` })
    await until('it begins', () => trial.events.length > 0)
    return trial.events[0]?.event === 'seats'
  })
  t.regex(position, /^[0-9a-z]+-\d+$/)
  await hold(eventId, [2], 'ada')
  await until('the change is told', () => other.seats[2] === 1)
  const from = await open(t, eventId, { query: `?from=${position}` })
  await until('the change is there', () => from.seats[2] === 1)
  t.is(from.of('reset').length, 0)
  const again = await open(t, eventId, { lastEventId: position, query: '?from=nonsense' })
  await until('the change is there', () => again.seats[2] === 1)
  t.is(again.of('reset').length, 0)
})

test.serial('a position that is malformed, foreign, from the future or too old leads to a reset', async (t) => {
  const eventId = await openEvent()
  const other = await watch(t, eventId)
  const [name, sequence] = (other.lastId ?? '').split('-')
  const wrong = [
    `${name}-${Number(sequence) + 1_000_000}`,
    `${name}-0`,
    `k0ffee-${sequence}`,
    'nonsense',
    '-1',
    '1e9',
    '%00',
  ]
  for (const lastEventId of wrong) {
    for (const options of [{ lastEventId }, { query: `?from=${encodeURIComponent(lastEventId)}` }]) {
      const client = await open(t, eventId, options)
      await until('it begins', () => client.events.length > 0)
      t.is(client.events[0]?.event, 'reset', lastEventId)
      client.cut()
    }
  }
})

test.serial('of one section only its changes are told', async (t) => {
  const sections = ['Stalls', 'Balcony'].map((name) => ({ name, rows: 1, seats_per_row: 2, price_minor: 100 }))
  const eventId = await openEvent({ sections })
  const balcony = await open(t, eventId, { query: '?section=Balcony' })
  await until('all seats are there', () => balcony.seats.length === 4)
  await hold(eventId, [0], 'below')
  await hold(eventId, [3], 'above')
  await until('its change is there', () => balcony.seats[3] === 1)
  const told = balcony.of('seats').flatMap(({ data }) => data.seats)
  t.deepEqual(told, [[3, 1]])
  const unknown = await open(t, eventId, { query: '?section=Boxes' })
  t.is(unknown.status, 400)
  t.like(await unknown.problem(), { code: 'validation_failed', errors: [{ pointer: '/section' }] })
})

test.serial('a buyer hears of their own hold, by cookie or token, and nobody else does', async (t) => {
  const eventId = await openEvent()
  const { cookie } = await cookieOf('ada')
  const second = system.gateways[1]?.url ?? ''
  const ada = await open(t, eventId, { url: second, headers: { cookie: `other=1; ${cookie}` } })
  const also = await open(t, eventId, { headers: await tokenOf(system.url, 'ada') })
  const bob = await open(t, eventId, { headers: await cookieOf('bob') })
  const guest = await open(t, eventId)
  const { id } = await hold(eventId, [0], 'ada')
  await ask(`${system.url}/holds/${id}`, { method: 'PATCH', json: { extend: true, user_id: 'ada' } })
  await release(id, 'ada')
  for (const client of [ada, also]) {
    await until('the end is told', () => client.of('hold').length === 3)
    const told = client.of('hold').map(({ data }) => data)
    t.is(told.map(({ status }) => status).join(' '), 'active active released')
    t.true(told.every(({ hold_id }) => hold_id === id))
    t.true(told[0].expires_in_ms > 590_000 && told[0].expires_in_ms <= 600_000)
    t.is(told[2].expires_in_ms, 0)
  }
  for (const client of [bob, guest]) {
    await until('the seat is told', () => client.of('seats').length > 0)
    t.is(client.of('hold').length, 0)
  }
})

test.serial('an expired or forged cookie opens a stream without holds, a wrong token none', async (t) => {
  const eventId = await openEvent()
  const secret = new TextEncoder().encode('a secret for tests that is long enough')
  const expired = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('ada')
    .setExpirationTime(1)
    .sign(secret)
  const client = await open(t, eventId, { headers: { cookie: `ticketing_session=${expired}` } })
  t.is(client.status, 200)
  await hold(eventId, [0], 'ada')
  await until('the seat is told', () => client.of('seats').length > 0)
  t.is(client.of('hold').length, 0)
  const wrong = await open(t, eventId, { headers: { authorization: 'Bearer nonsense' } })
  t.is(wrong.status, 401)
  t.like(await wrong.problem(), { code: 'unauthenticated' })
})

test.serial('one caller has so many streams and no more, and one gateway; the others go on undisturbed', async (t) => {
  const eventId = await openEvent()
  const gateway = await system.start('gateway', { MAX_STREAMS: '4', MAX_STREAMS_PER_CALLER: '2' })
  const { url } = gateway
  const ada = await cookieOf('ada')
  const first = await open(t, eventId, { url, headers: ada })
  const second = await open(t, eventId, { url, headers: ada })
  const third = await open(t, eventId, { url, headers: ada })
  t.is([first, second, third].map(({ status }) => status).join(' '), '200 200 429')
  t.like(await third.problem(), { code: 'rate_limited' })
  // Another user of the same address, and one without credentials.
  const others = [await open(t, eventId, { url, headers: await cookieOf('bob') }), await open(t, eventId, { url })]
  t.is(others.map(({ status }) => status).join(' '), '200 200')
  const full = await open(t, eventId, { url, headers: await cookieOf('cyd') })
  t.is(full.status, 503)
  t.like(await full.problem(), { code: 'stream_full' })
  await hold(eventId, [0], 'buyer')
  for (const client of [first, second, ...others]) await until('the change is there', () => client.seats[0] === 1)
  first.cut()
  await until('there is room again', async () => (await open(t, eventId, { url, headers: ada })).status === 200)
  for (const limit of ['caller', 'all']) {
    t.true((await metricOf(url, 'seat_streams_refused_total', `limit="${limit}"`)) > 0, limit)
  }
  await gateway.stop()
})

test.serial('streams are no requests under way, and their length is no duration of an answer', async (t) => {
  const eventId = await openEvent()
  const gateway = await system.start('gateway')
  const { url } = gateway
  const client = await open(t, eventId, { url })
  // The request for the metrics itself.
  t.is(await metricOf(url, 'http_server_active_requests'), 1)
  t.is(await metricOf(url, 'seat_streams_open'), 1)
  client.cut()
  const left = () => metricOf(url, 'seat_streams_ended_total', 'reason="left"')
  await until('it is counted', async () => (await left()) === 1)
  t.notRegex((await ask(`${url}/metrics`)).text, /http_route="[^"]*stream"/)
  await gateway.stop()
})

test.serial('a gateway that stops says bye to its streams before it closes, and does not wait for them', async (t) => {
  const eventId = await openEvent()
  const gateway = await system.start('gateway')
  const clients = await Promise.all(Array.from({ length: 20 }, () => watch(t, eventId, { url: gateway.url })))
  const startedAt = performance.now()
  t.is(await gateway.stop(), 0)
  // Node would wait for them, and cut them after 10 s.
  t.true(performance.now() - startedAt < 8_000)
  // That its process has ended may be known before what it sent last is read.
  await until('all streams have ended', () => clients.every(({ isOpen }) => !isOpen))
  for (const client of clients) t.like(client.events.at(-1), { event: 'bye', data: { reason: 'stopping' } })
  t.true(new Set(clients.map(({ retryMs }) => retryMs)).size > 10)
  for (const { retryMs = 0 } of clients) t.true(retryMs >= 500 && retryMs <= 5_000)
})

test.serial('counts of areas are told when places are held and given back', async (t) => {
  const eventId = await openEvent({ areas: [{ name: 'Floor', capacity: 20, price_minor: 100 }] })
  const client = await watch(t, eventId)
  t.like(client.of('reset')[0]?.data.areas[0], { area: 'Floor', capacity: 20, available: 20, held: 0, sold: 0 })
  const { id } = await hold(eventId, { areas: [{ area: 'Floor', qty: 3 }] }, 'dancer')
  const latest = () => client.of('seats').findLast(({ data }) => data.areas !== undefined)?.data.areas[0]
  await until('the places are held', () => latest()?.held === 3)
  t.like(latest(), { available: 17 })
  await release(id, 'dancer')
  await until('the places are free', () => latest()?.available === 20)
})

test.serial('a cancelled event shows no free seat to those who watch it', async (t) => {
  const eventId = await openEvent()
  const client = await watch(t, eventId)
  const { id } = await hold(eventId, [1], 'ada')
  await until('the hold is told', () => client.seats[1] === 1)
  await changeEvent(system.url, eventId, 'cancel')
  await until('it is told', () => client.seats.join('') === '3133')
  await release(id, 'ada')
  await until('the seat is not free either', () => client.seats.join('') === '3333')
  t.pass()
})

test.serial('a seat whose hold runs out is free for those who watch within seconds', async (t) => {
  const eventId = await openEvent()
  const client = await open(t, eventId, { headers: await cookieOf('slow') })
  const { id } = await hold(eventId, [2], 'slow')
  await until('the hold is told', () => client.seats[2] === 1)
  const ownId = [parsePublicId(id)?.ownId]
  await db.query('UPDATE booking.holds SET active_until = now(), expires_at = now() WHERE id = $1', ownId)
  await db.query('UPDATE booking.event_seats SET held_until = now() WHERE hold_id = $1', ownId)
  await until('the seat is free', () => client.seats[2] === 0)
  t.like(client.of('hold').at(-1)?.data, { hold_id: id, status: 'expired', expires_in_ms: 0 })
})

test.serial('a buyer hears how their payment goes, up to the purchase', async (t) => {
  const eventId = await openEvent()
  const client = await open(t, eventId, { headers: await cookieOf('payer') })
  const { id } = await hold(eventId, [3], 'payer')
  t.is((await pay(system.url, id, 'payer')).status, 201)
  await until('the purchase is told', () => client.of('hold').length === 3)
  const statuses = client.of('hold').map(({ data }) => data.status)
  t.is(statuses.join(' '), 'active paying converted')
  await until('the seat is sold', () => client.seats[3] === 2)
})

/** Ways in which gateways lose the facts for a moment. */
const interruptions: Record<string, () => Promise<void>> = {
  'their consumers are deleted': async () => {
    const { consumers } = await askServer('CONSUMER.NAMES.TICKETING_FACTS')
    const ofGateways = consumers.filter((name: string) => name !== 'booking-seat-locks')
    for (const name of ofGateways) await askServer(`CONSUMER.DELETE.TICKETING_FACTS.${name}`)
  },
  'the stream of facts is made anew': async () => {
    await askServer('STREAM.DELETE.TICKETING_FACTS')
  },
}

for (const [interruption, interrupt] of Object.entries(interruptions)) {
  test.serial(`when ${interruption}, every stream is reset and then goes on`, async (t) => {
    const eventId = await openEvent()
    const clients = await Promise.all(system.gateways.map(({ url }) => watch(t, eventId, { url })))
    await interrupt()
    // Its fact may come before the gateways follow again.
    await hold(eventId, [0], `early-${interruption.length}`)
    await until('all are reset', () => clients.every((client) => client.of('reset').length >= 2), { timeoutMs: 20_000 })
    await hold(eventId, [1], `late-${interruption.length}`)
    await until('all know', () => clients.every(({ seats }) => seats.join('') === '1100'))
    t.pass()
  })
}

/** Of the API of JetStream. */
async function askServer(action: string) {
  const reply = await operator.request(`$JS.API.${action}`, { payload: new Uint8Array(), headers: {} }, 5_000)
  return JSON.parse(Buffer.from(reply.payload).toString('utf8'))
}
