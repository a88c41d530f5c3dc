import test from 'ava'
import { listEvents } from '#shared/contracts/event.ts'
import { attachSeating, type CatalogueEvent } from '#shared/contracts/organising.ts'
import { setSale } from '#shared/contracts/stock.ts'
import { viewVenue } from '#shared/contracts/venues.ts'
import { plainVenue } from '../../infra/ops/import/formats/catalogue.ts'
import { daysFromToday, importedEvent, smallLayout, tier, venueNamed } from '../support/catalogue.ts'
import { emptyEventWorker } from '../support/event-worker.ts'
import { assertRefused } from '../support/refusals.ts'
import { startScriptedRefunds } from '../support/scripted-refunds.ts'

const worker = emptyEventWorker()

const importing = (events: CatalogueEvent[], options = {}) => worker.importEvents(events, options)

async function viewOf(name: string) {
  const { items } = await worker.ask(listEvents, { status: 'any', limit: 100 })
  const id = items.find((event) => event.name === name)?.id
  if (id === undefined) throw new Error(`${name} is not in the list`)
  return worker.view(id)
}

const onSaleAt = '2026-01-01T00:00:00.000Z'
const putOnSale = (event_id: string) => {
  const seating = { layout: smallLayout({ rows: 1 }), price_minor: 5_000, currency: 'EUR' }
  return worker.ask(attachSeating, { event_id, ...seating, on_sale_at: onSaleAt })
}

test.serial('importing again changes nothing, and a changed event keeps its id', async (t) => {
  const performers = [
    { source_id: 'p1', name: 'Main Act' },
    { source_id: 'p2', name: 'Support' },
    { source_id: 'p1', name: 'Main Act' },
  ]
  const event = importedEvent('1', { name: 'First', performers, price_tiers: [tier(5_000), tier(3_000)] })
  t.deepEqual(await importing([event, importedEvent('2')]), { stored: 2, changed: 0, unchanged: 0 })
  t.deepEqual(await importing([event, importedEvent('2')]), { stored: 0, changed: 0, unchanged: 2 })
  const before = await viewOf('First')
  t.is(before.performers.map(({ name }) => name).join(', '), 'Main Act, Support')
  t.is(before.price_from_minor, 3_000)

  const changed = { ...event, performers: [{ source_id: 'p2', name: 'Support' }], price_tiers: [tier(4_500)] }
  t.deepEqual(await importing([changed, importedEvent('2')]), { stored: 0, changed: 1, unchanged: 1 })
  const after = await viewOf('First')
  t.like(after, { id: before.id, price_from_minor: 4_500 })
  t.deepEqual(after.price_tiers, [tier(4_500)])
  t.is(after.performers.map(({ name }) => name).join(' '), 'Support')
  t.is(after.performers[0]?.id, before.performers[1]?.id)
})

test.serial('of events with one source id in a batch the last one counts', async (t) => {
  const batch = [importedEvent('1', { name: 'Old' }), importedEvent('1', { name: 'New' })]
  t.deepEqual(await importing(batch), { stored: 1, changed: 0, unchanged: 1 })
  t.deepEqual(await importing(batch), { stored: 0, changed: 0, unchanged: 2 })
  t.is((await viewOf('New')).name, 'New')
})

test.serial('two importers of the same events at once store each once', async (t) => {
  const events = Array.from({ length: 100 }, (_, index) => importedEvent(String(index)))
  await Promise.all([importing(events), importing(events.toReversed()), importing(events)])
  const [row] = await worker.postgres.query<{ count: number }>('SELECT count(*) FROM event.events')
  t.is(row?.count, 100)
  t.deepEqual(await importing(events), { stored: 0, changed: 0, unchanged: 100 })
})

test.serial('an event may lack venue, time, zone, price and performers', async (t) => {
  const bare = { venue: null, starts_at_local: null, tz: null }
  await importing([importedEvent('bare', bare)])
  t.like(await viewOf('Event bare'), { venue: null, starts_at: null, tz: null, price_from_minor: null, performers: [] })
})

