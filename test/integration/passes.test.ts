import test from 'ava'
import { changeHold, holdSeats } from '#shared/contracts/holds.ts'
import { purchaseHold } from '#shared/contracts/purchase.ts'
import { joinWaitingList } from '#shared/contracts/waiting-list.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { call } from '#shared/messaging/call.ts'
import { user } from '#shared/messaging/caller.ts'
import { queuePasses } from '#shared/queue-pass.ts'
import { pay, releaseHold, tokenOf } from '../support/buying.ts'
import { forFile } from '../support/for-file.ts'
import { ask } from '../support/http.ts'
import { openBus } from '../support/open-bus.ts'
import { bypass, eventWithRoom, hold, passOf, setRoom } from '../support/room-buyers.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { roomSecret } from '../support/system.ts'

/* Every wrong pass, on every route that takes places, by HTTP and past the gateway. */

const system = sharedSystem()
const bus = forFile(() => openBus(system.natsUrls.gateway))

const buyer = 'ann'

type Ask = (pass: string | undefined) => Promise<{ code: string; join_url?: unknown }>

/** An event with a waiting room of which the buyer has a hold, the requests that take more of it, and wrong passes for these. */
async function world() {
  const { url } = system
  const eventId = await eventWithRoom(url)
  const otherId = await eventWithRoom(url)
  const pass = await passOf(url, eventId, buyer)
  const { place } = await queuePasses(roomSecret).verify(pass)
  const now = Math.floor(Date.now() / 1_000)
  const claims = { sub: buyer, event: eventId, place, began: now * 1_000, idle: 60_000, exp: now + 600, jti: newId() }
  const ours = queuePasses(roomSecret)
  const [head, body, signature] = pass.split('.')
  const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'pass+jwt' })).toString('base64url')
  const wrong: Record<string, [code: string, pass: string | undefined]> = {
    none: ['pass_required', undefined],
    'no pass at all': ['pass_invalid', 'x'.repeat(900)],
    'cut off': ['pass_invalid', pass.slice(0, -4)],
    'of another algorithm': ['pass_invalid', `${unsigned}.${body}.`],
    'with claims of another': ['pass_invalid', `${head}.${(await ours.sign(claims)).split('.')[1]}.${signature}`],
    'signed by somebody else': ['pass_invalid', await queuePasses('x'.repeat(32)).sign(claims)],
    'a session token': ['pass_invalid', (await tokenOf(url, buyer)).authorization.slice('Bearer '.length)],
    'of another event': ['pass_invalid', await passOf(url, otherId, buyer)],
    'of another buyer': ['pass_invalid', await passOf(url, eventId, 'bob')],
    'beside the queue, of another buyer': ['pass_invalid', (await bypass(url, eventId, 'cat')).body.pass],
    expired: ['pass_expired', await ours.sign({ ...claims, exp: now - 1 })],
  }
  const held = await hold(url, eventId, buyer, pass)
  return { eventId, pass, holdId: String(held.body.id), wrong }
}

/** The requests that take places, each by HTTP and by a message. They answer a refusal's code and `join_url`. */
function waysToTakePlaces(eventId: string, holdId: string): Record<string, Ask> {
  const overHttp = (path: string, json: object, method = 'POST'): Ask => {
    return async (pass) => {
      const headers = pass === undefined ? {} : { 'queue-pass': pass }
      const { status, body } = await ask(system.url + path, { method, headers, json: { ...json, user_id: buyer } })
      return status === 403 ? body : { code: `${status} ${body.code}` }
    }
  }
  const byMessage = (send: (context: Parameters<typeof call>[3]) => Promise<unknown>): Ask => {
    return async (queuePass) => {
      const context = { requestId: newId(), caller: user(buyer), deadlineAt: performance.now() + 10_000 }
      try {
        await send({ ...context, idempotencyKey: newId(), ...(queuePass !== undefined && { queuePass }) })
      } catch (error) {
        if (error instanceof TicketingError) return { code: error.code, ...error.extra }
        throw error
      }
      return { code: 'taken' }
    }
  }
  const best = { best_available: { qty: 1 } }
  const selection = { event_id: eventId, seat_nos: [40] }
  const oneCall = { event_id: eventId, ...best, payment_token: 'tok_ok' }
  return {
    'POST /events/:id/holds': overHttp(`/events/${eventId}/holds`, best),
    'POST /events/:id/waiting-list': overHttp(`/events/${eventId}/waiting-list`, { qty: 1 }),
    'PATCH /holds/:id': overHttp(`/holds/${holdId}`, { seat_nos: [41] }, 'PATCH'),
    'POST /purchase': overHttp('/purchase', oneCall),
    'hold-seats': byMessage((context) => call(bus, holdSeats, selection, context)),
    'change-hold': byMessage((context) => call(bus, changeHold, { hold_id: holdId, seat_nos: [42] }, context)),
    'join-waiting-list': byMessage((context) => call(bus, joinWaitingList, { event_id: eventId, qty: 1 }, context)),
    'purchase-hold': byMessage((context) => call(bus, purchaseHold, oneCall, context)),
  }
}

test.serial('every wrong pass is refused by every request that takes places, with the way to the queue', async (t) => {
  const { eventId, holdId, wrong } = await world()
  for (const [way, request] of Object.entries(waysToTakePlaces(eventId, holdId))) {
    for (const [name, [code, pass]] of Object.entries(wrong)) {
      const refusal = await request(pass)
      t.like(refusal, { code, join_url: `/events/${eventId}/queue` }, `${way}, ${name}`)
    }
  }
})

test.serial('a pass that has bought takes nothing more, shown again anywhere', async (t) => {
  const { eventId, pass, holdId } = await world()
  t.is((await pay(system.url, holdId, buyer)).status, 201)
  const { 'PATCH /holds/:id': _swap, 'change-hold': _change, ...ways } = waysToTakePlaces(eventId, holdId)
  for (const [way, request] of Object.entries(ways)) {
    const refusal = await request(pass)
    t.like(refusal, { code: 'pass_expired', join_url: `/events/${eventId}/queue` }, way)
  }
})

test.serial('extending, giving back and paying need no pass', async (t) => {
  const { holdId } = await world()
  const extend = { method: 'PATCH', json: { extend: true, user_id: buyer } }
  t.is((await ask(`${system.url}/holds/${holdId}`, extend)).status, 200)
  t.is((await releaseHold(system.url, holdId, buyer)).status, 204)
  const other = await world()
  t.is((await pay(system.url, other.holdId, buyer)).status, 201)
})

test.serial('a room switched on in mid-sale asks for a pass from then on, and leaves holds alone', async (t) => {
  const { eventId, holdId } = await world()
  await setRoom(system.url, eventId, { state: 'off' })
  const held = await hold(system.url, eventId, 'dan')
  t.is(held.status, 201, held.text)
  await setRoom(system.url, eventId, {})
  t.is((await hold(system.url, eventId, 'eva')).body.code, 'pass_required')
  t.is((await pay(system.url, held.body.id, 'dan')).status, 201)
  t.is((await pay(system.url, holdId, buyer)).status, 201)
})
