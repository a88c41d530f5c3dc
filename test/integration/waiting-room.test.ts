import test, { type ExecutionContext } from 'ava'
import { holdSeats } from '#shared/contracts/holds.ts'
import { errorCodeOf } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { user } from '#shared/messaging/caller.ts'
import { queuePasses } from '#shared/queue-pass.ts'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { openRedis } from '../support/open-redis.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { organiserKey, roomSecret } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = sharedSystem()
const db = forFile(async () => openPostgres(system.databaseUrl))

const open = {
  state: 'open',
  adaptive: false,
  calls_per_minute: 6_000,
  max_active: 100,
  claim_s: 60,
  session_s: 600,
  idle_s: 300,
}

async function setRoom(eventId: string, room: object): Promise<void> {
  const headers = { authorization: `Bearer ${organiserKey}` }
  const { status, text } = await ask(`${system.url}/admin/events/${eventId}/queue`, {
    method: 'PUT',
    headers,
    json: { ...open, ...room },
  })
  if (status !== 200) throw new Error(text)
}

async function eventWithRoom(room: object = {}): Promise<string> {
  const eventId = await eventOnSale(system.url)
  await setRoom(eventId, room)
  return eventId
}

const join = (eventId: string, user: string, gateway = 0) =>
  ask(`${system.gateways[gateway]?.url}/events/${eventId}/queue`, { json: { user_id: user } })

const look = (placeId: string, user: string, gateway = 0) =>
  ask(`${system.gateways[gateway]?.url}/queue/${placeId}?user_id=${user}`)

const claim = (placeId: string, user: string) => ask(`${system.url}/queue/${placeId}/pass`, { json: { user_id: user } })

const hold = (eventId: string, user: string, pass?: string) =>
  ask(`${system.url}/events/${eventId}/holds`, {
    json: { best_available: { qty: 1 }, user_id: user },
    headers: pass === undefined ? {} : { 'queue-pass': pass },
  })

/** The pass, once its owner has left. */
async function ended(eventId: string, user: string, pass: string): Promise<string> {
  const { body } = await join(eventId, user)
  await ask(`${system.url}/queue/${body.id}?user_id=${user}`, { method: 'DELETE' })
  return pass
}

/** Joins, waits for the call, and claims. */
async function passOf(eventId: string, user: string): Promise<string> {
  const { body } = await join(eventId, user)
  let pass: string | null = null
  await until('there is a pass', async () => {
    pass = (await claim(body.id, user)).body.pass
    return pass !== null
  })
  return pass ?? ''
}

test('where the waiting room is on, places are taken with a pass only, and without one once it is off', async (t) => {
  const eventId = await eventWithRoom()
  const refused = await hold(eventId, 'ann')
  t.is(refused.status, 403)
  t.like(refused.body, { code: 'pass_required', join_url: `/events/${eventId}/queue` })
  t.true((await ask(`${system.url}/events/${eventId}`)).body.sale.waiting_room)
  const pass = await passOf(eventId, 'ann')
  const held = await hold(eventId, 'ann', pass)
  t.is(held.status, 201)
  // Paying and giving back need none: nobody is thrown out while paying.
  const paid = await ask(`${system.url}/purchase`, {
    json: { hold_id: held.body.id, payment_token: 'tok_ok', user_id: 'ann' },
  })
  t.is(paid.status, 201, paid.text)
  await setRoom(eventId, { state: 'off' })
  await until('nobody needs a pass', async () => (await hold(eventId, 'bob')).status === 201)
})

test('a buyer has one place, however often and at whichever gateway they join', async (t) => {
  const eventId = await eventWithRoom({ state: 'paused' })
  const joined = await Promise.all(Array.from({ length: 20 }, (_, index) => join(eventId, 'cat', index % 2)))
  t.deepEqual([...new Set(joined.map(({ body }) => body.id))].length, 1)
  const [{ body, headers } = { body: null, headers: new Headers() }] = joined
  t.is(headers.get('location'), `/queue/${body.id}`)
  const others = await Promise.all(Array.from({ length: 30 }, (_, index) => join(eventId, `dog-${index}`, index % 2)))
  t.is(new Set(others.map((other) => other.body.number)).size, 30)
  t.like((await look(body.id, 'cat', 1)).body, {
    id: body.id,
    state: 'waiting',
    number: body.number,
    ahead: body.ahead,
  })
})