test.serial('the local time is kept across summer time, and the zone of the venue stands in', async (t) => {
  const hall = venueNamed('Hall', { city: 'Berlin', country: 'DE' })
  const venue = hall && { ...hall, tz: 'Europe/Berlin' }
  await importing([
    importedEvent('summer', { starts_on: '2027-07-01', tz: null, venue }),
    importedEvent('winter', { starts_on: '2027-12-01', tz: null, venue }),
  ])
  t.is((await viewOf('Event summer')).starts_at, '2027-07-01T18:00:00.000Z')
  t.is((await viewOf('Event winter')).starts_at, '2027-12-01T19:00:00.000Z')
})

test.serial('a past event is moved once, by whole weeks, with its sale, and then stays where it is', async (t) => {
  const past = importedEvent('past', {
    starts_on: '2023-07-07',
    on_sale_at: '2023-03-03T09:00:00Z',
    off_sale_at: '2023-07-07T16:00:00Z',
  })
  const future = importedEvent('future')
  t.deepEqual(await importing([past, future]), { stored: 2, changed: 0, unchanged: 0 })
  t.is((await viewOf('Event past')).starts_on, '2023-07-07')

  const [soonest, latest] = [daysFromToday(7), daysFromToday(181)]
  t.deepEqual(await importing([past, future], { reschedule: true }), { stored: 0, changed: 1, unchanged: 1 })
  const moved = await viewOf('Event past')
  const days = (Date.parse(moved.starts_on) - Date.parse('2023-07-07')) / 86_400_000
  t.is(days % 7, 0)
  t.true(moved.starts_on >= soonest && moved.starts_on <= latest)
  t.is(localTime(moved.starts_at), '20:00')
  t.is(localTime(moved.sale.on_sale_at), '10:00')
  t.is(localTime(moved.sale.off_sale_at), '18:00')
  t.is((await viewOf('Event future')).starts_on, future.starts_on)

  t.deepEqual(await importing([past, future], { reschedule: true }), { stored: 0, changed: 0, unchanged: 2 })
  t.deepEqual(await importing([past]), { stored: 0, changed: 0, unchanged: 1 })
  t.deepEqual(await importing([{ ...past, name: 'Renamed' }]), { stored: 0, changed: 1, unchanged: 0 })
  t.is((await viewOf('Renamed')).starts_on, moved.starts_on)
})

const inJuly = { starts_on: '2031-07-10', starts_at_local: '20:00:00' }

test.serial('a sale that its source does not end, or ends wrongly, ends when the event starts', async (t) => {
  const wrong = [null, '2030-01-01T00:00:00Z', '2031-07-11T18:00:01Z']
  await importing(
    wrong.map((off_sale_at, index) =>
      importedEvent(String(index), { ...inJuly, on_sale_at: '2030-02-01T00:00:00Z', off_sale_at }),
    ),
  )
  for (const index of wrong.keys()) {
    t.is((await viewOf(`Event ${index}`)).sale.off_sale_at, '2031-07-10T18:00:00.000Z')
  }
  const day = { ...inJuly, starts_at_local: null }
  await importing([
    importedEvent('later', { ...inJuly, off_sale_at: '2031-07-10T19:00:00Z' }),
    importedEvent('day', day),
    importedEvent('nowhere', { ...day, tz: null, venue: null }),
    importedEvent('never', { ...inJuly, on_sale_at: '2031-07-10T18:00:00Z' }),
  ])
  const saleOf = async (name: string) => (await viewOf(`Event ${name}`)).sale
  t.is((await saleOf('later')).off_sale_at, '2031-07-10T19:00:00.000Z')
  t.is((await saleOf('day')).off_sale_at, '2031-07-10T22:00:00.000Z')
  // Where the day ends first.
  t.is((await saleOf('nowhere')).off_sale_at, '2031-07-10T10:00:00.000Z')
  t.is((await saleOf('never')).status, 'off_sale')
})

