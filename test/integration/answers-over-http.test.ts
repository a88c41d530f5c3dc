import test from 'ava'
import { newId } from '#shared/ids.ts'
import { daysFromToday } from '../support/catalogue.ts'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { organiserKey } from '../support/system.ts'
import { until } from '../support/until.ts'

/* Nothing is scripted here: gateway and all workers. */

const system = sharedSystem()
const db = forFile(async () => openPostgres(system.databaseUrl))

const headers = { authorization: `Bearer ${organiserKey}` }

/** Twenty seats in the stalls, dearer once a tenth is sold, and a balcony and an area that cost more at first. Answers the id. */
async function steppedEvent(): Promise<string> {
  const created = await ask(`${system.url}/admin/events`, {
    headers,
    json: {
      name: 'Stepped night',
      venue: { name: 'Berlin Hall', city: 'Berlin', country: 'DE', tz: 'Europe/Berlin' },
      starts_on: daysFromToday(30),
      sections: [
        {
          name: 'Stalls',
          rows: 2,
          seats_per_row: 10,
          price_minor: 5_000,
          price_steps: [{ sold_percent: 10, price_minor: 8_000 }],
        },
        { name: 'Balcony', rows: 1, seats_per_row: 10, price_minor: 7_000 },
      ],
      areas: [{ name: 'Floor', capacity: 100, price_minor: 7_500 }],
    },
  })
  await act(created.body.id, 'publish')
  return created.body.id
}

async function act(eventId: string, action: string): Promise<void> {
  const { status, text } = await ask(`${system.url}/admin/events/${eventId}/${action}`, { method: 'POST', headers })
  if (status !== 200) throw new Error(`not done: ${text}`)
}

/** What a public path answers, once a busy machine does so in time. */
async function read(path: string) {
  let answer = await ask(system.url + path)
  await until(`${path} is answered`, async () => {
    if (answer.status !== 200) answer = await ask(system.url + path)
    return answer.status === 200
  })
  return answer.body
}

/** Lowest price in lists and search, that of the view, and the prices of tiers, area and seats. */
async function pricesShown(eventId: string) {
  const [list, found, view, tickets, seats] = await Promise.all([
    read('/events?limit=100'),
    read('/events/search?keyword=stepped'),
    read(`/events/${eventId}`),
    read(`/events/${eventId}/tickets?limit=1000`),
    read(`/events/${eventId}/seats`),
  ])
  const from = (items: { id: string; price_from_minor: number }[]) =>
    items.find(({ id }) => id === eventId)?.price_from_minor
  const bySection = Object.fromEntries(
    tickets.items.map(({ section, price_minor }: { section: string; price_minor: number }) => [section, price_minor]),
  )
  return {
    from: [from(list.items), from(found.items), view.price_from_minor],
    tiers: view.price_tiers.map((tier: { price_minor: number; max_price_minor: number }) => [
      tier.price_minor,
      tier.max_price_minor,
    ]),
    tickets: [bySection.Stalls, bySection.Balcony],
    area: [view.areas[0].price_minor, seats.areas[0].price_minor],
  }
}

/** What search filters and sorts the event by. */
async function priceSearchedBy(eventId: string): Promise<number | undefined> {
  const [event] = await db.query<{ price_from_minor: number }>(
    'SELECT price_from_minor FROM event.events WHERE id = $1',
    [eventId],
  )
  return event?.price_from_minor
}

const atFirst = {
  from: [5_000, 5_000, 5_000],
  tiers: [
    [5_000, 5_000],
    [7_000, 7_000],
  ],
  tickets: [5_000, 7_000],
  area: [7_500, 7_500],
}
const afterTheStep = {
  from: [7_000, 7_000, 7_000],
  tiers: [
    [8_000, 8_000],
    [7_000, 7_000],
  ],
  tickets: [8_000, 7_000],
  area: [7_500, 7_500],
}

