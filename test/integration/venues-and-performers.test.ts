import test from 'ava'
import { listEvents } from '#shared/contracts/event.ts'
import { importEvents } from '#shared/contracts/organising.ts'
import { viewPerformer } from '#shared/contracts/performers.ts'
import { viewVenue } from '#shared/contracts/venues.ts'
import { daysFromToday, importedEvent, venueNamed } from '../support/catalogue.ts'
import { emptyEventWorker } from '../support/event-worker.ts'

const worker = emptyEventWorker()

async function importHalls(): Promise<void> {
  const hall = venueNamed('Small Hall', { city: 'Berlin', country: 'DE' })
  const band = { source_id: 'band', name: 'The Band' }
  const other = { source_id: 'other', name: 'The Others' }
  const events = [
    importedEvent('late', { starts_on: daysFromToday(40), venue: hall, performers: [band] }),
    importedEvent('early', { starts_on: daysFromToday(10), venue: hall, performers: [other, band] }),
    importedEvent('elsewhere', { starts_on: daysFromToday(20), performers: [band] }),
    importedEvent('past', { starts_on: daysFromToday(-5), venue: hall, performers: [band] }),
    importedEvent('cancelled', { status: 'cancelled', venue: hall, performers: [band] }),
    importedEvent('foreign', { starts_on: daysFromToday(15), performers: [other] }),
  ]
  await worker.ask(importEvents, { source: 'test', events, reschedule: false })
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
