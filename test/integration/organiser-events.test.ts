import test, { type ExecutionContext } from 'ava'
import type { RequestOf } from '#shared/contracts/contract.ts'
import { listEvents, viewEvent, viewLayout } from '#shared/contracts/event.ts'
import { changeEventStatus, createEvent } from '#shared/contracts/organising.ts'
import { searchEvents } from '#shared/contracts/search.ts'
import { anonymous, user } from '#shared/messaging/caller.ts'
import { daysFromToday } from '../support/catalogue.ts'
import { emptyEventWorker, organiser } from '../support/event-worker.ts'
import { assertRefused, outcomeOf } from '../support/refusals.ts'
import { startScriptedRefunds } from '../support/scripted-refunds.ts'

const worker = emptyEventWorker()

type Request = RequestOf<typeof createEvent>

const startsOn = daysFromToday(40)
const floor = { name: 'Floor', rows: 10, seats_per_row: 20, price_minor: 30_000 }
const balcony = { name: 'Balcony', rows: 5, seats_per_row: 20, price_minor: 12_000 }
const concert = {
  name: 'Björk w Łodzi',
  type: 'Music',
  description: 'An evening.',
  venue: { name: 'Atlas Arena', city: 'Łódź', country: 'PL', tz: 'Europe/Warsaw' },
  performers: ['Björk', 'Choir', 'Björk'],
  starts_on: startsOn,
  starts_at_local: '19:30',
  currency: 'PLN',
  sections: [floor, balcony],
  max_tickets_per_user: 4,
} satisfies Request

/** What is different; `undefined` leaves a member out. */
type Given = { readonly [Member in keyof Request]?: Request[Member] | undefined }

/** The concert, but for what is given. */
const create = (given: Given = {}, key?: string) => worker.create({ ...concert, ...given } as Request, key)
/** The same, published. */
async function publish(given?: Given) {
  const { id } = await create(given)
  return worker.change(id, 'publish')
}

/** Ids of events whose refund is asked for, until the test is over. */
async function takeRefunds(t: ExecutionContext): Promise<string[]> {
  const refunds = await startScriptedRefunds(worker.natsUrls)
  t.teardown(() => refunds.stop())
  return refunds.asked
}

const storedEvents = async (): Promise<number> => (await worker.postgres.query('SELECT FROM event.events')).length

test.serial('when doors open and the street of the venue are shown where known, else left out', async (t) => {
  const doors_at = `${startsOn}T17:30:00.000Z`
  const event = await create({ doors_at, venue: { ...concert.venue, address: 'al. Bandurskiego 7' } })
  t.like(event, { doors_at, venue: { address: 'al. Bandurskiego 7' } })
  const plain = await create()
  t.false('doors_at' in plain)
  t.false('address' in (plain.venue ?? {}))
  await assertRefused(t, create({ doors_at: `${startsOn}T23:30:00Z` }), '/doors_at')
})

test.serial('a new event is a draft with seats and prices, which only organisers see', async (t) => {
  const event = await create()
  t.like(event, {
    name: 'Björk w Łodzi',
    status: 'draft',
    starts_on: startsOn,
    venue: { name: 'Atlas Arena', city: 'Łódź', country: 'PL' },
    price_from_minor: 12_000,
    currency: 'PLN',
    seat_count: 300,
    layout_version: 1,
    availability: 'not_on_sale',
    sale: { status: 'announced', max_tickets_per_user: 4 },
  })
  t.is(event.performers.map(({ name }) => name).join(' '), 'Björk Choir')
  const tiers = event.price_tiers.map(({ name, price_minor, currency }) => `${name} ${price_minor} ${currency}`)
  t.is(tiers.join(), 'Floor 30000 PLN,Balcony 12000 PLN')
  t.deepEqual(await worker.ask(viewEvent, { event_id: event.id }, { caller: organiser }), event)
  for (const contract of [viewEvent, viewLayout]) {
    await assertRefused(t, worker.ask(contract, { event_id: event.id }, { caller: user('125') }), 'event_not_found')
  }
  t.is((await worker.ask(listEvents, { status: 'any' })).items.length, 0)
  t.is((await worker.ask(searchEvents, { keyword: 'bjork' })).items.length, 0)
})