test('buyers who are the first to join, all at once, get places one after the other: a gateway reserves one block for them', async (t) => {
  const eventId = await eventWithRoom({ state: 'paused' })
  const answers = await Promise.all(Array.from({ length: 60 }, (_, at) => join(eventId, `first-${at}`, at % 2)))
  const indexes = answers.map(({ body }) => body.index).sort((a, b) => a - b)
  t.deepEqual([...new Set(indexes)], indexes)
  // A database with much else to do may have no connection left for a moment.
  const query = 'SELECT next_place::float8 AS reserved FROM event.waiting_rooms WHERE event_id = $1'
  let reserved: number | undefined
  await until('the database answers', async () => {
    const [room] = await db.query<{ reserved: number }>(query, [eventId]).catch(() => [])
    reserved = room?.reserved
    return reserved !== undefined
  })
  t.true((reserved ?? 0) <= 20_000, `${reserved} indexes of two gateways`)
})

test('buyers are called in the order in which they joined, and see how many are ahead', async (t) => {
  const eventId = await eventWithRoom({ state: 'paused', max_active: 2 })
  const places: { id: string; ahead: number }[] = []
  for (const user of ['eva', 'fay', 'gus']) places.push((await join(eventId, user)).body)
  const idOf = (at: number): string => places[at]?.id ?? ''
  t.is(places.map(({ ahead }) => ahead).join(' '), '0 1 2')
  await setRoom(eventId, { max_active: 2 })
  await until('two are called', async () => (await look(idOf(1), 'fay')).body.state === 'called')
  t.is((await look(idOf(0), 'eva')).body.state, 'called')
  t.like((await look(idOf(2), 'gus')).body, { state: 'waiting', ahead: 0 })
  t.is((await claim(idOf(2), 'gus')).status, 202)
  t.is((await ask(`${system.url}/queue/${idOf(0)}?user_id=eva`, { method: 'DELETE' })).status, 204)
  await until('the next is called', async () => (await look(idOf(2), 'gus')).body.state === 'called')
  let serving = await ask(`${system.url}/events/${eventId}/queue/serving`)
  // It may be a second old.
  await until('all three are counted', async () => {
    serving = await ask(`${system.url}/events/${eventId}/queue/serving`)
    return serving.body.issued === 3
  })
  t.like(serving.body, { state: 'open', calls_per_minute: 6_000 })
  t.regex(serving.headers.get('cache-control') ?? '', /public/)
})

test('a paused room calls nobody while those inside go on and others join, and a new speed holds within seconds', async (t) => {
  const eventId = await eventWithRoom()
  const pass = await passOf(eventId, 'vic')
  await setRoom(eventId, { state: 'paused' })
  await until('the room is paused', async () => {
    return (await ask(`${system.url}/events/${eventId}/queue/serving`)).body.state === 'paused'
  })
  const { body: place } = await join(eventId, 'wim')
  t.is((await hold(eventId, 'vic', pass)).status, 201)
  t.is((await claim(place.id, 'wim')).status, 202)
  t.is((await look(place.id, 'wim')).body.state, 'waiting')
  await setRoom(eventId, { calls_per_minute: 600 })
  await until('the next is called', async () => (await look(place.id, 'wim')).body.state === 'called')
  t.is((await ask(`${system.url}/events/${eventId}/queue`)).body.calls_per_minute, 600)
})