test.serial('a source may give the instant, which counts, also where the zone is unknown', async (t) => {
  const starts_at = '2026-10-25T01:30:00.000Z'
  await importing([
    importedEvent('twice', { starts_on: '2026-10-25', starts_at_local: '02:30:00', starts_at }),
    importedEvent('nowhere', { starts_on: '2026-10-24', starts_at_local: null, starts_at, tz: null, venue: null }),
  ])
  t.is((await viewOf('Event twice')).starts_at, starts_at)
  t.like(await viewOf('Event nowhere'), { starts_at, starts_on: '2026-10-24', tz: null })
  await importing(
    [importedEvent('past', { starts_on: '2023-07-07', starts_at_local: null, starts_at: '2023-07-07T18:00:00Z' })],
    { reschedule: true },
  )
  const moved = await viewOf('Event past')
  t.is(localTime(moved.starts_at), '20:00')
  t.is(moved.starts_at?.slice(0, 10), moved.starts_on)
})

test.serial('a local time that clocks skip or show twice is refused, and nothing is stored', async (t) => {
  for (const starts_on of ['2027-03-28', '2026-10-25']) {
    const events = [importedEvent('1'), importedEvent('2', { starts_on, starts_at_local: '02:30:00' })]
    await assertRefused(t, importing(events), '/events/1/starts_at_local')
  }
  t.is((await worker.ask(listEvents, { status: 'any' })).items.length, 0)
})

test.serial('a source may cancel an event with seats: booking hears it first, bookings are refunded', async (t) => {
  await importing([importedEvent('1', { name: 'Seated' })])
  const { id } = await viewOf('Seated')
  await putOnSale(id)

  await importing([importedEvent('1', { name: 'Renamed', price_tiers: [tier(1)], on_sale_at: '2030-01-01T00:00:00Z' })])
  const renamed = await worker.view(id)
  t.like(renamed, { name: 'Renamed', price_from_minor: 5_000, availability: 'plenty' })
  t.like(renamed.sale, { status: 'on_sale', on_sale_at: onSaleAt })
  t.is(worker.stock.sales.length, 1)

  const refunds = await startScriptedRefunds(worker.natsUrls)
  t.teardown(() => refunds.stop())
  await importing([importedEvent('1', { status: 'cancelled' })])
  t.deepEqual(refunds.asked, [id])
  t.is(worker.stock.sales.at(-1)?.status, 'cancelled')
  t.is((await worker.view(id)).sale.status, 'cancelled')

  await importing([importedEvent('1')])
  t.is((await worker.view(id)).status, 'cancelled')
})

test.serial('a zone that only Node knows and the source of organisers are refused, nothing stored', async (t) => {
  const [one, other] = [importedEvent('1'), importedEvent('2', { tz: 'Etc/Unknown' })]
  await assertRefused(t, importing([one, other]), 'validation_failed')
  await assertRefused(t, importing([one], { source: 'organiser' }), '/source')
  t.is((await worker.ask(listEvents, {})).items.length, 0)
})

function localTime(instant: string | null): string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' })
  return format.format(new Date(instant ?? 0))
}

test.serial('an event that moves to another day takes the ends of its sale and of giving back along', async (t) => {
  await importing([importedEvent('1', { ...inJuly, name: 'Moving' })])
  const { id } = await viewOf('Moving')
  await putOnSale(id)
  const told = () => worker.stock.sales.at(-1)
  t.like(told(), { cancel_until: '2031-07-09T18:00:00.000Z', off_sale_at: '2031-07-10T18:00:00.000Z' })
  const moved = { ...inJuly, name: 'Moving', starts_on: '2031-08-10' }
  await importing([importedEvent('1', moved)])
  t.like(told(), { cancel_until: '2031-08-09T18:00:00.000Z', off_sale_at: '2031-08-10T18:00:00.000Z' })
  await importing([importedEvent('1', { ...moved, off_sale_at: '2031-08-10T12:00:00Z' })])
  t.is(told()?.off_sale_at, '2031-08-10T12:00:00.000Z')
  await importing([importedEvent('1', { ...moved, starts_on: '2031-06-10', off_sale_at: '2031-08-10T12:00:00Z' })])
  t.is(told()?.off_sale_at, '2031-06-10T18:00:00.000Z')
})