test.serial('only organisers create and change events', async (t) => {
  const { id } = await create()
  for (const caller of [user('125'), anonymous]) {
    await assertRefused(t, worker.ask(createEvent, concert, { caller }), 'forbidden')
    const action = worker.ask(changeEventStatus, { event_id: id, action: 'publish' }, { caller })
    await assertRefused(t, action, 'forbidden')
  }
})

test.serial('creating with one key twice at once makes one event; the key of another request is refused', async (t) => {
  // Either both get one answer, or one of them hears that the other is under way.
  const createTwice = async () => t.deepEqual(await create({}, 'key'), await create({}, 'key'))
  for (const outcome of await Promise.all([createTwice(), createTwice()].map((each) => outcomeOf(each)))) {
    t.true(['done', 'idempotency_key_in_use'].includes(outcome), outcome)
  }
  t.is(await storedEvents(), 1)
  await assertRefused(t, create({ name: 'Other' }, 'key'), 'idempotency_key_reused')
})

test.serial('events at one venue share it', async (t) => {
  const [one, other] = [await create(), await create({ name: 'Second night' })]
  t.is(one.venue?.id, other.venue?.id)
  t.deepEqual(one.performers, other.performers)
})

test.serial('publishing brings the seats into stock, then opens the sale, then shows the event', async (t) => {
  const published = await publish()
  const { id } = published
  t.like(published, { status: 'published', availability: 'plenty', sale: { status: 'on_sale' } })
  const { batches, sales } = worker.stock
  t.is(batches.flatMap(({ rows }) => rows.flatMap(({ seats }) => seats)).length, 300)
  t.like(batches[0], { event_id: id, version: 1, currency: 'PLN', max_tickets_per_user: 4 })
  t.like(sales[0], { event_id: id, status: 'on_sale', on_sale_at: null, off_sale_at: published.starts_at })
  t.is(sales.length, 1)
  for (const keyword of ['Łódź', 'lodz', 'Björk', 'bjork']) {
    t.is((await worker.ask(searchEvents, { keyword })).items[0]?.id, id)
  }
  const layout = await worker.ask(viewLayout, { event_id: id })
  t.is(layout.rows.length, 15)
  t.is(layout.version, 1)
})

test.serial('a sale that opens later is announced until then', async (t) => {
  const onSaleAt = `${daysFromToday(3)}T10:00:00.000Z`
  const published = await publish({ on_sale_at: onSaleAt })
  t.like(published, { availability: 'not_on_sale', sale: { status: 'announced', on_sale_at: onSaleAt } })
  t.like(worker.stock.sales[0], { status: 'on_sale', on_sale_at: onSaleAt })
})

test.serial('a publication that broke off is completed by repeating it', async (t) => {
  const { id } = await create()
  // First before anything is in stock, then between stock and sale.
  for (const alreadyStocked of [false, true]) {
    if (alreadyStocked) worker.stock.failSale = true
    else worker.stock.failStock = true
    await assertRefused(t, worker.change(id, 'publish'), 'unavailable')
    await assertRefused(t, worker.view(id), 'event_not_found')
  }
  t.is((await worker.change(id, 'publish')).status, 'published')
  t.is(worker.stock.sales.length, 1)
})

test.serial('a sale is paused and resumed; booking hears of it before buyers do', async (t) => {
  const { id } = await publish()
  t.like(await worker.change(id, 'pause'), { availability: 'not_on_sale', sale: { status: 'paused' } })
  t.like(await worker.change(id, 'publish'), { sale: { status: 'paused' } })
  t.like(await worker.change(id, 'resume'), { availability: 'plenty', sale: { status: 'on_sale' } })
  t.is(worker.stock.sales.map(({ status }) => status).join(' '), 'on_sale paused paused on_sale')
  worker.stock.failSale = true
  await assertRefused(t, worker.change(id, 'pause'), 'unavailable')
  t.like((await worker.view(id)).sale, { status: 'on_sale' })
})

