import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import test from 'ava'
import { type CatalogueEvent, catalogueEvent } from '#shared/contracts/organising.ts'
import type { Catalogue, Quirk } from '../../infra/ops/import/formats/catalogue.ts'
import { readDiscovery } from '../../infra/ops/import/formats/discovery.ts'
import { readSource } from '../../infra/ops/import/formats/recognise.ts'
import { realFiles, testWithRealData } from '../support/real-data.ts'

const complete = {
  id: 'vv1',
  name: 'Sparrow & Fox',
  dates: {
    start: { localDate: '2025-01-08', localTime: '19:30:00', dateTime: '2025-01-09T00:30:00Z' },
    timezone: 'America/New_York',
    status: { code: 'offsale' },
  },
  sales: { public: { startDateTime: '2024-06-01T14:00:00Z', endDateTime: '2025-01-09T00:00:00Z' } },
  classifications: [{ segment: { name: 'Music' } }],
  priceRanges: [{ type: 'standard', currency: 'USD', min: 88.34, max: 120 }],
  _embedded: {
    venues: [
      {
        id: 'v1',
        name: 'Riverstage ',
        timezone: 'America/New_York',
        city: { name: 'Albany' },
        country: { name: 'United States Of America', countryCode: 'US' },
        location: { latitude: '42.65', longitude: '-73.75' },
      },
    ],
    attractions: [{ id: 'a1', name: 'Sparrow' }],
  },
}

function read(event: unknown): { event: CatalogueEvent; quirks: Record<string, number> } {
  const { records, quirks } = readDiscovery([event])
  const [record] = records
  if (record === undefined || 'refused' in record) throw new Error('was refused')
  return { event: record.event, quirks: Object.fromEntries(quirks) }
}

test('a complete event keeps what it says, and its sale state is no status', (t) => {
  const { event, quirks } = read(complete)
  t.deepEqual(quirks, {})
  t.deepEqual(catalogueEvent.parse(event), {
    source_id: 'vv1',
    name: 'Sparrow & Fox',
    type: 'Music',
    description: null,
    status: 'published',
    starts_on: '2025-01-08',
    starts_at_local: '19:30:00',
    tz: 'America/New_York',
    venue: {
      source_id: 'v1',
      name: 'Riverstage',
      city: 'Albany',
      country: 'US',
      tz: 'America/New_York',
      latitude: 42.65,
      longitude: -73.75,
    },
    performers: [{ source_id: 'a1', name: 'Sparrow' }],
    price_tiers: [{ name: 'standard', price_minor: 8_834, max_price_minor: 12_000, currency: 'USD' }],
    on_sale_at: '2024-06-01T14:00:00.000Z',
    off_sale_at: '2025-01-09T00:00:00.000Z',
    max_tickets_per_user: null,
  })
})

test('an on-sale in 1900 is no on-sale', (t) => {
  const sales = { public: { startDateTime: '1900-01-01T06:00:00Z', endDateTime: '2025-01-09T00:00:00Z' } }
  const { event, quirks } = read({ ...complete, sales })
  t.is(event.on_sale_at, null)
  t.deepEqual(quirks, { 'sentinel on-sale': 1 })
})

test('an event whose time is open has a date and no time', (t) => {
  for (const open of [{ timeTBA: true }, { noSpecificTime: true }]) {
    const start = { ...complete.dates.start, ...open }
    const { event, quirks } = read({ ...complete, dates: { ...complete.dates, start } })
    t.like(event, { starts_on: '2025-01-08', starts_at_local: null })
    t.deepEqual(quirks, { 'no time': 1 })
  }
})

test('the zone comes from the event, else its venue, else the offset', (t) => {
  const { timezone: _, ...dates } = complete.dates
  const [venue] = complete._embedded.venues
  const withoutZone = { ...complete, dates }
  t.is(read(withoutZone).event.tz, 'America/New_York')
  const nowhere = { ...withoutZone, _embedded: { venues: [{ ...venue, timezone: undefined }] } }
  t.is(read(nowhere).event.tz, 'Etc/GMT+5')
  const { event, quirks } = read({ ...nowhere, dates: { start: { localDate: '2025-01-08' } } })
  t.is(event.tz, null)
  t.is(quirks['tz unknown'], 1)
})

test('several price ranges become tiers, cheapest first, and equal ones become one', (t) => {
  const range = { type: 'standard', currency: 'AUD', min: 79.9, max: 79.9 }
  const fees = { type: 'standard including fees', currency: 'AUD', min: 81.29, max: 81.29 }
  const { event, quirks } = read({ ...complete, priceRanges: [fees, range, { ...range }] })
  const tiers = event.price_tiers.map(({ name, price_minor }) => `${name} ${price_minor}`)
  t.is(tiers.join(), 'standard 7990,standard including fees 8129')
  t.deepEqual(quirks, { 'several prices': 1 })
})

