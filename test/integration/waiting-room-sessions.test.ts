import test from 'ava'
import { purchaseHold } from '#shared/contracts/purchase.ts'
import { newId } from '#shared/ids.ts'
import { call } from '#shared/messaging/call.ts'
import { user } from '#shared/messaging/caller.ts'
import { pay, releaseHold } from '../support/buying.ts'
import { forFile } from '../support/for-file.ts'
import { ask } from '../support/http.ts'
import { busOf } from '../support/open-bus.ts'
import { askForPass, bypass, claim, eventWithRoom, hold, join, look, passOf, setRoom } from '../support/room-buyers.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

/* When sessions end, and who gets in beside the queue. */

const system = forFile(() => startSystem({ env: { RATE_LIMITS: 'off' } }))

test.serial('who has bought makes room for the next buyer at once', async (t) => {
  const { url } = system
  const eventId = await eventWithRoom(url, { max_active: 1 })
  const pass = await passOf(url, eventId, 'ann')
  const bobs = await join(url, eventId, 'bob')
  const held = await hold(url, eventId, 'ann', pass)
  t.is((await look(url, bobs, 'bob')).body.state, 'waiting')
  t.is((await pay(url, held.body.id, 'ann')).status, 201)
  await until('bob is called', async () => (await look(url, bobs, 'bob')).body.state === 'called')
  t.is((await hold(url, eventId, 'ann', pass)).body.code, 'pass_expired')
})

test.serial('a session whose purchase no gateway answered ends as soon as one runs', async (t) => {
  const eventId = await eventWithRoom(system.url, { max_active: 1 })
  const pass = await passOf(system.url, eventId, 'cat')
  const dans = await join(system.url, eventId, 'dan')
  const held = await hold(system.url, eventId, 'cat', pass)
  for (const gateway of system.gateways) await gateway.stop()
  const bus = await busOf(t, system.natsUrls.gateway)
  const context = { requestId: newId(), caller: user('cat'), deadlineAt: performance.now() + 10_000 }
  const purchase = { hold_id: held.body.id, payment_token: 'tok_ok' }
  await call(bus, purchaseHold, purchase, { ...context, idempotencyKey: newId() })
  const { url } = await system.start('gateway')
  await until('dan is called', async () => (await look(url, dans, 'dan')).body.state === 'called')
  t.is((await hold(url, eventId, 'cat', pass)).body.code, 'pass_expired')
})

test.serial('a declined payment leaves the session as it is', async (t) => {
  const { url } = system.processes('gateway').at(-1) ?? system
  const eventId = await eventWithRoom(url)
  const pass = await passOf(url, eventId, 'eva')
  const held = await hold(url, eventId, 'eva', pass)
  t.is((await pay(url, held.body.id, 'eva', 'tok_declined')).status, 402)
  t.is((await releaseHold(url, held.body.id, 'eva')).status, 204)
  t.is((await hold(url, eventId, 'eva', pass)).status, 201)
})

test.serial('called buyers beyond the rate of sessions poll again after a second at the earliest', async (t) => {
  const { url } = system.processes('gateway').at(-1) ?? system
  // Two sessions at once, then one every 500 ms.
  const eventId = await eventWithRoom(url, { calls_per_minute: 120 })
  const users = Array.from({ length: 6 }, (_, at) => `gil-${at}`)
  const places = await Promise.all(users.map(async (name) => ({ name, id: await join(url, eventId, name) })))
  for (const { id, name } of places) {
    await until(`${name} is called`, async () => (await look(url, id, name)).body.state === 'called')
  }
  const answers = await Promise.all(places.map(({ id, name }) => askForPass(url, id, name)))
  const waiting = answers.filter(({ status }) => status === 202)
  t.true(waiting.length > 0)
  t.true(waiting.every(({ body }) => body.next_poll_ms >= 1_000))
})

test.serial('a pass beside the queue is for one buyer, and everybody sees how many there were', async (t) => {
  const { url } = system.processes('gateway').at(-1) ?? system
  const eventId = await eventWithRoom(url, { state: 'paused' })
  const issued = await bypass(url, eventId, 'fay', { 'idempotency-key': 'guest-of-honour' })
  t.like(issued, { status: 201, body: { bypassed: 1 } }, issued.text)
  const again = await bypass(url, eventId, 'fay', { 'idempotency-key': 'guest-of-honour' })
  t.is(again.body.pass, issued.body.pass)
  t.is((await bypass(url, eventId, 'gus')).body.bypassed, 2)
  const { pass } = issued.body
  t.is((await hold(url, eventId, 'ida', pass)).body.code, 'pass_invalid')
  const held = await hold(url, eventId, 'fay', pass)
  t.is(held.status, 201, held.text)
  t.is((await pay(url, held.body.id, 'fay')).status, 201)
  t.is((await hold(url, eventId, 'fay', pass)).body.code, 'pass_expired')
  await until('all see it', async () => {
    const { body } = await ask(`${url}/events/${eventId}/queue/serving`)
    return body.bypassed === 2
  })
  t.is((await ask(`${url}/events/${eventId}/queue`)).body.bypassed, 2)
})

test.serial('nobody but an organiser gives out passes beside the queue, and only while there is one', async (t) => {
  const { url } = system.processes('gateway').at(-1) ?? system
  const eventId = await eventWithRoom(url)
  const path = `${url}/admin/events/${eventId}/queue/passes`
  t.is((await ask(path, { json: { for_user_id: 'jim' } })).status, 401)
  t.is((await bypass(url, eventId, '')).status, 400)
  t.is((await bypass(url, newId(), 'jim')).status, 404)
  await setRoom(url, eventId, { state: 'off' })
  t.like((await bypass(url, eventId, 'jim')).body, { code: 'queue_not_enabled' })
})

test.serial('a buyer who pays at once after a call takes no slot from the next but one', async (t) => {
  const { url } = system.processes('gateway').at(-1) ?? system
  const eventId = await eventWithRoom(url, { max_active: 2 })
  const places = []
  for (const name of ['kim', 'lea', 'max', 'nan']) places.push({ name, id: await join(url, eventId, name) })
  for (const [at, { name, id }] of places.entries()) {
    const pass = await claim(url, id, name)
    const held = await hold(url, eventId, name, pass)
    t.is((await pay(url, held.body.id, name)).status, 201)
    const next = places[at + 2]
    if (next === undefined) continue
    await until('the next but one is called', async () => (await look(url, next.id, next.name)).body.state === 'called')
  }
})
