import test, { type ExecutionContext } from 'ava'
import { newId } from '#shared/ids.ts'
import { queuePasses } from '#shared/queue-pass.ts'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { openRedis } from '../support/open-redis.ts'
import { eventWithRoom, forgetRoom, hold, joinAll, passOf, pay, setRoom } from '../support/room-buyers.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { organiserKey, roomSecret } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = sharedSystem()
const db = forFile(async () => openPostgres(system.databaseUrl))

const join = (eventId: string, user: string, gateway = 0) =>
  ask(`${system.gateways[gateway]?.url}/events/${eventId}/queue`, { json: { user_id: user } })

const look = (placeId: string, user: string, gateway = 0) =>
  ask(`${system.gateways[gateway]?.url}/queue/${placeId}?user_id=${user}`)

const claim = (placeId: string, user: string) => ask(`${system.url}/queue/${placeId}/pass`, { json: { user_id: user } })

test('where the waiting room is on, places are taken with a pass only, and without one once it is off', async (t) => {
  const eventId = await eventWithRoom(system.url)
  const refused = await hold(system.url, eventId, 'ann')
  t.like(refused, { status: 403, body: { code: 'pass_required', join_url: `/events/${eventId}/queue` } })
  t.true((await ask(`${system.url}/events/${eventId}`)).body.sale.waiting_room)
  const pass = await passOf(system.url, eventId, 'ann')
  const held = await hold(system.url, eventId, 'ann', pass)
  t.is(held.status, 201)
  // Paying and giving back need none: nobody is thrown out while paying.
  t.is((await pay(system.url, held.body.id, 'ann')).status, 201)
  await setRoom(system.url, eventId, { state: 'off' })
  await until('nobody needs a pass', async () => (await hold(system.url, eventId, 'bob')).status === 201)
})

test('a buyer has one place, however often and at whichever gateway they join', async (t) => {
  const eventId = await eventWithRoom(system.url, { state: 'paused' })
  const joined = await Promise.all(Array.from({ length: 20 }, (_, index) => join(eventId, 'cat', index % 2)))
  t.deepEqual([...new Set(joined.map(({ body }) => body.id))].length, 1)
  const [{ body, headers } = { body: null, headers: new Headers() }] = joined
  t.is(headers.get('location'), `/queue/${body.id}`)
  const others = await Promise.all(Array.from({ length: 30 }, (_, index) => join(eventId, `dog-${index}`, index % 2)))
  t.is(new Set(others.map((other) => other.body.number)).size, 30)
  const { id, number, ahead } = body
  t.like((await look(id, 'cat', 1)).body, { id, state: 'waiting', number, ahead })
})

test('buyers who are the first to join, all at once, get places one after the other: a gateway reserves one block for them', async (t) => {
  const eventId = await eventWithRoom(system.url, { state: 'paused' })
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
  const eventId = await eventWithRoom(system.url, { state: 'paused', max_active: 2 })
  const places: { id: string; ahead: number }[] = []
  for (const user of ['eva', 'fay', 'gus']) places.push((await join(eventId, user)).body)
  const idOf = (at: number): string => places[at]?.id ?? ''
  t.is(places.map(({ ahead }) => ahead).join(' '), '0 1 2')
  await setRoom(system.url, eventId, { max_active: 2 })
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
  const eventId = await eventWithRoom(system.url)
  const pass = await passOf(system.url, eventId, 'vic')
  await setRoom(system.url, eventId, { state: 'paused' })
  await until('the room is paused', async () => {
    return (await ask(`${system.url}/events/${eventId}/queue/serving`)).body.state === 'paused'
  })
  const { body: place } = await join(eventId, 'wim')
  t.is((await hold(system.url, eventId, 'vic', pass)).status, 201)
  t.is((await claim(place.id, 'wim')).status, 202)
  t.is((await look(place.id, 'wim')).body.state, 'waiting')
  await setRoom(system.url, eventId, { calls_per_minute: 600 })
  await until('the next is called', async () => (await look(place.id, 'wim')).body.state === 'called')
  t.is((await ask(`${system.url}/events/${eventId}/queue`)).body.calls_per_minute, 600)
})