test('prices follow the digits of their currency, and unreadable ones are counted', (t) => {
  t.is(read({ ...complete, priceRanges: [{ currency: 'JPY', min: 8_800 }] }).event.price_tiers[0]?.price_minor, 8_800)
  const { event, quirks } = read({ ...complete, priceRanges: [{ currency: 'dollars', min: 5 }] })
  t.deepEqual(event.price_tiers, [])
  t.deepEqual(quirks, { 'price unreadable': 1 })
})

test('cancelled, postponed and rescheduled are statuses; anything else is published', (t) => {
  const statusOf = (code: string) => read({ ...complete, dates: { ...complete.dates, status: { code } } }).event.status
  const codes = ['cancelled', 'canceled', 'postponed', 'rescheduled', 'onsale', 'sold to the moon']
  t.deepEqual(codes.map(statusOf), ['cancelled', 'cancelled', 'postponed', 'rescheduled', 'published', 'published'])
})

test('a venue without an id is known by name and city, one without a name is none', (t) => {
  const venue = (change: object) => ({ ...complete, _embedded: { venues: [{ name: 'Hall', ...change }] } })
  const id = (change: object) => read(venue(change)).event.venue?.source_id
  t.is(id({ city: { name: 'Łódź' } }), id({ city: { name: 'ŁÓDŹ' } }))
  t.not(id({ city: { name: 'Łódź' } }), id({ city: { name: 'Wrocław' } }))
  t.is(read(venue({ name: ' ' })).event.venue, null)
})

test('three-letter country codes and placeholder coordinates are put right', (t) => {
  const [first] = complete._embedded.venues
  const venue = { ...first, country: { countryCode: 'CAN', name: 'Can' }, location: { latitude: '0', longitude: '0' } }
  const { event, quirks } = read({ ...complete, _embedded: { ...complete._embedded, venues: [venue] } })
  t.like(event, { venue: { country: 'CA', latitude: null } })
  t.deepEqual(quirks, { 'country normalised': 1 })
})

test('members of the wrong kind cost the event these members and nothing else', (t) => {
  const odd = { id: 'vv2', name: 'Odd', dates: { start: { localDate: '2025-01-08' } }, sales: 3, _embedded: [null] }
  const { event } = read({ ...odd, priceRanges: 'free', classifications: [null, 5] })
  t.true(catalogueEvent.safeParse(event).success)
  t.is(event.type, 'Other')
})

test('over-long texts are cut to what the contract takes', (t) => {
  const { event } = read({ ...complete, name: '🎻'.repeat(400), info: 'x'.repeat(30_000) })
  t.true(catalogueEvent.safeParse(event).success)
})

testWithRealData('nine real files give the counts that their description states', (t) => {
  const sources = realFiles('ticketmaster-discovery').map((file) => ({
    name: basename(file, '.json'),
    catalogue: readSource(readFileSync(file, 'utf8'), { fallbackName: '' }) as Catalogue,
  }))
  const records = sources.flatMap(({ catalogue }) => catalogue.records)
  const count = (quirk: Quirk) => sources.reduce((sum, { catalogue }) => sum + (catalogue.quirks.get(quirk) ?? 0), 0)
  t.is(sources.length, 9)
  t.is(records.length, 362)
  t.is(new Set(records.map(({ sourceId }) => sourceId)).size, 362)
  t.true(records.every((record) => 'event' in record && catalogueEvent.safeParse(record.event).success))
  const expected: Partial<Record<Quirk, number>> = {
    'no time': 12,
    'no venue': 5,
    'no price': 211,
    'several prices': 20,
    'no tz': 40,
    'tz unknown': 0,
    'no city': 23,
    'no country': 21,
    'country normalised': 66,
    'no performer': 134,
    'no type': 115,
    'no status': 1,
    'no on-sale': 118,
    'sentinel on-sale': 33,
    'price unreadable': 0,
  }
  for (const [quirk, number] of Object.entries(expected)) t.is(count(quirk as Quirk), number, quirk)
  const statuses = Map.groupBy(records, (record) => ('event' in record ? record.event.status : 'refused'))
  t.deepEqual([statuses.get('rescheduled')?.length, statuses.get('cancelled')?.length], [3, 2])
})

test('an event with a date of the first century does not make the others unreadable', (t) => {
  const early = {
    ...complete,
    id: 'early',
    dates: { ...complete.dates, start: { localDate: '0001-01-01', localTime: '19:30:00' } },
  }
  const { records } = readDiscovery([early, complete])
  t.deepEqual(
    records.map(({ sourceId }) => sourceId),
    ['early', 'vv1'],
  )
})

test('a price that is too high to be one leaves the event without it', (t) => {
  const priceRanges = [
    { type: 'vip', currency: 'USD', min: 2e10, max: 2e10 },
    { type: 'standard', currency: 'USD', min: 20, max: 2e10 },
  ]
  const [record] = readDiscovery([{ ...complete, priceRanges }]).records
  if (record === undefined || !('event' in record)) throw new Error('the event was not read')
  t.deepEqual(record.event.price_tiers, [
    { name: 'standard', price_minor: 2_000, max_price_minor: 2_000, currency: 'USD' },
  ])
  t.true(catalogueEvent.safeParse(record.event).success)
})