test('a pass of another buyer, of another event, forged, or expired is refused with the way to the queue', async (t) => {
  const eventId = await eventWithRoom()
  const otherId = await eventWithRoom()
  const pass = await passOf(eventId, 'hal')
  const now = Math.floor(Date.now() / 1_000)
  const forged = {
    sub: 'ida',
    event: eventId,
    place: 1,
    began: now * 1_000,
    idle: 60_000,
    exp: now + 3_600,
    jti: newId(),
  }
  const ours = queuePasses(roomSecret)
  const bad: [string, string, string, string][] = [
    ['of another buyer', eventId, 'ida', pass],
    ['of another event', otherId, 'hal', pass],
    ['signed by somebody else', eventId, 'ida', await queuePasses('x'.repeat(32)).sign(forged)],
    ['cut off', eventId, 'hal', pass.slice(0, -3)],
    ['not a pass', eventId, 'hal', 'x'.repeat(5_000)],
    ['expired', eventId, 'ida', await ours.sign({ ...forged, exp: now - 1 })],
    ['of a session that is over', eventId, 'hal', await ended(eventId, 'hal', pass)],
  ]
  for (const [name, event, user, wrong] of bad) {
    const { status, body } = await hold(event, user, wrong)
    t.is(status, 403, name)
    t.true(['pass_invalid', 'pass_expired'].includes(body.code), `${name}: ${body.code}`)
    t.is(body.join_url, `/events/${event}/queue`, name)
  }
})

test('a place id is worth nothing to anybody else, and a changed one nothing to anybody', async (t) => {
  const eventId = await eventWithRoom({ state: 'paused' })
  const { body: place } = await join(eventId, 'jim')
  const changed = `${place.id.slice(0, 25)}${place.id[25] === 'A' ? 'B' : 'A'}${place.id.slice(26)}`
  for (const [id, user] of [
    [place.id, 'kim'],
    [changed, 'jim'],
    [Buffer.alloc(32).toString('base64url'), 'jim'],
  ]) {
    t.is((await look(id, user)).status, 404)
    t.is((await claim(id, user)).status, 404)
    t.is((await ask(`${system.url}/queue/${id}?user_id=${user}`, { method: 'DELETE' })).status, 404)
  }
  t.is((await look(place.id, 'jim')).status, 200)
})