test.serial('an action repeated with its key is done once, answered as it was; another one is refused', async (t) => {
  const { id } = await create()
  const { id: other } = await create({ name: 'Second night' })
  await worker.change(id, 'publish', 'opening')
  const paused = await worker.change(id, 'pause', 'break')
  await worker.change(id, 'resume', 'end of break')
  const sales = worker.stock.sales.length
  t.deepEqual(await worker.change(id, 'pause', 'break'), paused)
  t.is(worker.stock.sales.length, sales)
  t.is((await worker.view(id)).sale.status, 'on_sale')
  const batches = worker.stock.batches.length
  await assertRefused(t, worker.change(id, 'resume', 'break'), 'idempotency_key_reused')
  for (const action of ['pause', 'publish'] as const) {
    await assertRefused(t, worker.change(other, action, 'break'), 'idempotency_key_reused')
  }
  t.is(worker.stock.batches.length, batches)
})

test.serial('an action that was refused or broke off frees its key', async (t) => {
  const { id } = await create()
  await assertRefused(t, worker.change(id, 'pause', 'key'), 'validation_failed')
  worker.stock.failSale = true
  await assertRefused(t, worker.change(id, 'publish', 'key'), 'unavailable')
  t.is((await worker.change(id, 'publish', 'key')).status, 'published')
})

test.serial('actions at once leave catalogue and booking with the same sale', async (t) => {
  const { id } = await publish()
  await Promise.all(Array.from({ length: 20 }, (_, index) => worker.change(id, index % 2 === 0 ? 'pause' : 'resume')))
  const { sale } = await worker.view(id)
  t.is(worker.stock.sales.at(-1)?.status, sale.status)
})

test.serial('cancelling is final', async (t) => {
  await takeRefunds(t)
  const { id } = await publish()
  const cancelled = { status: 'cancelled', availability: 'not_on_sale', sale: { status: 'cancelled' } }
  t.like(await worker.change(id, 'cancel'), cancelled)
  t.is((await worker.change(id, 'cancel')).status, 'cancelled')
  for (const action of ['publish', 'pause', 'resume'] as const) {
    await assertRefused(t, worker.change(id, action), 'event_cancelled')
  }
  t.is(worker.stock.sales.at(-1)?.status, 'cancelled')
  t.is((await worker.ask(listEvents, {})).items.length, 0)
  t.is((await worker.ask(listEvents, { status: 'any' })).items[0]?.status, 'cancelled')
})

test.serial('bookings of a cancelled event are refunded; a refund not asked for is when repeated', async (t) => {
  const { id } = await publish()
  // Nobody answers for the money: the sale is over all the same, and the event does not say that all is done.
  await assertRefused(t, worker.change(id, 'cancel'), 'no_worker')
  t.is(worker.stock.sales.at(-1)?.status, 'cancelled')
  t.is((await worker.view(id)).status, 'published')
  const asked = await takeRefunds(t)
  t.is((await worker.change(id, 'cancel')).status, 'cancelled')
  t.deepEqual(asked, [id])
})

test.serial('cancelling an event that never had seats to sell asks for no refunds', async (t) => {
  const asked = await takeRefunds(t)
  const { id } = await create({ sections: [] })
  t.is((await worker.change(id, 'cancel')).status, 'cancelled')
  t.deepEqual(asked, [])
})

test.serial('areas, accessible rows and price steps of an event go on sale and show in its view', async (t) => {
  const steps = [{ sold_percent: 50, price_minor: 36_000 }]
  const event = await publish({
    areas: [{ name: 'Pit', capacity: 600, price_minor: 9_000 }],
    sections: [
      { ...floor, price_steps: steps },
      { ...balcony, accessible: true },
    ],
  })
  t.deepEqual(event.areas, [{ name: 'Pit', capacity: 600, price_minor: 9_000 }])
  t.like(event, { price_from_minor: 9_000, seat_count: 300 })
  t.deepEqual(event.price_tiers[0]?.price_steps, steps)
  const [batch] = worker.stock.batches
  t.deepEqual(batch?.areas, [{ area_no: 0, name: 'Pit', capacity: 600, price_minor: 9_000 }])
  t.deepEqual(batch?.tiers[0], { name: 'Floor', steps })
  const rows = new Set(batch?.rows.map(({ section, accessible }) => `${section} ${accessible}`))
  t.is([...rows].join(), 'Floor false,Balcony true')

  worker.stock.steppedPrices.set(event.id, [{ tier: 'Floor', price_minor: 36_000 }])
  const later = await worker.view(event.id)
  t.is(later.price_tiers.map(({ price_minor }) => price_minor).join(' '), '36000 12000')
})

