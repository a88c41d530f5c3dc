import test, { type ExecutionContext } from 'ava'
import { SignJWT } from 'jose'
import pg from 'pg'
import { parsePublicId } from '#shared/ids.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale, type TestEvent } from '../support/http.ts'
import { SeatStreamClient, type StreamOptions } from '../support/seat-stream-client.ts'
import { organiserKey, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = forFile(() => startSystem({ counts: { gateway: 2 }, env: { RATE_LIMITS: 'off' } }))
const operator = forFile(() => Bus.connect({ url: system.natsUrls.operator, name: 'test', timeoutMs: 5_000 }))

/** An event of which all is heard that its organiser did: each of that resets its streams. */
async function openEvent(options: TestEvent = {}): Promise<string> {
  const eventId = await eventOnSale(system.url, { rows: 1, seatsPerRow: 4, ...options })
  await untilAllIsHeard(eventId)
  return eventId
}

async function untilAllIsHeard(eventId: string): Promise<void> {
  await onDatabase(async (database) => {
    const untold = 'SELECT FROM event.outbox WHERE subject LIKE $1 AND published_at IS NULL'
    const isTold = async () => (await database.query(untold, [`%.${eventId}.%`])).rowCount === 0
    await until('all of it is told', isTold)
  })
  const { state } = await askServer('STREAM.INFO.TICKETING_FACTS')
  for (const { url } of system.gateways) {
    await until('all of it is heard', async () => {
      const { headers } = await ask(`${url}/events/${eventId}/seats`)
      return Number(headers.get('stream-position')?.split('-')[1]) >= state.last_seq
    })
  }
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

async function hold(eventId: string, seatNos: number[], userId: string): Promise<{ id: string; seq: string }> {
  const held = await ask(`${system.url}/events/${eventId}/holds`, { json: { seat_nos: seatNos, user_id: userId } })
  if (held.status !== 201) throw new Error(held.text)
  return held.body
}

const release = (holdId: string, userId: string) =>
  ask(`${system.url}/holds/${holdId}?user_id=${userId}`, { method: 'DELETE' })

/** The session cookie of a user. */
async function cookieOf(userId: string): Promise<{ cookie: string }> {
  const { headers } = await ask(`${system.url}/session`, { json: { user_id: userId } })
  return { cookie: (headers.get('set-cookie') ?? '').split(';')[0] ?? '' }
}

test.serial('a stream begins with all seats and goes on with those that change, on every gateway', async (t) => {
  const eventId = await openEvent()
  const first = await hold(eventId, [1], 'early')
  await until('the hold is told', async () => (await ask(`${system.url}/events/${eventId}/seats`)).body.held === 1)
  const clients = await Promise.all(system.gateways.map(({ url }) => open(t, eventId, { url })))
  for (const client of clients) {
    await until('the seats are there', () => client.of('reset').length > 0)
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
  const other = await open(t, eventId)
  await until('the other is there', () => other.seats.length > 0)
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
  const other = await open(t, eventId)
  await until('the other is there', () => other.lastId !== null)
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
  const headers = { authorization: `Bearer ${organiserKey}` }
  const made = await ask(`${system.url}/admin/events`, {
    headers,
    json: {
      name: 'Two sections',
      venue: { name: 'Hall', city: 'Berlin', country: 'DE', tz: 'Europe/Berlin' },
      starts_on: '2099-06-01',
      starts_at_local: '20:00',
      sections: ['Stalls', 'Balcony'].map((name) => ({ name, rows: 1, seats_per_row: 2, price_minor: 100 })),
    },
  })
  const eventId = made.body.id
  await ask(`${system.url}/admin/events/${eventId}/publish`, { method: 'POST', headers })
  await untilAllIsHeard(eventId)
  const balcony = await open(t, eventId, { query: '?section=Balcony' })
  await until('all seats are there', () => balcony.seats.length === 4)
  await hold(eventId, [0], 'below')
  await hold(eventId, [3], 'above')
  await until('its change is there', () => balcony.seats[3] === 1)
  t.is(
    balcony
      .of('seats')
      .flatMap(({ data }) => data.seats)
      .join(),
    '3,1',
  )
  const unknown = await open(t, eventId, { query: '?section=Boxes' })
  t.is(unknown.status, 400)
  t.like(await unknown.problem(), { code: 'validation_failed', errors: [{ pointer: '/section' }] })
})

test.serial('a buyer hears of their own hold, by cookie or token, and nobody else does', async (t) => {
  const eventId = await openEvent()
  const { cookie } = await cookieOf('ada')
  const token = cookie.split('=')[1]
  const second = system.gateways[1]?.url ?? ''
  const ada = await open(t, eventId, { url: second, headers: { cookie: `other=1; ${cookie}` } })
  const also = await open(t, eventId, { headers: { authorization: `Bearer ${token}` } })
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

test.serial('what a request lacks is named, and an unknown event is not found', async (t) => {
  const eventId = await openEvent()
  const path = `${system.url}/events/${eventId}/seats/stream`
  for (const [url, status, pointer] of [
    [`${path}?user_id=ada`, 400, '/user_id'],
    [`${path}?from=1&from=2`, 400, '/from'],
    [`${path}?event_id=1`, 400, '/event_id'],
    [`${path}?section=`, 400, '/section'],
    [`${system.url}/events/42/seats/stream`, 400, '/event_id'],
    [`${system.url}/events/019a0000-0000-7000-8000-00000000beef/seats/stream`, 404, undefined],
  ] as const) {
    const answer = await ask(url)
    t.is(answer.status, status, url)
    if (pointer === undefined) t.is(answer.body.code, 'event_not_found')
    else t.is(answer.body.errors[0].pointer, pointer)
  }
  t.is((await ask(path, { method: 'POST' })).status, 405)
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
  const { text } = await ask(`${url}/metrics`)
  t.regex(text, /^seat_streams_refused_total\{.*limit="caller".*\} [1-9]/m)
  t.regex(text, /^seat_streams_refused_total\{.*limit="all".*\} [1-9]/m)
  await gateway.stop()
})

test.serial('streams are no requests under way, and their length is no duration of an answer', async (t) => {
  const eventId = await openEvent()
  const gateway = await system.start('gateway')
  const { url } = gateway
  const client = await open(t, eventId, { url })
  const { text } = await ask(`${url}/metrics`)
  // The request for the metrics itself.
  t.regex(text, /^http_server_active_requests\{.*\} 1$/m)
  t.regex(text, /^seat_streams_open\{.*\} 1$/m)
  client.cut()
  await until('it is counted', async () => {
    const { text } = await ask(`${url}/metrics`)
    return /^seat_streams_ended_total\{.*reason="left".*\} 1$/m.test(text)
  })
  t.notRegex((await ask(`${url}/metrics`)).text, /http_route="[^"]*stream"/)
  await gateway.stop()
})

test.serial('a gateway that stops says bye to its streams before it closes, and does not wait for them', async (t) => {
  const eventId = await openEvent()
  const gateway = await system.start('gateway')
  const clients = await Promise.all(Array.from({ length: 20 }, () => open(t, eventId, { url: gateway.url })))
  for (const client of clients) await until('it is there', () => client.seats.length > 0)
  const startedAt = performance.now()
  t.is(await gateway.stop(), 0)
  // Node would wait for them, and cut them after 10 s.
  t.true(performance.now() - startedAt < 8_000)
  for (const client of clients) {
    t.like(client.events.at(-1), { event: 'bye', data: { reason: 'stopping' } })
    t.false(client.isOpen)
  }
  t.true(new Set(clients.map(({ retryMs }) => retryMs)).size > 10)
  for (const { retryMs = 0 } of clients) t.true(retryMs >= 500 && retryMs <= 5_000)
})

test.serial('counts of areas are told when places are held and given back', async (t) => {
  const eventId = await withArea()
  const client = await open(t, eventId)
  await until('the counts are there', () => client.of('reset').length > 0)
  t.like(client.of('reset')[0]?.data.areas[0], { area: 'Floor', capacity: 20, available: 20, held: 0, sold: 0 })
  const json = { areas: [{ area: 'Floor', qty: 3 }], user_id: 'dancer' }
  const held = await ask(`${system.url}/events/${eventId}/holds`, { json })
  t.is(held.status, 201, held.text)
  const latest = () => client.of('seats').findLast(({ data }) => data.areas !== undefined)?.data.areas[0]
  await until('the places are held', () => latest()?.held === 3)
  t.like(latest(), { available: 17 })
  await release(held.body.id, 'dancer')
  await until('the places are free', () => latest()?.available === 20)
})

async function withArea(): Promise<string> {
  const eventId = await openEvent()
  await onDatabase(async (database) => {
    const values = `VALUES ($1, 0, 'Floor', 20, 100)`
    await database.query(`INSERT INTO booking.areas (event_id, area_no, name, capacity, price_minor) ${values}`, [
      eventId,
    ])
    const shard = 'INSERT INTO booking.area_shards (event_id, area_no, shard, capacity) VALUES ($1, 0, 0, 20)'
    await database.query(shard, [eventId])
  })
  return eventId
}

async function onDatabase(work: (database: pg.Client) => Promise<void>): Promise<void> {
  const database = new pg.Client({ connectionString: system.databaseUrl })
  await database.connect()
  await work(database).finally(() => database.end())
}

test.serial('a cancelled event shows no free seat to those who watch it', async (t) => {
  const eventId = await openEvent()
  const client = await open(t, eventId)
  await until('the seats are there', () => client.seats.length > 0)
  const { id } = await hold(eventId, [1], 'ada')
  await until('the hold is told', () => client.seats[1] === 1)
  const headers = { authorization: `Bearer ${organiserKey}` }
  t.is((await ask(`${system.url}/admin/events/${eventId}/cancel`, { method: 'POST', headers })).status, 200)
  await until('it is told', () => client.seats.join('') === '3133')
  await release(id, 'ada')
  await until('the seat is not free either', () => client.seats.join('') === '3333')
})

test.serial('a seat whose hold runs out is free for those who watch within seconds', async (t) => {
  const eventId = await openEvent()
  const client = await open(t, eventId, { headers: await cookieOf('slow') })
  const { id } = await hold(eventId, [2], 'slow')
  await until('the hold is told', () => client.seats[2] === 1)
  const ownId = parsePublicId(id)?.ownId
  await onDatabase(async (database) => {
    await database.query('UPDATE booking.holds SET active_until = now(), expires_at = now() WHERE id = $1', [ownId])
    await database.query('UPDATE booking.event_seats SET held_until = now() WHERE hold_id = $1', [ownId])
  })
  await until('the seat is free', () => client.seats[2] === 0)
  t.like(client.of('hold').at(-1)?.data, { hold_id: id, status: 'expired', expires_in_ms: 0 })
})

test.serial('a buyer hears how their payment goes, up to the purchase', async (t) => {
  const eventId = await openEvent()
  const client = await open(t, eventId, { headers: await cookieOf('payer') })
  const { id } = await hold(eventId, [3], 'payer')
  const json = { hold_id: id, payment_token: 'tok_ok', user_id: 'payer' }
  t.is((await ask(`${system.url}/purchase`, { json })).status, 201)
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
    const clients = await Promise.all(system.gateways.map(({ url }) => open(t, eventId, { url })))
    await until('all are there', () => clients.every(({ seats }) => seats.length > 0))
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