test('an event without a waiting room has no queue, and an unknown one is not found', async (t) => {
  const eventId = await eventOnSale(system.url)
  t.like(await join(eventId, 'lea'), { status: 409 })
  t.is((await join(eventId, 'lea')).body.code, 'queue_not_enabled')
  t.is((await ask(`${system.url}/events/${eventId}/queue`)).body.state, 'off')
  t.is((await join(newId(), 'lea')).status, 404)
  const wrong = await ask(`${system.url}/admin/events/${eventId}/queue`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${organiserKey}` },
    json: { state: 'open', calls_per_minute: 0 },
  })
  t.is(wrong.status, 400)
})

test('a pass is good for three holds and one purchase, whichever way it reaches the booking worker', async (t) => {
  const eventId = await eventWithRoom()
  const pass = await passOf(eventId, 'sam')
  for (let at = 0; at < 3; at += 1) {
    const held = await hold(eventId, 'sam', pass)
    t.is(held.status, 201, held.text)
    await ask(`${system.url}/holds/${held.body.id}?user_id=sam`, { method: 'DELETE' })
  }
  const fourth = await hold(eventId, 'sam', pass)
  t.like(fourth.body, { code: 'pass_expired', join_url: `/events/${eventId}/queue` })

  const other = await passOf(eventId, 'tim')
  const held = await hold(eventId, 'tim', other)
  const json = { hold_id: held.body.id, payment_token: 'tok_ok', user_id: 'tim' }
  t.is((await ask(`${system.url}/purchase`, { json })).status, 201)
  t.is((await hold(eventId, 'tim', other)).body.code, 'pass_expired')

  // Past the gateway, as somebody with its rights could send it.
  const bus = await Bus.connect({ url: system.natsUrls.gateway, name: 'test', timeoutMs: 5_000 })
  t.teardown(() => bus.close())
  const request = { event_id: eventId, best_available: { qty: 1 } }
  const context = { requestId: newId(), caller: user('uma'), deadlineAt: performance.now() + 10_000 }
  const refusals = []
  for (const queuePass of [undefined, 'forged', other]) {
    const error = await t.throwsAsync(call(bus, holdSeats, request, { ...context, ...(queuePass && { queuePass }) }))
    refusals.push(errorCodeOf(error))
  }
  t.deepEqual(refusals, ['pass_required', 'pass_invalid', 'pass_invalid'])
})

test('a repeated claim gives a pass of the same session', async (t) => {
  const eventId = await eventWithRoom()
  const { body } = await join(eventId, 'max')
  await passOf(eventId, 'max')
  const { verify } = queuePasses(roomSecret)
  const [one, other] = await Promise.all([claim(body.id, 'max'), claim(body.id, 'max')])
  t.deepEqual(await verify(one.body.pass), await verify(other.body.pass))
})

test('the order outlives a Redis that has lost everything: places come back by their ids, and none is given twice', async (t) => {
  const eventId = await eventWithRoom({ state: 'paused' })
  const before = await joinAll(eventId, 'nan', 20)
  await forget(eventId)
  const newcomers = await joinAll(eventId, 'oda', 20)
  const restored = []
  for (const [user, place] of before) restored.push((await look(place.id, user)).body)
  assertOrder(t, before, restored, newcomers)
})

test('a Redis that has lost its last second gives no number twice, and nobody is overtaken', async (t) => {
  const eventId = await eventWithRoom({ state: 'paused' })
  const early = await joinAll(eventId, 'pam', 10)
  const kept = await remember(eventId)
  const late = await joinAll(eventId, 'quin', 10)
  await forget(eventId)
  await kept.restore()
  const newcomers = await joinAll(eventId, 'ray', 10)
  const before = [...early, ...late]
  const restored = []
  for (const [user, place] of before) restored.push((await look(place.id, user)).body)
  assertOrder(t, before, restored, newcomers)
})

type Joined = [user: string, place: { id: string; number: number }][]

async function joinAll(eventId: string, name: string, count: number): Promise<Joined> {
  const joined: Joined = []
  for (let index = 0; index < count; index += 1) {
    const { status, text, body } = await join(eventId, `${name}-${index}`, index % 2)
    if (status !== 201) throw new Error(text)
    joined.push([`${name}-${index}`, body])
  }
  return joined
}

function assertOrder(
  t: ExecutionContext,
  before: Joined,
  restored: { number: number; ahead: number; state: string }[],
  newcomers: Joined,
): void {
  t.deepEqual(
    restored.map(({ number }) => number),
    before.map(([, { number }]) => number),
  )
  const numbers = [...restored, ...newcomers.map(([, place]) => place)].map(({ number }) => number)
  t.is(new Set(numbers).size, numbers.length, 'a number was given twice')
  const last = Math.max(...restored.map(({ number }) => number))
  t.true(
    newcomers.every(([, { number }]) => number > last),
    'a newcomer is before those who were there',
  )
  t.deepEqual(
    restored.map(({ ahead }) => ahead),
    restored.map((_, index) => index),
  )
}

async function keysOf(eventId: string): Promise<string[]> {
  const redis = openRedis(system.redis.url)
  const keys = await redis.keys(`queue:{${eventId}}:*`)
  redis.disconnect()
  return keys
}

async function forget(eventId: string): Promise<void> {
  const redis = openRedis(system.redis.url)
  for (const key of await keysOf(eventId)) await redis.del(key)
  redis.disconnect()
}

/** What Redis held at this moment; restored, it is another run of Redis. */
async function remember(eventId: string) {
  const redis = openRedis(system.redis.url)
  const dumps: [string, Buffer][] = []
  for (const key of await keysOf(eventId)) {
    const dump = await redis.dumpBuffer(key)
    if (dump !== null) dumps.push([key, dump])
  }
  return {
    async restore(): Promise<void> {
      for (const [key, dump] of dumps) await redis.restore(key, 0, dump, 'REPLACE')
      await redis.hset(`queue:{${eventId}}:room`, 'run_id', 'of the run before')
      redis.disconnect()
    },
  }
}
