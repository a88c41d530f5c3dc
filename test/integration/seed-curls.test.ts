import test from 'ava'
import { stockDemoEvent } from '../support/demo-event.ts'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { localDecisions } from '../support/local-decisions.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = forFile(() => startSystem({ counts: { gateway: 2 } }))

test.before(async () => {
  await stockDemoEvent(system)
})

test.serial('the three first curls answer, and 15 quick ones right after print ten 200 and five 429', async (t) => {
  const { url } = system
  const events = await ask(`${url}/events`)
  t.is(events.status, 200)
  t.regex(events.body.message, /event/)
  const bookings = await ask(`${url}/bookings?user_id=125`)
  t.is(bookings.status, 200)
  t.deepEqual(bookings.body.items, [])
  const purchase = await ask(`${url}/purchase`, { method: 'POST' })
  t.like(purchase, { status: 201, body: { status: 'confirmed', payment: { status: 'captured' } } }, purchase.text)
  t.regex(purchase.body.message, /sandbox/)
  t.regex(purchase.body.user_id, /^guest-/)

  const statuses = []
  for (let i = 0; i < 15; i++) statuses.push((await ask(`${url}/bookings?user_id=123`)).status)
  t.deepEqual(statuses, [...Array(10).fill(200), ...Array(5).fill(429)])
})

test.serial('a reply that one gateway has stored is a hit at the other', async (t) => {
  const [first, second] = system.gateways.map(({ url }) => url)
  const path = '/events?city=Sharedville'
  // What Redis does not take within its deadline is stored at the next time.
  await until('it is a hit', async () => {
    const stored = await ask(`${first}${path}`)
    const other = await ask(`${second}${path}`)
    t.is(other.text, stored.text)
    return /^gateway; hit/.test(other.headers.get('cache-status') ?? '')
  })
})

test.serial('a limit is shared by all gateways', async (t) => {
  const [first, second] = system.gateways.map(({ url }) => url)
  let callers = 0
  await until('both gateways have heard of Redis in time', async () => {
    const alone = await localDecisions(system)
    callers += 1
    const bookings = `/bookings?user_id=over-two-gateways-${callers}`
    const answers = await Promise.all(
      Array.from({ length: 15 }, (_, i) => ask(`${i % 2 === 0 ? first : second}${bookings}`)),
    )
    if ((await localDecisions(system)) !== alone) return false
    t.is(answers.filter(({ status }) => status === 200).length, 10)
    t.is(answers.filter(({ status }) => status === 429).length, 5)
    return true
  })
})

test.serial('after the first bare purchase nine more within the minute all buy, the next is refused', async (t) => {
  const answers = []
  for (let i = 0; i < 10; i++) answers.push(await ask(`${system.url}/purchase`, { method: 'POST' }))
  t.is(answers.map(({ status }) => status).join(), [...Array(9).fill(201), 429].join())
  const seats = answers.slice(0, 9).map(({ body }) => body.places[0].seat_no)
  t.is(new Set(seats).size, 9)
})

test.serial('a refusal is a problem document that says when to come back', async (t) => {
  const refused = await ask(`${system.url}/purchase`, { method: 'POST' })
  t.is(refused.status, 429)
  t.is(refused.headers.get('content-type'), 'application/problem+json')
  t.like(refused, { body: { code: 'rate_limited', retryable: true } })
  t.true(Number(refused.headers.get('retry-after')) >= 1)
  t.is(refused.headers.get('x-ratelimit-remaining'), '0')
  t.regex(refused.headers.get('ratelimit-policy') ?? '', /^"demo-purchase";q=10;w=60$/)
})

test.serial('a buyer sees the purchase at once, through any gateway', async (t) => {
  const [first, second] = system.gateways.map(({ url }) => url)
  const user_id = 'reads-own-writes'
  const seats = { event_id: (await ask(`${first}/events`)).body.items[0].id, best_available: { qty: 2 } }
  const bought = await ask(`${first}/purchase`, { json: { ...seats, payment_token: 'tok_ok', user_id } })
  t.is(bought.status, 201, bought.text)
  t.is(bought.headers.get('location'), `/bookings/${bought.body.id}`)
  const list = await ask(`${second}/bookings?user_id=${user_id}`)
  t.is(list.body.items.map(({ id }: { id: string }) => id).join(), bought.body.id)
  t.regex(list.headers.get('cache-control') ?? '', /no-store/)
  // `seq` says how much of the world an answer includes, so a later answer has a later one.
  const { message, seq: _then, ...booking } = bought.body
  t.truthy(message)
  const { seq: _now, ...read } = (await ask(`${second}/bookings/${booking.id}?user_id=${user_id}`)).body
  t.deepEqual(read, booking)
})

// Last: it stays down.
test.serial('Redis killed: events, holds and purchases go on, limits hold locally, nobody sees a 5xx', async (t) => {
  const { url } = system
  const eventId = await eventOnSale(url)
  await system.redis.kill()

  const events = await ask(`${url}/events`)
  t.is(events.status, 200)
  const hold = await ask(`${url}/events/${eventId}/holds`, { json: { seat_nos: [3], user_id: 'a' } })
  t.is(hold.status, 201, hold.text)
  const bought = await ask(`${url}/purchase`, {
    json: { hold_id: hold.body.id, payment_token: 'tok_ok', user_id: 'a' },
  })
  t.is(bought.status, 201, bought.text)
  const statuses = []
  for (let i = 0; i < 15; i++) statuses.push((await ask(`${url}/bookings?user_id=after-redis`)).status)
  t.deepEqual(statuses, [...Array(10).fill(200), ...Array(5).fill(429)])

  const metrics = await ask(`${url}/metrics`)
  t.regex(metrics.text, /cache_errors_total\{instance="gateway-1"\} [1-9]/)
  t.regex(metrics.text, /rate_limit_local_total\{instance="gateway-1"\} [1-9]/)
  const ready = await ask(`${url}/readyz?verbose`)
  t.like(ready, { status: 200, body: { redis: 'unavailable' } })
})
