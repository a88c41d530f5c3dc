import test from 'ava'
import { newId } from '#shared/ids.ts'
import { buyPlaces, holdPlaces, releaseHold } from '../support/buying.ts'
import { forFile } from '../support/for-file.ts'
import { ask, asOrganiser, changeEvent, eventOnSale } from '../support/http.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { until } from '../support/until.ts'

/* Nothing is scripted here: gateway and all workers. */

const system = sharedSystem()
const db = forFile(async () => openPostgres(system.databaseUrl))

/** Twenty seats in the stalls, dearer once a tenth is sold, and a balcony and an area that cost more at first. Answers the id. */
const steppedEvent = (): Promise<string> =>
  eventOnSale(
    system.url,
    { name: 'Stepped night' },
    {
      sections: [
        {
          ...{ name: 'Stalls', rows: 2, seats_per_row: 10, price_minor: 5_000 },
          price_steps: [{ sold_percent: 10, price_minor: 8_000 }],
        },
        { name: 'Balcony', rows: 1, seats_per_row: 10, price_minor: 7_000 },
      ],
      areas: [{ name: 'Floor', capacity: 100, price_minor: 7_500 }],
    },
  )

/** The answer at a public path, as soon as a busy machine gives it in time. */
async function read(path: string) {
  let answer = await ask(system.url + path)
  await until(`${path} is answered`, async () => {
    if (answer.status !== 200) answer = await ask(system.url + path)
    return answer.status === 200
  })
  return answer.body
}

interface Priced {
  readonly id: string
  readonly section: string
  readonly price_minor: number
  readonly max_price_minor: number
  readonly price_from_minor: number
}

/** The lowest price in list, search and view; then the prices of tiers, of tickets by section, and of the area in view and seats. */
async function pricesShown(eventId: string): Promise<string> {
  const [list, found, view, tickets, seats] = await Promise.all([
    read('/events?limit=100'),
    read('/events/search?keyword=stepped'),
    read(`/events/${eventId}`),
    read(`/events/${eventId}/tickets?limit=1000`),
    read(`/events/${eventId}/seats`),
  ])
  const from = (items: Priced[]) => items.find(({ id }) => id === eventId)?.price_from_minor
  const prices = view.price_tiers.map((tier: Priced) => `${tier.price_minor}–${tier.max_price_minor}`)
  const ofSections = new Set(tickets.items.map(({ section, price_minor }: Priced) => `${section} ${price_minor}`))
  return [
    `from ${[from(list.items), from(found.items), view.price_from_minor]}`,
    `tiers ${prices}`,
    `tickets ${[...ofSections]}`,
    `area ${[view.areas[0].price_minor, seats.areas[0].price_minor]}`,
  ].join('; ')
}

/** What search filters and sorts the event by. */
async function priceSearchedBy(eventId: string): Promise<number | undefined> {
  const [event] = await db.query<{ price_from_minor: number }>(
    'SELECT price_from_minor FROM event.events WHERE id = $1',
    [eventId],
  )
  return event?.price_from_minor
}

const atFirst = 'from 5000,5000,5000; tiers 5000–5000,7000–7000; tickets Stalls 5000,Balcony 7000; area 7500,7500'
const afterTheStep = 'from 7000,7000,7000; tiers 8000–8000,7000–7000; tickets Stalls 8000,Balcony 7000; area 7500,7500'

test('lists, search, views, tickets and holds name one price, before a price step, after it and back, also while the sale is paused', async (t) => {
  const eventId = await steppedEvent()
  t.is(await pricesShown(eventId), atFirst)
  const bought = await buyPlaces(system.url, eventId, [0, 1], 'early')
  t.is(bought.body.total_minor, 10_000, bought.text)
  await until('the step shows everywhere', async () => (await pricesShown(eventId)) === afterTheStep)
  const wanted = { seat_nos: [2, 20], areas: [{ area: 'Floor', qty: 1 }] }
  // What each of two workers has counted may be a second old.
  await until('the step counts for holds', async () => {
    const { body, text } = await holdPlaces(system.url, eventId, wanted, 'late')
    const prices = body.places.map(({ price_minor }: Priced) => price_minor).join(' ')
    if (prices === '8000 7000 7500') return true
    t.is(prices, '5000 7000 7500', text)
    await releaseHold(system.url, body.id, 'late')
    return false
  })
  await until('search has the new price', async () => (await priceSearchedBy(eventId)) === 7_000)
  await changeEvent(system.url, eventId, 'pause')
  t.is(await pricesShown(eventId), afterTheStep)

  // What is given back counts as sold no more.
  await ask(`${system.url}/admin/bookings/${bought.body.id}/refund`, { method: 'POST', headers: asOrganiser })
  await until('the first prices are back', async () => (await pricesShown(eventId)) === atFirst)
  await until('search has the first price', async () => (await priceSearchedBy(eventId)) === 5_000)
})

test('a cancelled event has no free place in any answer', async (t) => {
  const eventId = await steppedEvent()
  t.is((await read(`/events/${eventId}/seats`)).available, 30)
  await changeEvent(system.url, eventId, 'cancel')
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

test('a thousand events are asked for at once, unknown ones are left out, and each is answered once', async (t) => {
  const known = await eventOnSale(system.url)
  const ids = [known, ...Array.from({ length: 998 }, newId), known]
  const { status, body, text } = await ask(`${system.url}/availability?ids=${ids.join(',')}`)
  t.is(status, 200, text)
  t.deepEqual(body, { items: [{ id: known, availability: 'plenty' }] })
})

test('ids may be given in 22 characters', async (t) => {
  const id = await eventOnSale(system.url)
  const short = Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')
  const { body } = await ask(`${system.url}/availability?ids=${short},${'A'.repeat(22)}`)
  t.deepEqual(body, { items: [{ id, availability: 'plenty' }] })
})

test('a page that repeats its closing with one key is answered the same, and releases nothing else', async (t) => {
  const eventId = await eventOnSale(system.url)
  const hold = () => holdPlaces(system.url, eventId, [1], 'ada')
  const abandon = (id: string) =>
    ask(`${system.url}/holds/${id}/abandon`, { json: { user_id: 'ada' }, headers: { 'idempotency-key': 'closing' } })
  const { body: first } = await hold()
  const replays: (string | null)[] = []
  for (const _ of ['once', 'again']) {
    const answer = await abandon(first.id)
    t.is(answer.status, 204)
    replays.push(answer.headers.get('idempotency-replayed'))
  }
  t.deepEqual(replays, [null, 'true'])
  const { body: second } = await hold()
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
