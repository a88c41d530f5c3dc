import test from 'ava'
import { listEvents } from '#shared/contracts/event.ts'
import type { CatalogueEvent } from '#shared/contracts/organising.ts'
import { importEvents } from '#shared/contracts/organising.ts'
import { searchEvents } from '#shared/contracts/search.ts'
import type { Queryable } from '#shared/database/postgres.ts'
import { RecentSummaries } from '../../workers/event/recent-summaries.ts'
import { findAsked } from '../../workers/event/search/find-page.ts'
import { importedEvent, tier, venueNamed } from '../support/catalogue.ts'
import { emptyEventWorker } from '../support/event-worker.ts'

/* Lists remember what they show of events; a change is seen at once all the same. */

const worker = emptyEventWorker()

const store = (...events: CatalogueEvent[]): Promise<unknown> =>
  worker.ask(importEvents, { source: 'test', events, reschedule: false })
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
