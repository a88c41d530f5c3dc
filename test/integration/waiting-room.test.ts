import test, { type ExecutionContext } from 'ava'
import { newId } from '#shared/ids.ts'
import { queuePasses } from '#shared/queue-pass.ts'
import { roomKey } from '#shared/room-keys.ts'
import { releaseHold } from '../support/buying.ts'
import { Draws } from '../support/draws.ts'
import { forFile } from '../support/for-file.ts'
import { ask, asOrganiser, changeEvent, eventOnSale } from '../support/http.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { openRedis } from '../support/open-redis.ts'
import {
  askForPass,
  askToJoin,
  claim,
  eventWithRoom,
  forgetRoom,
  hold,
  join,
  joinAll,
  leave,
  look,
  lookAtAll,
  type Places,
  passOf,
  setRoom,
} from '../support/room-buyers.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { roomSecret } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = sharedSystem()
const db = forFile(async () => openPostgres(system.databaseUrl))

const urlOf = (gateway: number): string => system.gateways[gateway % 2]?.url ?? ''
const serving = (eventId: string) => ask(`${system.url}/events/${eventId}/queue/serving`)
const paused = () => eventWithRoom(system.url, { state: 'paused' })

test('an event shows whether places need a pass, and once its waiting room is off they need none', async (t) => {
  const eventId = await eventWithRoom(system.url)
  t.true((await ask(`${system.url}/events/${eventId}`)).body.sale.waiting_room)
  t.is((await hold(system.url, eventId, 'ann')).body.code, 'pass_required')
  await setRoom(system.url, eventId, { state: 'off' })
  await until('nobody needs a pass', async () => (await hold(system.url, eventId, 'bob')).status === 201)
})

test('a buyer whose session has ended needs no pass either once the waiting room is off', async (t) => {
  const eventId = await eventWithRoom(system.url)
  const id = await join(system.url, eventId, 'ann')
  const pass = await claim(system.url, id, 'ann')
  t.is((await leave(system.url, id, 'ann')).status, 204)
  t.is((await hold(system.url, eventId, 'ann', pass)).body.code, 'pass_expired')
  await setRoom(system.url, eventId, { state: 'off' })
  await until('the pass is in nobody’s way', async () => (await hold(system.url, eventId, 'ann', pass)).status === 201)
})

test('two desks change one waiting room: each changes what it sends, and everything else stays as it was', async (t) => {
  const put = (eventId: string, json: object) =>
    ask(`${system.url}/admin/events/${eventId}/queue`, { method: 'PUT', headers: asOrganiser, json })
  const eventId = await eventWithRoom(system.url, { calls_per_minute: 90, claim_s: 45, adaptive: false })
  t.like((await put(eventId, { state: 'paused' })).body, { state: 'paused', calls_per_minute: 90, claim_s: 45 })
  const faster = { calls_per_minute: 120, max_active: 40 }
  t.like((await put(eventId, faster)).body, { ...faster, state: 'paused', claim_s: 45, adaptive: false })
  t.is((await hold(system.url, eventId, 'ann')).body.code, 'pass_required')
  const fresh = await eventOnSale(system.url)
  const { status, body } = await put(fresh, faster)
  t.is(status, 400)
  t.like(body, { code: 'validation_failed', errors: [{ pointer: '/state' }] })
  t.like((await put(fresh, { ...faster, state: 'open' })).body, { ...faster, state: 'open', claim_s: 60 })
})

test('a buyer has one place, however often and at whichever gateway they join', async (t) => {
  const eventId = await paused()
  const joined = await Promise.all(Array.from({ length: 20 }, (_, at) => askToJoin(urlOf(at), eventId, 'cat')))
  t.deepEqual([...new Set(joined.map(({ body }) => body.id))].length, 1)
  const [{ body, headers } = { body: null, headers: new Headers() }] = joined
  t.is(headers.get('location'), `/queue/${body.id}`)
  const others = await Promise.all(Array.from({ length: 30 }, (_, at) => askToJoin(urlOf(at), eventId, `dog-${at}`)))
  t.is(new Set(others.map((other) => other.body.number)).size, 30)
  const { id, number, ahead } = body
  t.like((await look(urlOf(1), id, 'cat')).body, { id, state: 'waiting', number, ahead })
})

