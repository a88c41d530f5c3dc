import test from 'ava'
import { listEvents, viewEvent } from '#shared/contracts/event.ts'
import { attachSeating, type CatalogueEvent, importEvents } from '#shared/contracts/organising.ts'
import { viewPerformer } from '#shared/contracts/performers.ts'
import { searchEvents } from '#shared/contracts/search.ts'
import { viewVenue } from '#shared/contracts/venues.ts'
import type { Queryable } from '#shared/database/postgres.ts'
import { RecentSummaries } from '../../workers/event/recent-summaries.ts'
import { findAsked } from '../../workers/event/search/find-page.ts'
import { daysFromToday, importedEvent, smallLayout, tier, venueNamed } from '../support/catalogue.ts'
import { emptyEventWorker } from '../support/event-worker.ts'
import { until } from '../support/until.ts'

const worker = emptyEventWorker()

const store = (...events: CatalogueEvent[]): Promise<unknown> =>
  worker.ask(importEvents, { source: 'test', events, reschedule: false })

test.serial('upcoming events come by date, then time, an unknown time last', async (t) => {
  const day = daysFromToday(20)
  await store(
    importedEvent('unknown', { starts_on: day, starts_at_local: null }),
    importedEvent('late', { starts_on: day, starts_at_local: '22:00:00' }),
    importedEvent('early', { starts_on: day, starts_at_local: '11:00:00' }),
    importedEvent('next day', { starts_on: daysFromToday(21), starts_at_local: '01:00:00' }),
    importedEvent('past', { starts_on: daysFromToday(-2) }),
    importedEvent('postponed', { status: 'postponed' }),
    importedEvent('cancelled', { status: 'cancelled' }),
    importedEvent('moved', { status: 'rescheduled', starts_on: daysFromToday(19) }),
  )
  const { items, message, next_cursor } = await worker.ask(listEvents, {})
  t.is(items.map(({ name }) => name).join(', '), 'Event moved, Event early, Event late, Event unknown, Event next day')
  t.is(message, '5 upcoming events')
  t.is(next_cursor, null)
  t.like(items[1], {
    type: 'Music',
    status: 'published',
    starts_on: day,
    tz: 'Europe/Berlin',
    venue: { name: 'Große Halle', city: 'Berlin', country: 'DE' },
    price_from_minor: null,
    availability: 'not_on_sale',
  })
  t.is(items[3]?.starts_at, null)

  const any = await worker.ask(listEvents, { status: 'any' })
  t.is(any.message, '8 events')
  t.is(any.items[0]?.name, 'Event past')
})

test.serial('an event is upcoming for the whole of its day at the venue', async (t) => {
  const zones = ['Pacific/Kiritimati', 'UTC', 'Pacific/Pago_Pago']
  const dateIn = (tz: string): string => new Intl.DateTimeFormat('en-CA', { timeZone: tz }).format(new Date())
  const today = zones.map(dateIn)
  const expected = zones.map((tz) => `Event today ${tz}`).toSorted()
  await store(
    ...zones.flatMap((tz) => {
      const yesterday = new Date(Date.parse(dateIn(tz)) - 86_400_000).toISOString().slice(0, 10)
      return [
        importedEvent(`today ${tz}`, { tz, starts_on: dateIn(tz), starts_at_local: '00:00:00' }),
        importedEvent(`yesterday ${tz}`, { tz, starts_on: yesterday, starts_at_local: '23:59:00' }),
      ]
    }),
  )
  const { items } = await worker.ask(listEvents, {})
  // When it has become midnight in one of them in between, nothing can be said.
  const sameDay = zones.map(dateIn).join() === today.join()
  if (sameDay) t.deepEqual(items.map(({ name }) => name).toSorted(), expected)
  else t.pass()
})

test.serial('pages follow each other through equal dates and unknown times', async (t) => {
  const names = Array.from({ length: 25 }, (_, index) => `${index}`.padStart(2, '0'))
  await store(
    ...names.map((name, index) =>
      importedEvent(name, {
        name,
        starts_on: daysFromToday(10 + (index % 3)),
        starts_at_local: index % 2 === 0 ? null : '20:00:00',
      }),
    ),
  )
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await worker.ask(listEvents, { limit: 4, ...(cursor === undefined ? {} : { cursor }) })
    seen.push(...page.items.map(({ name }) => name))
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  const all = await worker.ask(listEvents, { limit: 100 })
  t.is(seen.join(), all.items.map(({ name }) => name).join())
  t.deepEqual(seen.toSorted(), names)
})

