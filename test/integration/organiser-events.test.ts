import test from 'ava'
import {
  changeEventStatus,
  createEvent,
  listEvents,
  searchEvents,
  viewEvent,
  viewLayout,
} from '#shared/contracts/event.ts'
import { TicketingError } from '#shared/errors.ts'
import { user } from '#shared/messaging/caller.ts'
import { daysFromToday } from '../support/catalogue.ts'
import { type EventWorker, organiser, startEventWorker } from '../support/event-worker.ts'

let worker: EventWorker

test.before(async () => {
  worker = await startEventWorker()
})
test.beforeEach(() => worker.reset())
test.after.always(() => worker?.stop())

const startsOn = daysFromToday(40)
const concert = {
  name: 'Björk w Łodzi',
  type: 'Music',
  description: 'An evening.',
  venue: { name: 'Atlas Arena', city: 'Łódź', country: 'PL', tz: 'Europe/Warsaw' },
  performers: ['Björk', 'Choir', 'Björk'],
  starts_on: startsOn,
  starts_at_local: '19:30',
  currency: 'PLN',
  sections: [
    { name: 'Floor', rows: 10, seats_per_row: 20, price_minor: 30_000 },
    { name: 'Balcony', rows: 5, seats_per_row: 20, price_minor: 12_000 },
  ],
  max_tickets_per_user: 4,
}

function create(request = concert, idempotencyKey?: string) {
  return worker.ask(createEvent, request, {
    caller: organiser,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  })
}

function change(eventId: string, action: 'publish' | 'pause' | 'resume' | 'cancel') {
  return worker.ask(changeEventStatus, { event_id: eventId, action }, { caller: organiser })
}

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
  t.deepEqual(
    event.performers.map(({ name }) => name),
    ['Björk', 'Choir'],
  )
  t.deepEqual(
    event.price_tiers.map(({ name, price_minor, currency }) => [name, price_minor, currency]),
    [
      ['Floor', 30_000, 'PLN'],
      ['Balcony', 12_000, 'PLN'],
    ],
  )
  t.deepEqual(await worker.ask(viewEvent, { event_id: event.id }, { caller: organiser }), event)
  for (const contract of [viewEvent, viewLayout]) {
    const error = await t.throwsAsync(worker.ask(contract, { event_id: event.id }, { caller: user('125') }))
    t.like(error, { code: 'event_not_found' })
  }
  t.is((await worker.ask(listEvents, { status: 'any' })).items.length, 0)
  t.is((await worker.ask(searchEvents, { keyword: 'bjork' })).items.length, 0)
})

test.serial('only organisers create and change events', async (t) => {
  const { id } = await create()
  for (const caller of [user('125'), undefined]) {
    const options = caller === undefined ? {} : { caller }
    t.like(await t.throwsAsync(worker.ask(createEvent, concert, options)), { code: 'forbidden' })
    const action = worker.ask(changeEventStatus, { event_id: id, action: 'publish' }, options)
    t.like(await t.throwsAsync(action), { code: 'forbidden' })
  }
})

test.serial('creating with one key twice at once makes one event; the key of another request is refused', async (t) => {
  const [one, other] = await Promise.all([create(concert, 'key'), create(concert, 'key')])
  t.deepEqual(one, other)
  const [row] = await worker.postgres.query<{ count: number }>('SELECT count(*) FROM event.events')
  t.is(row?.count, 1)
  const error = await t.throwsAsync(create({ ...concert, name: 'Other' }, 'key'))
  t.like(error, { code: 'idempotency_key_reused' })
})

test.serial('events at one venue share it', async (t) => {
  const [one, other] = [await create(), await create({ ...concert, name: 'Second night' })]
  t.is(one.venue?.id, other.venue?.id)
  t.deepEqual(one.performers, other.performers)
})

test.serial('publishing brings the seats into stock, then opens the sale, then shows the event', async (t) => {
  const { id } = await create()
  const published = await change(id, 'publish')
  t.like(published, { status: 'published', availability: 'plenty', sale: { status: 'on_sale' } })
  const { batches, sales } = worker.stock
  t.is(batches.flatMap(({ rows }) => rows.flatMap(({ seats }) => seats)).length, 300)
  t.like(batches[0], { event_id: id, version: 1, currency: 'PLN', max_tickets_per_user: 4 })
  t.deepEqual(sales, [{ event_id: id, status: 'on_sale', on_sale_at: null, off_sale_at: null }])
  for (const keyword of ['Łódź', 'lodz', 'Björk', 'bjork']) {
    t.is((await worker.ask(searchEvents, { keyword })).items[0]?.id, id)
  }
  const layout = await worker.ask(viewLayout, { event_id: id })
  t.is(layout.rows.length, 15)
  t.is(layout.version, 1)
})