test('buyers who are the first to join, all at once, get places one after the other: a gateway reserves one block for them', async (t) => {
  const eventId = await paused()
  const answers = await Promise.all(Array.from({ length: 60 }, (_, at) => askToJoin(urlOf(at), eventId, `first-${at}`)))
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
  const { url } = system
  const eventId = await eventWithRoom(url, { state: 'paused', max_active: 2 })
  const places: { id: string; ahead: number }[] = []
  for (const user of ['eva', 'fay', 'gus']) places.push((await askToJoin(url, eventId, user)).body)
  const idOf = (at: number): string => places[at]?.id ?? ''
  t.deepEqual(
    places.map(({ ahead }) => ahead),
    [0, 1, 2],
  )
  await setRoom(url, eventId, { max_active: 2 })
  await until('two are called', async () => (await look(url, idOf(1), 'fay')).body.state === 'called')
  t.is((await look(url, idOf(0), 'eva')).body.state, 'called')
  t.like((await look(url, idOf(2), 'gus')).body, { state: 'waiting', ahead: 0 })
  t.is((await askForPass(url, idOf(2), 'gus')).status, 202)
  t.is((await leave(url, idOf(0), 'eva')).status, 204)
  await until('the next is called', async () => (await look(url, idOf(2), 'gus')).body.state === 'called')
  // It may be a second old.
  await until('all three are counted', async () => (await serving(eventId)).body.issued === 3)
  const shown = await serving(eventId)
  t.like(shown.body, { state: 'open', calls_per_minute: 6_000 })
  t.regex(shown.headers.get('cache-control') ?? '', /public/)
})

test('an open room calls nobody before the sale opens, and then those who wait', async (t) => {
  const { url } = system
  const opensAt = new Date(Date.now() + 3_600_000).toISOString()
  const eventId = await eventWithRoom(url, {}, { onSaleAt: opensAt })
  const place = await join(url, eventId, 'zac')
  t.is((await askForPass(url, place, 'zac')).status, 202)
  t.like((await look(url, place, 'zac')).body, { state: 'waiting', number: 1, ahead: 0, next_poll_ms: 30_000 })
  t.like((await serving(eventId)).body, { state: 'open', opens_at: opensAt, serving: 0 })
  t.like((await ask(`${url}/events/${eventId}/queue`)).body, { state: 'open', opens_at: opensAt })
  // As if that hour had passed.
  await db.query('UPDATE event.events SET on_sale_at = now() WHERE id = $1', [eventId])
  await until('the buyer is called', async () => (await look(url, place, 'zac')).body.state === 'called')
})

test('a paused room calls nobody while those inside go on and others join, and a new speed holds within seconds', async (t) => {
  const { url } = system
  const eventId = await eventWithRoom(url)
  const pass = await passOf(url, eventId, 'vic')
  await setRoom(url, eventId, { state: 'paused' })
  await until('the room is paused', async () => (await serving(eventId)).body.state === 'paused')
  const place = await join(url, eventId, 'wim')
  t.is((await hold(url, eventId, 'vic', pass)).status, 201)
  t.is((await askForPass(url, place, 'wim')).status, 202)
  t.is((await look(url, place, 'wim')).body.state, 'waiting')
  await setRoom(url, eventId, { calls_per_minute: 600 })
  await until('the next is called', async () => (await look(url, place, 'wim')).body.state === 'called')
  t.is((await ask(`${url}/events/${eventId}/queue`)).body.calls_per_minute, 600)
})

test('a place id is worth nothing to anybody else, and a changed one nothing to anybody', async (t) => {
  const { url } = system
  const eventId = await paused()
  const place = await join(url, eventId, 'jim')
  const changed = `${place.slice(0, 25)}${place[25] === 'A' ? 'B' : 'A'}${place.slice(26)}`
  for (const [id, user] of [
    [place, 'kim'],
    [changed, 'jim'],
    [Buffer.alloc(32).toString('base64url'), 'jim'],
  ] as const) {
    for (const request of [look, askForPass, leave]) t.is((await request(url, id, user)).status, 404)
  }
  t.is((await look(url, place, 'jim')).status, 200)
})

test('an event without a waiting room has no queue, and an unknown one is not found', async (t) => {
  const eventId = await eventOnSale(system.url)
  t.like(await askToJoin(system.url, eventId, 'lea'), { status: 409, body: { code: 'queue_not_enabled' } })
  t.is((await ask(`${system.url}/events/${eventId}/queue`)).body.state, 'off')
  t.is((await askToJoin(system.url, newId(), 'lea')).status, 404)
  const wrong = await ask(`${system.url}/admin/events/${eventId}/queue`, {
    method: 'PUT',
    headers: asOrganiser,
    json: { state: 'open', calls_per_minute: 0 },
  })
  t.is(wrong.status, 400)
})

test('a pass is good for three holds', async (t) => {
  const { url } = system
  const eventId = await eventWithRoom(url)
  const pass = await passOf(url, eventId, 'sam')
  for (let at = 0; at < 3; at += 1) {
    const held = await hold(url, eventId, 'sam', pass)
    t.is(held.status, 201, held.text)
    await releaseHold(url, held.body.id, 'sam')
  }
  const fourth = await hold(url, eventId, 'sam', pass)
  t.like(fourth.body, { code: 'pass_expired', join_url: `/events/${eventId}/queue` })
})