test.serial('an import tells of each event that it changed, in its transaction', async (t) => {
  await importing([importedEvent('1'), importedEvent('2')])
  await importing([importedEvent('1'), importedEvent('2', { name: 'Other' })])
  const facts = await worker.postgres.query<{ payload: { version: number } }>(
    `SELECT payload FROM event.outbox WHERE subject LIKE '%.imported' ORDER BY id`,
  )
  t.is(facts.map(({ payload }) => payload.version).join(' '), '1 1 2')
})

test.serial('Postgres knows the size of a catalogue as soon as it is imported', async (t) => {
  const performers = (index: number) => [{ source_id: `p${index}`, name: `Performer ${index}` }]
  for (const batch of [0, 1, 2]) {
    const indexes = Array.from({ length: 200 }, (_, index) => batch * 200 + index)
    await importing(indexes.map((index) => importedEvent(String(index), { performers: performers(index) })))
  }
  const tables = await worker.postgres.query<{ name: string; known: number }>(
    `SELECT relname AS name, reltuples::int AS known FROM pg_class
     WHERE oid IN ('event.events'::regclass, 'event.performers'::regclass, 'event.event_performers'::regclass)`,
  )
  // It need not look again before a table has more than doubled.
  for (const { name, known } of tables) t.true(known >= 300, `${name}: ${known}`)
})

test.serial('an event whose cancellation broke off does not keep its batch from being imported', async (t) => {
  await importing([importedEvent('1', { ...inJuly, name: 'Half cancelled' })])
  const { id } = await viewOf('Half cancelled')
  await putOnSale(id)
  const [sale] = worker.stock.sales
  if (sale === undefined) throw new Error('the sale was not opened')
  // As after a cancellation whose refunds could not be started.
  await worker.ask(setSale, { ...sale, status: 'cancelled' })
  const moved = { ...inJuly, name: 'Half cancelled', starts_on: '2031-08-10' }
  t.deepEqual(await importing([importedEvent('1', moved), importedEvent('2')]), { stored: 1, changed: 1, unchanged: 0 })
  t.is(worker.stock.sales.at(-1)?.status, 'cancelled')

  const refunds = await startScriptedRefunds(worker.natsUrls)
  t.teardown(() => refunds.stop())
  t.is((await worker.change(id, 'cancel')).status, 'cancelled')
  t.deepEqual(refunds.asked, [id])
})

test.serial(
  'a new address of a venue is shown in lists for all events there, also those that were not imported again',
  async (t) => {
    const at = (address: string) => ({ venue: { ...plainVenue, source_id: 'v', name: 'Hall', address } })
    await importing([importedEvent('1', at('Old Street 1')), importedEvent('2', at('Old Street 1'))])
    const addresses = async () => (await worker.ask(listEvents, {})).items.map(({ venue }) => venue?.address)
    t.deepEqual(await addresses(), ['Old Street 1', 'Old Street 1'])
    await importing([importedEvent('1', at('New Street 2'))])
    t.deepEqual(await addresses(), ['New Street 2', 'New Street 2'])
  },
)

test.serial('a venue is shown with its address, if it is known', async (t) => {
  const venue = { ...plainVenue, source_id: 'v', name: 'Hall' }
  await importing([importedEvent('1', { venue })])
  const id = (await viewOf('Event 1')).venue?.id ?? ''
  const { venue: unknown } = await worker.ask(viewVenue, { venue_id: id })
  t.false('address' in unknown)
  await importing([importedEvent('1', { venue: { ...venue, address: 'Old Street 1' } })])
  const { venue: known } = await worker.ask(viewVenue, { venue_id: id })
  t.is(known.address, 'Old Street 1')
})
