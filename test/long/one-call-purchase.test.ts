import { randomUUID } from 'node:crypto'
import test from 'ava'
import { stockDemoEvent } from '../support/demo-event.ts'
import { type Answer, ask, eventOnSale } from '../support/http.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { exchangeRaw } from '../support/raw-http.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { until } from '../support/until.ts'

/* Seats are held and paid for in one call; nothing is scripted here. */

const system = sharedSystem()

interface Wish {
  readonly expected_total_minor?: number
  readonly currency?: string
}

function buy(eventId: string, userId: string, wish: Wish, key: string = randomUUID()): Promise<Answer> {
  return ask(`${system.url}/purchase`, {
    headers: { 'idempotency-key': key },
    json: { event_id: eventId, seat_nos: [3], payment_token: 'tok_ok', user_id: userId, ...wish },
  })
}

async function stateOfSeat(eventId: string): Promise<string> {
  return (await ask(`${system.url}/events/${eventId}/tickets?limit=10`)).body.items[3].state
}

const wrong: readonly Wish[] = [{ expected_total_minor: 1 }, { currency: 'USD' }]
const right: Wish = { expected_total_minor: 5_000, currency: 'EUR' }

test.serial('a buyer who expects another price or currency keeps no seat, and may buy at the right one', async (t) => {
  for (const wish of wrong) {
    const eventId = await eventOnSale(system.url)
    const refused = await buy(eventId, 'ada', wish)
    t.is(refused.status, 409, refused.text)
    t.like(refused.body, { code: 'price_changed', total_minor: 5_000, currency: 'EUR' })
    t.is(refused.body.hold_id, undefined)
    t.is(await stateOfSeat(eventId), 'available')
    const bought = await buy(eventId, 'ada', right)
    t.is(bought.status, 201, bought.text)

    const another = await eventOnSale(system.url)
    await buy(another, 'ada', wish)
    // The filter in front of the database hears of the seat a moment later.
    await until('another buyer gets the seat', async () => (await buy(another, 'bob', right)).status === 201)
  }
})

test.serial('a refused purchase leaves its key free: it buys once its words are right', async (t) => {
  const eventId = await eventOnSale(system.url)
  const key = randomUUID()
  for (const wish of [...wrong, ...wrong, ...wrong]) {
    t.is((await buy(eventId, 'ada', wish, key)).body.code, 'price_changed')
  }
  const bought = await buy(eventId, 'ada', right, key)
  t.is(bought.status, 201, bought.text)
  t.is((await buy(eventId, 'ada', right, key)).text, bought.text)
})

test.serial('after a declined card another one pays, with the hold or with the same places once more', async (t) => {
  const wishes = [{ seat_nos: [3, 4] }, { best_available: { qty: 2, section: 'Stalls' } }]
  for (const wish of wishes) {
    const eventId = await eventOnSale(system.url)
    const pay = (user_id: string, what: object, payment_token: string) =>
      ask(`${system.url}/purchase`, {
        headers: { 'idempotency-key': randomUUID() },
        json: { user_id, payment_token, ...what },
      })
    const places = { event_id: eventId, ...wish }
    for (const user of ['ada', 'bob']) {
      const declined = await pay(user, places, 'tok_declined')
      t.like(declined.body, { status: 402, code: 'payment_declined', failure: 'declined', retryable: false })
      t.regex(declined.body.detail, /another payment_token and a new Idempotency-Key/)
      const { hold_id } = declined.body
      const again = await pay(user, places, 'tok_declined')
      t.like(again.body, { status: 402, hold_id }, 'the same places are the same hold')
      const bought = await pay(user, user === 'ada' ? { hold_id } : places, 'tok_ok')
      t.is(bought.status, 201, bought.text)
      t.is(bought.body.hold_id, hold_id)
      // Other places are another wish; these are bought, so that the next buyer asks for others.
      if ('seat_nos' in wish) places.seat_nos = [5, 6]
    }
  }
})

test.serial('other places than those that are held are refused, with the hold that is there', async (t) => {
  const eventId = await eventOnSale(system.url)
  const declined = await ask(`${system.url}/purchase`, {
    json: { user_id: 'ada', event_id: eventId, seat_nos: [3], payment_token: 'tok_declined' },
  })
  const other = await ask(`${system.url}/purchase`, {
    json: { user_id: 'ada', event_id: eventId, seat_nos: [4], payment_token: 'tok_ok' },
  })
  t.like(other.body, { status: 409, code: 'hold_exists', hold_id: declined.body.hold_id })
})