test('a pass takes nothing more once its owner has left', async (t) => {
  const { url } = system
  const eventId = await eventWithRoom(url)
  const pass = await passOf(url, eventId, 'hal')
  await leave(url, await join(url, eventId, 'hal'), 'hal')
  const refused = await hold(url, eventId, 'hal', pass)
  t.like(refused.body, { code: 'pass_expired', join_url: `/events/${eventId}/queue` })
})

test('a repeated claim gives a pass of the same session', async (t) => {
  const eventId = await eventWithRoom(system.url)
  const place = await join(system.url, eventId, 'max')
  await passOf(system.url, eventId, 'max')
  const { verify } = queuePasses(roomSecret)
  const claims = await Promise.all([0, 1].map((gateway) => askForPass(urlOf(gateway), place, 'max')))
  const [one, other] = await Promise.all(claims.map(({ body }) => verify(body.pass)))
  t.deepEqual(one, other)
})

test('the order outlives a Redis that has lost everything: places come back by their ids, and none is given twice', async (t) => {
  const eventId = await paused()
  const before = await joinAll(system, eventId, 'nan', 20)
  await forgetRoom(system.redis.url, eventId)
  const newcomers = await joinAll(system, eventId, 'oda', 20)
  await assertOrder(t, before, newcomers)
})

test('a Redis that has lost its last second gives no number twice, and nobody is overtaken', async (t) => {
  const eventId = await paused()
  const early = await joinAll(system, eventId, 'pam', 10)
  const restore = await remember(eventId)
  const late = await joinAll(system, eventId, 'quin', 10)
  await forgetRoom(system.redis.url, eventId)
  await restore()
  const newcomers = await joinAll(system, eventId, 'ray', 10)
  await assertOrder(t, new Map([...early, ...late]), newcomers)
})

/** Those who were there before show their ids, and are before the newcomers, in the order in which they came. */
async function assertOrder(t: ExecutionContext, before: Places, newcomers: Places): Promise<void> {
  const restored = await lookAtAll(system, before)
  const numbers = restored.map(({ number }) => number)
  t.deepEqual(
    numbers,
    [...before.values()].map(({ number }) => number),
  )
  const newest = [...newcomers.values()].map(({ number }) => number ?? 0)
  t.is(new Set([...numbers, ...newest]).size, numbers.length + newest.length, 'a number was given twice')
  t.true(Math.min(...newest) > Math.max(...numbers), 'a newcomer is before those who were there')
  t.deepEqual(
    restored.map(({ ahead }) => ahead),
    restored.map((_, index) => index),
  )
}

/** Answers what brings back what Redis holds of a room at this moment, as another run of Redis. */
async function remember(eventId: string): Promise<() => Promise<void>> {
  const redis = openRedis(system.redis.url)
  const dumps: [string, Buffer][] = []
  for (const key of await redis.keys(roomKey(eventId, '*'))) {
    const dump = await redis.dumpBuffer(key)
    if (dump !== null) dumps.push([key, dump])
  }
  return async () => {
    for (const [key, dump] of dumps) await redis.restore(key, 0, dump, 'REPLACE')
    await redis.hset(roomKey(eventId, 'room'), 'run_id', 'of the run before')
    redis.disconnect()
  }
}

test('the waiting room and the draw of a draft are shown to organisers alone, and nobody joins before it is published', async (t) => {
  const draft = {
    name: 'A draft with a room',
    venue: { name: 'Hall', country: 'DE', tz: 'Europe/Berlin' },
    starts_on: '2036-05-24',
    sections: [{ name: 'Stalls', rows: 1, seats_per_row: 2, price_minor: 5_000 }],
  }
  const { body } = await ask(`${system.url}/admin/events`, { headers: asOrganiser, json: draft })
  const eventId: string = body.id
  await new Draws(system).announce(eventId)
  const queue = `${system.url}/events/${eventId}/queue`
  for (const path of [queue, `${queue}/serving`, `${queue}/draw`, `${queue}/draw/roll/0`, `${queue}/admissions`]) {
    const { status, body: problem } = await ask(path)
    t.like({ status, ...problem }, { status: 404, code: 'event_not_found' }, path)
  }
  t.like((await askToJoin(system.url, eventId, 'ann')).body, { code: 'event_not_found' })
  const ofOrganiser = await ask(`${system.url}/admin/events/${eventId}/queue`, { headers: asOrganiser })
  t.like(ofOrganiser.body, { event_id: eventId, state: 'pre_queue' })
  await changeEvent(system.url, eventId, 'publish')
  await until('buyers join', async () => (await askToJoin(system.url, eventId, 'ann')).status === 201)
  await until('everybody sees the room', async () => (await ask(queue)).status === 200)
})