test.serial('lists and views say how many seats are free, and go on without when booking is away', async (t) => {
  const events = ['a', 'b', 'c', 'without seats'].map((name) => importedEvent(name, { name }))
  await store(...events)
  const { items } = await worker.ask(listEvents, {})
  for (const { id } of items.slice(0, 3)) {
    const seating = { layout: smallLayout({ rows: 10 }), price_minor: 5_000, currency: 'EUR' }
    await worker.ask(attachSeating, { event_id: id, ...seating, on_sale_at: '2026-01-01T00:00:00Z' })
  }
  const [first, second, third] = items.map(({ id }) => id)
  if (first === undefined || second === undefined || third === undefined) return t.fail()
  worker.stock.taken.set(second, 136)
  worker.stock.taken.set(third, 150)
  t.deepEqual(await availabilities(), ['plenty', 'few', 'sold_out', 'not_on_sale'])
  t.is((await worker.ask(viewEvent, { event_id: second })).availability, 'few')

  worker.stock.silent = true
  await until('what was known a moment ago is not shown any longer', async () => (await availabilities())[0] === null)
  const begin = performance.now()
  t.deepEqual(await availabilities(), [null, null, null, 'not_on_sale'])
  t.true(performance.now() - begin < listEvents.deadlineMs)

  await worker.stock.stop()
  t.deepEqual(await availabilities(), [null, null, null, 'not_on_sale'])
  t.is((await worker.ask(viewEvent, { event_id: second })).availability, null)
})

async function availabilities() {
  const { items } = await worker.ask(listEvents, {})
  return items.map(({ availability }) => availability)
}

async function importHalls(): Promise<void> {
  const hall = venueNamed('Small Hall', { city: 'Berlin', country: 'DE' })
  const band = { source_id: 'band', name: 'The Band' }
  const other = { source_id: 'other', name: 'The Others' }
  await store(
    importedEvent('late', { starts_on: daysFromToday(40), venue: hall, performers: [band] }),
    importedEvent('early', { starts_on: daysFromToday(10), venue: hall, performers: [other, band] }),
    importedEvent('elsewhere', { starts_on: daysFromToday(20), performers: [band] }),
    importedEvent('past', { starts_on: daysFromToday(-5), venue: hall, performers: [band] }),
    importedEvent('cancelled', { status: 'cancelled', venue: hall, performers: [band] }),
    importedEvent('foreign', { starts_on: daysFromToday(15), performers: [other] }),
  )
}

const namesOf = (items: readonly { name: string }[]): string[] => items.map(({ name }) => name)

async function early() {
  const { items } = await worker.ask(listEvents, {})
  const event = items.find(({ name }) => name === 'Event early')
  if (event?.venue == null) throw new Error('the event has no venue')
  return { venue: event.venue, performers: event.performers }
}

test.serial('a venue is shown with its upcoming events by date, page by page', async (t) => {
  await importHalls()
  const { venue } = await early()
  const all = await worker.ask(viewVenue, { venue_id: venue.id })
  t.like(all.venue, { id: venue.id, name: 'Small Hall', city: 'Berlin', country: 'DE' })
  t.deepEqual(namesOf(all.items), ['Event early', 'Event late'])
  t.is(all.next_cursor, null)
  const first = await worker.ask(viewVenue, { venue_id: venue.id, limit: 1 })
  t.deepEqual(namesOf(first.items), ['Event early'])
  const second = await worker.ask(viewVenue, { venue_id: venue.id, limit: 1, cursor: first.next_cursor ?? '' })
  t.deepEqual(namesOf(second.items), ['Event late'])
  t.is(second.next_cursor, null)
})

test.serial('a performer is shown with their upcoming events by date, wherever they are', async (t) => {
  await importHalls()
  const { performers } = await early()
  const id = performers.find(({ name }) => name === 'The Band')?.id ?? ''
  const { performer, items } = await worker.ask(viewPerformer, { performer_id: id })
  t.deepEqual(performer, { id, name: 'The Band' })
  t.deepEqual(namesOf(items), ['Event early', 'Event elsewhere', 'Event late'])
})