test.serial('an event may sell GA tickets only', async (t) => {
  const event = await publish({ sections: [], areas: [{ name: 'Lawn', capacity: 50, price_minor: 4_000 }] })
  t.like(event, { seat_count: 0, availability: 'plenty', price_from_minor: 4_000, sale: { status: 'on_sale' } })
  t.like(await worker.change(event.id, 'pause'), { sale: { status: 'paused' } })
  t.like(await worker.ask(viewLayout, { event_id: event.id }), { categories: ['General admission'], rows: [] })
})

test.serial('tickets may be given back until 24 hours before the event, or when the organiser says', async (t) => {
  const inJuly = { starts_on: '2031-07-10' }
  t.is((await create(inJuly)).sale.cancel_until, '2031-07-09T17:30:00.000Z')
  t.is((await create({ ...inJuly, starts_at_local: undefined })).sale.cancel_until, '2031-07-08T22:00:00.000Z')
  const { sale } = await publish({ cancel_until: '2031-07-01T12:00:00Z' })
  t.is(sale.cancel_until, '2031-07-01T12:00:00.000Z')
  t.is(worker.stock.sales.at(-1)?.cancel_until, '2031-07-01T12:00:00.000Z')
})

test.serial('a sale ends when the event starts, or with its local day while its time is open', async (t) => {
  const saleEnd = async (given: Given): Promise<string | null> =>
    (await create({ starts_on: '2031-07-10', ...given })).sale.off_sale_at
  t.is(await saleEnd({}), '2031-07-10T17:30:00.000Z')
  t.is(await saleEnd({ starts_at_local: undefined }), '2031-07-10T22:00:00.000Z')
  // Earlier, or up to 24 hours later.
  for (const off_sale_at of ['2031-07-01T10:00:00.000Z', '2031-07-11T17:30:00.000Z']) {
    t.is(await saleEnd({ off_sale_at }), off_sale_at)
  }
})

test.serial('an event that is over is not published, and nothing of it comes into stock', async (t) => {
  const over = [
    { starts_on: daysFromToday(-2) },
    { starts_on: '2020-05-01', starts_at_local: undefined },
    { starts_on: daysFromToday(-3), off_sale_at: `${daysFromToday(-3)}T20:00:00Z` },
    { starts_on: daysFromToday(-2), sections: [] },
  ]
  for (const given of over) {
    const { id, sale } = await create(given)
    const { message } = await assertRefused(t, worker.change(id, 'publish'), 'sale_closed')
    t.regex(message, /^The event is over: it began by \d{4}-/)
    t.is(sale.status, 'off_sale')
  }
  t.deepEqual([worker.stock.batches.length, worker.stock.sales.length], [0, 0])
  t.is((await worker.ask(listEvents, { status: 'any' })).items.length, 0)
})

test.serial('an event whose sale would open after its end can be cancelled', async (t) => {
  await takeRefunds(t)
  const { id } = await publish()
  await worker.postgres.query('UPDATE event.events SET on_sale_at = starts_at WHERE id = $1', [id])
  t.is((await worker.change(id, 'cancel')).status, 'cancelled')
  t.like(worker.stock.sales.at(-1), { status: 'cancelled', on_sale_at: null })
})

test.serial('tickets of an event that has begun are sold for as long as its organiser says', async (t) => {
  const begun = new Date(Date.now() - 3_600_000)
  // Where no local time is skipped or comes twice.
  const venue = { ...concert.venue, tz: 'UTC' }
  const clock = new Intl.DateTimeFormat('sv', { timeZone: venue.tz, dateStyle: 'short', timeStyle: 'short' })
  const [starts_on = '', starts_at_local = ''] = clock.format(begun).split(' ')
  const off_sale_at = new Date(Date.now() + 3_600_000).toISOString()
  const published = await publish({ venue, starts_on, starts_at_local, off_sale_at })
  t.like(published, { availability: 'plenty', sale: { status: 'on_sale', off_sale_at } })
  t.like(worker.stock.sales[0], { status: 'on_sale', off_sale_at })
})

