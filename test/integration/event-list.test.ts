import test from 'ava'
import { listEvents } from '#shared/contracts/event.ts'
import { attachSeating, type CatalogueEvent } from '#shared/contracts/organising.ts'
import { viewPerformer } from '#shared/contracts/performers.ts'
import { searchEvents } from '#shared/contracts/search.ts'
import { viewVenue } from '#shared/contracts/venues.ts'
import type { Queryable } from '#shared/database/postgres.ts'
import { RecentSummaries } from '../../workers/event/recent-summaries.ts'
import { findAsked } from '../../workers/event/search/find-page.ts'
import { daysFromToday, importedEvent, smallLayout, tier, venueNamed } from '../support/catalogue.ts'
import { emptyEventWorker } from '../support/event-worker.ts'
import { allPages } from '../support/pages.ts'
import { assertRefused } from '../support/refusals.ts'
import { until } from '../support/until.ts'
import { Waits } from '../support/waits.ts'

const worker = emptyEventWorker()

const store = (...events: CatalogueEvent[]) => worker.importEvents(events)
const namesOf = (items: readonly { name: string }[]): string[] => items.map(({ name }) => name)

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
  t.is(namesOf(items).join(', '), 'Event moved, Event early, Event late, Event unknown, Event next day')
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
  if (sameDay) t.deepEqual(namesOf(items).toSorted(), expected)
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
  const pages = await allPages((cursor) => worker.ask(listEvents, { limit: 4, ...cursor }))
  const seen = namesOf(pages.flat())
  t.deepEqual(seen, namesOf((await worker.ask(listEvents, { limit: 100 })).items))
  t.deepEqual(seen.toSorted(), names)
})

test.serial('lists and views say how many seats are free, and go on without when booking is away', async (t) => {
  await store(...['a', 'b', 'c', 'without seats'].map((name) => importedEvent(name, { name })))
  const { items } = await worker.ask(listEvents, {})
  for (const { id } of items.slice(0, 3)) {
    const seating = { layout: smallLayout({ rows: 10 }), price_minor: 5_000, currency: 'EUR' }
    await worker.ask(attachSeating, { event_id: id, ...seating, on_sale_at: '2026-01-01T00:00:00Z' })
  }
  const [, second = '', third = ''] = items.map(({ id }) => id)
  worker.stock.taken.set(second, 136)
  worker.stock.taken.set(third, 150)
  t.deepEqual(await availabilities(), ['plenty', 'few', 'sold_out', 'not_on_sale'])
  t.is((await worker.view(second)).availability, 'few')

  worker.stock.silent = true
  await until('the value of a moment ago is no longer shown', async () => (await availabilities())[0] === null)
  const waits = new Waits()
  t.deepEqual(await waits.add(availabilities()), [null, null, null, 'not_on_sale'])
  t.true(waits.longestMs() < listEvents.deadlineMs)

  await worker.stock.stop()
  t.deepEqual(await availabilities(), [null, null, null, 'not_on_sale'])
  t.is((await worker.view(second)).availability, null)
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
  const pages = await allPages((cursor) => worker.ask(viewVenue, { venue_id: venue.id, limit: 1, ...cursor }))
  t.deepEqual(pages.map(namesOf), [['Event early'], ['Event late']])
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
  await assertRefused(t, worker.ask(viewVenue, { venue_id: id }), 'not_found')
  await assertRefused(t, worker.ask(viewPerformer, { performer_id: id }), 'not_found')
  const { venue, performers } = await early()
  const { next_cursor } = await worker.ask(viewVenue, { venue_id: venue.id, limit: 1 })
  const request = { performer_id: performers[0]?.id ?? '', cursor: next_cursor ?? '' }
  await assertRefused(t, worker.ask(viewPerformer, request), 'validation_failed')
})

/* Lists remember what they show of events; a change is seen at once all the same. */

const hall = (name: string): CatalogueEvent['venue'] => {
  const venue = venueNamed(name, { city: 'Berlin', country: 'DE' })
  return venue && { ...venue, source_id: 'hall' }
}
const byAda = (name: string) => ({ performers: [{ source_id: 'ada', name }] })

/** `name: price at venue by performers` of every event, in the list and in a search. */
async function shown(): Promise<string[]> {
  const [listed, found] = await Promise.all([worker.ask(listEvents, {}), worker.ask(searchEvents, {})])
  return [...listed.items, ...found.items].map(
    ({ name, venue, performers, price_from_minor }) =>
      `${name}: ${price_from_minor} at ${venue?.name} by ${namesOf(performers)}`,
  )
}

test.serial('a venue and a performer that another event renames are seen at once in every list', async (t) => {
  const two = { starts_on: '2099-01-01', name: 'two' }
  const before = { venue: hall('Old Hall'), ...byAda('Ada') }
  await store(importedEvent('one', { name: 'one', ...before }), importedEvent('two', { ...two, ...before }))
  const both = (where: string) => ['one', 'two', 'one', 'two'].map((name) => `${name}: null at ${where}`)
  t.deepEqual(await shown(), both('Old Hall by Ada'))
  await store(importedEvent('two', { ...two, venue: hall('New Hall'), ...byAda('Ada Lovelace') }))
  t.deepEqual(await shown(), both('New Hall by Ada Lovelace'))
})

test.serial('what an import changes of an event is seen at once', async (t) => {
  const price = (name: string, priceMinor: number) =>
    store(importedEvent('one', { name, venue: hall('Hall'), price_tiers: [tier(priceMinor)] }))
  await price('Named', 2_000)
  t.deepEqual(await shown(), Array(2).fill('Named: 2000 at Hall by '))
  await price('Renamed', 3_000)
  t.deepEqual(await shown(), Array(2).fill('Renamed: 3000 at Hall by '))
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