test.serial('a hold that was there before the purchase outlives a wrong price', async (t) => {
  const eventId = await eventOnSale(system.url)
  const held = await ask(`${system.url}/events/${eventId}/holds`, { json: { seat_nos: [3], user_id: 'ada' } })
  const pay = (wish: Wish) =>
    ask(`${system.url}/purchase`, {
      json: { hold_id: held.body.id, payment_token: 'tok_ok', user_id: 'ada', ...wish },
    })
  for (const wish of wrong) {
    const refused = await pay(wish)
    t.like(refused.body, { code: 'price_changed', hold_id: held.body.id })
  }
  t.is((await pay(right)).status, 201)
})

/** The status line that answers such a request; it may say nothing of its length, which clients of Node cannot. */
async function statusOf(request: string): Promise<string> {
  const reply = await exchangeRaw(system.url, `${request}Host: localhost\r\nConnection: close\r\n\r\n`)
  return reply.split('\r\n')[0] ?? ''
}

test.serial('a POST without a body buys a demo seat, with or without a Content-Length', async (t) => {
  await stockDemoEvent(system)
  t.is(await statusOf('POST /purchase HTTP/1.1\r\n'), 'HTTP/1.1 201 Created')
  t.is(await statusOf('POST /purchase HTTP/1.1\r\nContent-Length: 0\r\n'), 'HTTP/1.1 201 Created')
  t.is(await statusOf('POST /session HTTP/1.1\r\n'), 'HTTP/1.1 400 Bad Request')
})

test.serial('a purchase that names only its buyer buys a demo seat for them', async (t) => {
  await stockDemoEvent(system)
  const bought = await ask(`${system.url}/purchase`, { json: { user_id: 'carla' } })
  t.is(bought.status, 201, bought.text)
  t.is(bought.body.user_id, 'carla')
  const inQuery = await ask(`${system.url}/purchase?user_id=dora`, { method: 'POST' })
  t.like(inQuery.body, { status: 'confirmed', user_id: 'dora' })
})

test.serial('places that cost nothing are bought without a token, those that do are not', async (t) => {
  const free = await eventOnSale(system.url, { priceMinor: 0 })
  const wish = { user_id: 'ada', seat_nos: [3] }
  const bought = await ask(`${system.url}/purchase`, { json: { ...wish, event_id: free } })
  t.is(bought.status, 201, bought.text)
  t.regex(bought.body.message, /free of charge/)

  const dear = await eventOnSale(system.url)
  const refused = await ask(`${system.url}/purchase`, { json: { ...wish, event_id: dear } })
  t.like(refused.body, {
    status: 400,
    code: 'validation_failed',
    errors: [{ pointer: '/payment_token', detail: 'payment_token is needed: these places cost 50.00 EUR.' }],
  })
  t.is(refused.body.hold_id, undefined)
  t.is(await stateOfSeat(dear), 'available')
})

test.serial('an event that has begun is neither held nor bought; an earlier hold is still paid for', async (t) => {
  const eventId = await eventOnSale(system.url, { name: 'Matinee' })
  const holds = `${system.url}/events/${eventId}/holds`
  const held = await ask(holds, { json: { user_id: 'early', seat_nos: [0] } })
  t.is(held.status, 201, held.text)
  const db = openPostgres(system.databaseUrl)
  t.teardown(() => db.close())
  await db.query('UPDATE event.events SET off_sale_at = now() WHERE id = $1', [eventId])
  await db.query('UPDATE booking.sales SET off_sale_at = now() WHERE event_id = $1', [eventId])

  await until('the event shows it', async () => {
    const { body } = await ask(`${system.url}/events/${eventId}`)
    return body.sale.status === 'off_sale' && body.availability === 'not_on_sale'
  })
  await until('lists show it', async () => {
    const { body } = await ask(`${system.url}/events/search?keyword=Matinee`)
    return body.items[0]?.availability === 'not_on_sale'
  })
  for (const answer of [
    await ask(holds, { json: { user_id: 'late', best_available: { qty: 1 } } }),
    await buy(eventId, 'late', {}),
  ]) {
    t.like(answer, { status: 409, body: { code: 'sale_closed', title: 'Sale closed' } }, answer.text)
  }
  const paid = await ask(`${system.url}/purchase`, {
    headers: { 'idempotency-key': randomUUID() },
    json: { user_id: 'early', hold_id: held.body.id, payment_token: 'tok_ok' },
  })
  t.is(paid.status, 201, paid.text)
})