test.serial('unknown venues and performers are not found, and a cursor works only for its own list', async (t) => {
  await importHalls()
  const id = '019a0000-0000-7000-8000-00000000dead'
  t.like(await t.throwsAsync(worker.ask(viewVenue, { venue_id: id })), { code: 'not_found' })
  t.like(await t.throwsAsync(worker.ask(viewPerformer, { performer_id: id })), { code: 'not_found' })
  const { venue, performers } = await early()
  const { next_cursor } = await worker.ask(viewVenue, { venue_id: venue.id, limit: 1 })
  const request = { performer_id: performers[0]?.id ?? '', cursor: next_cursor ?? '' }
  t.like(await t.throwsAsync(worker.ask(viewPerformer, request)), { code: 'validation_failed' })
})

/* Lists remember what they show of events; a change is seen at once all the same. */

const hall = (name: string): CatalogueEvent['venue'] => {
  const venue = venueNamed(name, { city: 'Berlin', country: 'DE' })
  return venue && { ...venue, source_id: 'hall' }
}
const byAda = (name: string) => ({ performers: [{ source_id: 'ada', name }] })

async function shown(): Promise<{ venue: unknown; performers: unknown; price: unknown; name: string }[]> {
  const [listed, found] = await Promise.all([worker.ask(listEvents, {}), worker.ask(searchEvents, {})])
  const short = ({ items }: typeof listed | typeof found) =>
    items.map(({ name, venue, performers, price_from_minor }) => ({
      name,
      venue: venue?.name,
      performers: performers.map((each) => each.name),
      price: price_from_minor,
    }))
  return [...short(listed), ...short(found)]
}

test.serial('a venue and a performer that another event renames are seen at once in every list', async (t) => {
  await store(
    importedEvent('one', { venue: hall('Old Hall'), ...byAda('Ada') }),
    importedEvent('two', { venue: hall('Old Hall'), ...byAda('Ada'), starts_on: '2099-01-01' }),
  )
  for (const { venue, performers } of await shown()) t.deepEqual([venue, performers], ['Old Hall', ['Ada']])
  await store(importedEvent('two', { venue: hall('New Hall'), ...byAda('Ada Lovelace'), starts_on: '2099-01-01' }))
  const after = await shown()
  t.is(after.length, 4)
  for (const { venue, performers } of after) t.deepEqual([venue, performers], ['New Hall', ['Ada Lovelace']])
})

test.serial('what an import changes of an event is seen at once', async (t) => {
  await store(importedEvent('one', { price_tiers: [tier(2_000)] }))
  t.is((await shown()).map(({ price }) => price).join(' '), '2000 2000')
  await store(importedEvent('one', { name: 'Renamed', price_tiers: [tier(3_000)] }))
  for (const each of await shown()) t.like(each, { name: 'Renamed', price: 3_000 })
})

test.serial('every change of what a list shows raises the version of the event, and nothing else does', async (t) => {
  await store(importedEvent('one', { venue: hall('Hall'), ...byAda('Ada') }))
  const version = async (): Promise<number> => {
    const [event] = await worker.postgres.query<{ version: number }>('SELECT version FROM event.events')
    return event?.version ?? 0
  }
  const raised = async (statement: string): Promise<boolean> => {
    const before = await version()
    await worker.postgres.query(statement)
    return (await version()) > before
  }
  for (const change of [
    `event.events SET name = 'Other'`,
    `event.events SET status = 'postponed'`,
    `event.events SET starts_on = starts_on + 1`,
    `event.events SET price_from_minor = 1`,
    `event.events SET on_sale_at = now()`,
    `event.events SET seat_count = 7`,
    `event.venues SET name = 'Other hall'`,
    `event.venues SET city = 'Bonn'`,
    `event.performers SET name = 'Bob'`,
  ]) {
    t.true(await raised(`UPDATE ${change}`), change)
  }
  for (const change of [
    `event.events SET description = 'More'`,
    `event.events SET price_from_minor = 1`,
    `event.venues SET latitude = 1, longitude = 1`,
    `event.performers SET name = 'Bob'`,
  ]) {
    t.false(await raised(`UPDATE ${change}`), change)
  }
})

test.serial('a list of all events that were shown before costs one statement', async (t) => {
  await store(...['one', 'two', 'three'].map((id) => importedEvent(id, {})))
  const summaries = new RecentSummaries()
  let statements = 0
  const db: Queryable = {
    query(text, values) {
      statements += 1
      return worker.postgres.query(text, values)
    },
  }
  const list = async (): Promise<number> => {
    const conditions = { upcoming: true, takingPlace: true }
    const found = await findAsked(db, { conditions }, { after: undefined, wanted: 3 })
    return (await summaries.of(db, found)).length
  }
  t.deepEqual([await list(), statements], [3, 2])
  t.deepEqual([await list(), statements], [3, 3])
})