test('lists, search, views, tickets and holds name one price, before a price step, after it and back, also while the sale is paused', async (t) => {
  const eventId = await steppedEvent()
  t.deepEqual(await pricesShown(eventId), atFirst)
  const bought = await ask(`${system.url}/purchase`, {
    json: { event_id: eventId, seat_nos: [0, 1], payment_token: 'tok_ok', user_id: 'early' },
  })
  t.is(bought.body.total_minor, 10_000, bought.text)
  await until('the step shows everywhere', async () => {
    return JSON.stringify(await pricesShown(eventId)) === JSON.stringify(afterTheStep)
  })
  const hold = await ask(`${system.url}/events/${eventId}/holds`, {
    json: { seat_nos: [2, 20], areas: [{ area: 'Floor', qty: 1 }], user_id: 'late' },
  })
  const prices = hold.body.places.map(({ price_minor }: { price_minor: number }) => price_minor)
  t.is(prices.join(' '), '8000 7000 7500', hold.text)
  t.is(await priceSearchedBy(eventId), 7_000)
  await act(eventId, 'pause')
  t.deepEqual(await pricesShown(eventId), afterTheStep)

  // What is given back counts as sold no more.
  await ask(`${system.url}/admin/bookings/${bought.body.id}/refund`, { method: 'POST', headers })
  await until('the first prices are back', async () => {
    return JSON.stringify(await pricesShown(eventId)) === JSON.stringify(atFirst)
  })
  t.is(await priceSearchedBy(eventId), 5_000)
})

test('a cancelled event has no free place in any answer', async (t) => {
  const eventId = await steppedEvent()
  t.is((await read(`/events/${eventId}/seats`)).available, 30)
  await act(eventId, 'cancel')
  await until('the gateway has heard of it', async () => {
    const { available, areas } = await read(`/events/${eventId}/seats`)
    return available === 0 && areas[0].available === 0
  })
  const { items } = await read(`/events/${eventId}/tickets`)
  t.deepEqual(new Set(items.map(({ state }: { state: string }) => state)), new Set(['blocked']))
  t.is((await read(`/events/${eventId}`)).availability, 'not_on_sale')
  const all = await read('/events?status=any&limit=100')
  t.is(all.items.find(({ id }: { id: string }) => id === eventId).availability, 'not_on_sale')
  await until('the words follow', async () => {
    const { items: words } = await read(`/availability?ids=${eventId}`)
    return words[0].availability === 'not_on_sale'
  })
})

const short = (id: string): string => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')

test('a thousand events are asked for at once, unknown ones are left out, and each is answered once', async (t) => {
  const known = await eventOnSale(system.url)
  const ids = [known, ...Array.from({ length: 998 }, newId), known]
  const { status, body, text } = await ask(`${system.url}/availability?ids=${ids.join(',')}`)
  t.is(status, 200, text)
  t.deepEqual(body, { items: [{ id: known, availability: 'plenty' }] })
})

test('ids may be given in 22 characters', async (t) => {
  const id = await eventOnSale(system.url)
  const { body } = await ask(`${system.url}/availability?ids=${short(id)},${short(newId())}`)
  t.deepEqual(body, { items: [{ id, availability: 'plenty' }] })
})

test('malformed ids, none, and more than a thousand are refused by name', async (t) => {
  const short1001 = Array.from({ length: 1_001 }, () => short(newId())).join(',')
  for (const query of ['', '?ids=', '?ids=a', `?ids=${newId()},`, `?ids=${short1001}`, `?ids=${newId()}&x=1`]) {
    const { status, body } = await ask(`${system.url}/availability${query}`)
    t.is(status, 400, query)
    t.is(body.code, 'validation_failed', query)
  }
})

test('a page that repeats its closing with one key is answered the same, and releases nothing else', async (t) => {
  const eventId = await eventOnSale(system.url)
  const hold = (seat: number) =>
    ask(`${system.url}/events/${eventId}/holds`, { json: { seat_nos: [seat], user_id: 'ada' } })
  const abandon = (id: string) =>
    ask(`${system.url}/holds/${id}/abandon`, { json: { user_id: 'ada' }, headers: { 'idempotency-key': 'closing' } })
  const { body: first } = await hold(1)
  const replays = []
  for (let time = 1; time <= 2; time += 1) {
    const answer = await abandon(first.id)
    t.is(answer.status, 204)
    replays.push(answer.headers.get('idempotency-replayed'))
  }
  t.deepEqual(replays, [null, 'true'])
  const { body: second } = await hold(1)
  t.is((await abandon(second.id)).body.code, 'idempotency_key_reused')
  t.is((await ask(`${system.url}/holds/${second.id}?user_id=ada`)).body.status, 'active')
})

test('opening a session takes no key, and its description says why', async (t) => {
  const headers = { 'idempotency-key': 'session' }
  for (const user_id of ['ada', 'bob']) {
    const session = await ask(`${system.url}/session`, { json: { user_id }, headers })
    t.like(session, { status: 200, body: { user_id } })
    t.is(session.headers.get('idempotency-replayed'), null)
  }
  const { body } = await ask(`${system.url}/openapi.json`)
  const operation = body.paths['/session'].post
  t.regex(operation.description, /no Idempotency-Key: nothing is stored/)
  t.is(operation.parameters, undefined)
})