test.serial('every change of an event is written down as a fact in its transaction', async (t) => {
  await takeRefunds(t)
  const { id } = await create()
  for (const action of ['publish', 'pause', 'resume', 'cancel'] as const) await worker.change(id, action)
  const facts = await worker.postgres.query<{ subject: string; payload: { version: number; status: string } }>(
    'SELECT subject, payload FROM event.outbox ORDER BY id',
  )
  const told = facts.map(({ subject, payload }) => `${subject.split('.').at(-1)} ${payload.status}`)
  t.is(told.join(), 'created draft,published published,paused published,resumed published,cancelled cancelled')
  const versions = facts.map(({ payload }) => payload.version)
  t.is(versions.join(), versions.toSorted((one, other) => one - other).join())
  t.is(new Set(versions).size, facts.length)
})

test.serial('an event without seats is published although booking is away, and has no sale to pause', async (t) => {
  await worker.stock.stop()
  const { id } = await create({ sections: [] })
  t.like(await worker.change(id, 'publish'), { status: 'published', seat_count: 0, sale: { status: 'announced' } })
  await assertRefused(t, worker.change(id, 'pause'), 'validation_failed')
  await assertRefused(t, worker.ask(viewLayout, { event_id: id }), 'not_found')
})

test.serial('an unknown event is not found', async (t) => {
  const id = '019a0000-0000-7000-8000-00000000ffff'
  await assertRefused(t, worker.change(id, 'publish'), 'event_not_found')
  await assertRefused(t, worker.view(id), 'event_not_found')
})

test.serial('what cannot be is refused and nothing is stored', async (t) => {
  const pit = { name: 'Pit', capacity: 10, price_minor: 1_000 }
  for (const [wrong, pointer] of [
    [{ sections: [floor, floor] }, '/sections/1/name'],
    [{ on_sale_at: '2030-02-01T00:00:00Z', off_sale_at: '2030-01-01T00:00:00Z' }, '/off_sale_at'],
    [{ venue: { ...concert.venue, tz: 'Etc/Unknown' } }, '/venue/tz'],
    [{ venue: { ...concert.venue, tz: '+05:30' } }, '/venue/tz'],
    [{ starts_on: '0000-01-01' }, '/starts_on'],
    [{ areas: [pit, pit] }, '/areas/1/name'],
    [{ starts_on: '2027-03-28', starts_at_local: '02:30' }, '/starts_at_local'],
    [{ starts_on: '2026-10-25', starts_at_local: '02:30' }, '/starts_at_local'],
    [{ starts_at_local: '19:30+05:00' }, '/starts_at_local'],
    [{ starts_on: '2031-07-10', on_sale_at: '2031-07-10T17:30:00Z' }, '/on_sale_at'],
    [{ starts_on: '2031-07-10', off_sale_at: '2031-07-11T17:30:01Z' }, '/off_sale_at'],
    [{ starts_on: '2031-07-10', starts_at_local: undefined, off_sale_at: '2031-07-11T22:00:01Z' }, '/off_sale_at'],
  ] as const) {
    await assertRefused(t, create(wrong as unknown as Given), pointer)
  }
  t.is(await storedEvents(), 0)
})

test.serial('an event on the first or the last day that can be named is cancelled like any other', async (t) => {
  const venue = { name: 'Hall', tz: 'US/Pacific' }
  const last = await create({ venue, starts_on: '9998-12-31', starts_at_local: '23:00' })
  t.is((await worker.change(last.id, 'publish')).status, 'published')
  await takeRefunds(t)
  t.is((await worker.change(last.id, 'cancel')).status, 'cancelled')
  const first = await create({ venue, starts_on: '1000-01-02', starts_at_local: '00:00' })
  t.is((await worker.change(first.id, 'cancel')).status, 'cancelled')
})