test.serial('a sale that opens later is announced until then', async (t) => {
  const onSaleAt = `${daysFromToday(3)}T10:00:00.000Z`
  const { id } = await create({ ...concert, ...{ on_sale_at: onSaleAt } })
  const published = await change(id, 'publish')
  t.like(published, { availability: 'not_on_sale', sale: { status: 'announced', on_sale_at: onSaleAt } })
  t.like(worker.stock.sales[0], { status: 'on_sale', on_sale_at: onSaleAt })
})

test.serial('a publication that broke off is completed by repeating it', async (t) => {
  const { id } = await create()
  // First before anything is in stock, then between stock and sale.
  for (const alreadyStocked of [false, true]) {
    if (alreadyStocked) worker.stock.failSale = true
    else worker.stock.failStock = true
    t.like(await t.throwsAsync(change(id, 'publish')), { code: 'unavailable' })
    t.like(await t.throwsAsync(worker.ask(viewEvent, { event_id: id })), { code: 'event_not_found' })
  }
  t.is((await change(id, 'publish')).status, 'published')
  t.is(worker.stock.sales.length, 1)
})

test.serial('a sale is paused and resumed; booking hears of it before buyers do', async (t) => {
  const { id } = await create()
  await change(id, 'publish')
  t.like(await change(id, 'pause'), { availability: 'not_on_sale', sale: { status: 'paused' } })
  t.like(await change(id, 'publish'), { sale: { status: 'paused' } })
  t.like(await change(id, 'resume'), { availability: 'plenty', sale: { status: 'on_sale' } })
  t.deepEqual(
    worker.stock.sales.map(({ status }) => status),
    ['on_sale', 'paused', 'paused', 'on_sale'],
  )
  worker.stock.failSale = true
  t.like(await t.throwsAsync(change(id, 'pause')), { code: 'unavailable' })
  t.like((await worker.ask(viewEvent, { event_id: id })).sale, { status: 'on_sale' })
})

test.serial('actions at once leave catalogue and booking with the same sale', async (t) => {
  const { id } = await create()
  await change(id, 'publish')
  await Promise.all(Array.from({ length: 20 }, (_, index) => change(id, index % 2 === 0 ? 'pause' : 'resume')))
  const { sale } = await worker.ask(viewEvent, { event_id: id })
  t.is(worker.stock.sales.at(-1)?.status, sale.status)
})

test.serial('cancelling is final', async (t) => {
  const { id } = await create()
  await change(id, 'publish')
  t.like(await change(id, 'cancel'), {
    status: 'cancelled',
    availability: 'not_on_sale',
    sale: { status: 'cancelled' },
  })
  t.is((await change(id, 'cancel')).status, 'cancelled')
  for (const action of ['publish', 'pause', 'resume'] as const) {
    t.like(await t.throwsAsync(change(id, action)), { code: 'event_cancelled' })
  }
  t.is(worker.stock.sales.at(-1)?.status, 'cancelled')
  t.is((await worker.ask(listEvents, {})).items.length, 0)
  t.is((await worker.ask(listEvents, { status: 'any' })).items[0]?.status, 'cancelled')
})

test.serial('an event without seats is published although booking is away, and has no sale to pause', async (t) => {
  await worker.stock.stop()
  const { id } = await create({ ...concert, sections: [] })
  t.like(await change(id, 'publish'), { status: 'published', seat_count: 0, sale: { status: 'announced' } })
  t.like(await t.throwsAsync(change(id, 'pause')), { code: 'validation_failed' })
  const view = await t.throwsAsync(worker.ask(viewLayout, { event_id: id }))
  t.like(view, { code: 'not_found' })
})

test.serial('an unknown event is not found', async (t) => {
  const id = '019a0000-0000-7000-8000-00000000ffff'
  t.like(await t.throwsAsync(change(id, 'publish')), { code: 'event_not_found' })
  t.like(await t.throwsAsync(worker.ask(viewEvent, { event_id: id })), { code: 'event_not_found' })
})

test.serial('what cannot be is refused and nothing is stored', async (t) => {
  const [floor] = concert.sections
  for (const [wrong, pointer] of [
    [{ sections: [floor, floor] }, '/sections/1/name'],
    [{ on_sale_at: '2030-02-01T00:00:00Z', off_sale_at: '2030-01-01T00:00:00Z' }, '/off_sale_at'],
    [{ venue: { ...concert.venue, tz: 'Etc/Unknown' } }, '/venue/tz'],
    [{ venue: { ...concert.venue, tz: '+05:30' } }, '/venue/tz'],
    [{ starts_on: '0000-01-01' }, '/starts_on'],
  ] as const) {
    const error = await t.throwsAsync(create({ ...concert, ...wrong } as typeof concert))
    t.true(error instanceof TicketingError)
    t.like(error, { code: 'validation_failed', extra: { errors: [{ pointer }] } }, pointer)
  }
  const [row] = await worker.postgres.query<{ count: number }>('SELECT count(*) FROM event.events')
  t.is(row?.count, 0)
})