test('a pass of a session that is over is refused with the way to the queue', async (t) => {
  const eventId = await eventWithRoom(system.url)
  const pass = await passOf(system.url, eventId, 'hal')
  const { body } = await join(eventId, 'hal')
  await ask(`${system.url}/queue/${body.id}?user_id=hal`, { method: 'DELETE' })
  const refused = await hold(system.url, eventId, 'hal', pass)
  t.like(refused, { status: 403, body: { code: 'pass_expired', join_url: `/events/${eventId}/queue` } })
})

test('a place id is worth nothing to anybody else, and a changed one nothing to anybody', async (t) => {
  const eventId = await eventWithRoom(system.url, { state: 'paused' })
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

test('a pass is good for three holds', async (t) => {
  const eventId = await eventWithRoom(system.url)
  const pass = await passOf(system.url, eventId, 'sam')
  for (let at = 0; at < 3; at += 1) {
    const held = await hold(system.url, eventId, 'sam', pass)
    t.is(held.status, 201, held.text)
    await ask(`${system.url}/holds/${held.body.id}?user_id=sam`, { method: 'DELETE' })
  }
  const fourth = await hold(system.url, eventId, 'sam', pass)
  t.like(fourth.body, { code: 'pass_expired', join_url: `/events/${eventId}/queue` })
})

test('a repeated claim gives a pass of the same session', async (t) => {
  const eventId = await eventWithRoom(system.url)
  const { body } = await join(eventId, 'max')
  await passOf(system.url, eventId, 'max')
  const { verify } = queuePasses(roomSecret)
  const [one, other] = await Promise.all([claim(body.id, 'max'), claim(body.id, 'max')])
  t.deepEqual(await verify(one.body.pass), await verify(other.body.pass))
})

test('the order outlives a Redis that has lost everything: places come back by their ids, and none is given twice', async (t) => {
  const eventId = await eventWithRoom(system.url, { state: 'paused' })
  const before = await joinAll(system, eventId, 'nan', 20)
  await forgetRoom(system, eventId)
  const newcomers = await joinAll(system, eventId, 'oda', 20)
  await assertOrder(t, before, newcomers)
})

test('a Redis that has lost its last second gives no number twice, and nobody is overtaken', async (t) => {
  const eventId = await eventWithRoom(system.url, { state: 'paused' })
  const early = await joinAll(system, eventId, 'pam', 10)
  const kept = await remember(eventId)
  const late = await joinAll(system, eventId, 'quin', 10)
  await forgetRoom(system, eventId)
  await kept.restore()
  const newcomers = await joinAll(system, eventId, 'ray', 10)
  await assertOrder(t, new Map([...early, ...late]), newcomers)
})

type Joined = Awaited<ReturnType<typeof joinAll>>

/** The places of before are looked for again, and stand before those of newcomers as they stood. */
async function assertOrder(t: ExecutionContext, before: Joined, newcomers: Joined): Promise<void> {
  const restored: { number: number; ahead: number }[] = []
  for (const [user, { id }] of before) restored.push((await look(id, user)).body)
  const ours = restored.map(({ number }) => number)
  const theirs = [...newcomers.values()].map(({ number }) => number)
  t.deepEqual(
    ours,
    [...before.values()].map(({ number }) => number),
  )
  t.is(new Set([...ours, ...theirs]).size, before.size + newcomers.size, 'a number was given twice')
  t.true(Math.min(...theirs) > Math.max(...ours), 'a newcomer is before those who were there')
  t.is(restored.map(({ ahead }) => ahead).join(), [...ours.keys()].join())
}

/** What Redis held at this moment; restored, it is another run of Redis. */
async function remember(eventId: string) {
  const redis = openRedis(system.redis.url)
  const dumps: [string, Buffer][] = []
  for (const key of await redis.keys(`queue:{${eventId}}:*`)) {
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
