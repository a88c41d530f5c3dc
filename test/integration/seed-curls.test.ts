import test from 'ava'
import { buyPlaces, holdPlaces, pay } from '../support/buying.ts'
import { stockDemoEvent } from '../support/demo-event.ts'
import { forFile } from '../support/for-file.ts'
import { type Answer, ask, eventOnSale } from '../support/http.ts'
import { untilDecidedByRedis } from '../support/local-decisions.ts'
import { metricOf } from '../support/metrics.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = forFile(() => startSystem({ counts: { gateway: 2 }, env: { TRUSTED_PROXIES: '127.0.0.1' } }))

test.before(() => stockDemoEvent(system))

/** Of quick requests for the bookings of one user. */
async function statusesOf(count: number, user: string): Promise<number[]> {
  const statuses: number[] = []
  for (let i = 0; i < count; i++) statuses.push((await ask(`${system.url}/bookings?user_id=${user}`)).status)
  return statuses
}
const tenOfFifteen = [...Array(10).fill(200), ...Array(5).fill(429)]

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

  let statuses: number[] = []
  let users = 122
  await untilDecidedByRedis(system.gateways, async () => {
    users += 1
    statuses = await statusesOf(15, String(users))
  })
  t.deepEqual(statuses, tenOfFifteen)
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
  let statuses: number[] = []
  await untilDecidedByRedis(system.gateways, async () => {
    callers += 1
    const bookings = `/bookings?user_id=over-two-gateways-${callers}`
    const answers = await Promise.all(
      Array.from({ length: 15 }, (_, i) => ask(`${i % 2 === 0 ? first : second}${bookings}`)),
    )
    statuses = answers.map(({ status }) => status).toSorted()
  })
  t.deepEqual(statuses, tenOfFifteen)
})

/** An address that has bought nothing yet; another one for each try. */
let addresses = 0
const purchaseFrom = (address: number) =>
  ask(`${system.url}/purchase`, { method: 'POST', headers: { 'x-forwarded-for': `192.0.2.${address}` } })

test.serial('after the first bare purchase nine more within the minute all buy, the next is refused', async (t) => {
  let answers: Answer[] = []
  await untilDecidedByRedis(system.gateways, async () => {
    addresses += 1
    answers = []
    for (let i = 0; i < 11; i++) answers.push(await purchaseFrom(addresses))
  })
  t.is(answers.map(({ status }) => status).join(), [...Array(10).fill(201), 429].join())
  const seats = answers.slice(0, 10).map(({ body }) => body.places[0].seat_no)
  t.is(new Set(seats).size, 10)
})

test.serial('a refusal is a problem document that says when to come back', async (t) => {
  const refused = await purchaseFrom(addresses)
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
  const eventId = (await ask(`${first}/events`)).body.items[0].id
  const bought = await buyPlaces(first ?? '', eventId, { best_available: { qty: 2 } }, user_id)
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
  const hold = await holdPlaces(url, eventId, [3], 'a')
  t.is(hold.status, 201, hold.text)
  const bought = await pay(url, hold.body.id, 'a')
  t.is(bought.status, 201, bought.text)
  t.deepEqual(await statusesOf(15, 'after-redis'), tenOfFifteen)

  for (const counter of ['cache_errors_total', 'rate_limit_local_total'])
    t.true((await metricOf(url, counter)) > 0, counter)
  const ready = await ask(`${url}/readyz?verbose`)
  t.like(ready, { status: 200, body: { redis: 'unavailable' } })
})
