import { readFileSync } from 'node:fs'
import test from 'ava'
import { catalogueEvent } from '#shared/contracts/event.ts'
import { readSource } from '../../infra/import/formats/recognise.ts'
import { realFile, testWithRealData } from '../support/real-data.ts'

const discoveryEvent = { id: 'vv1', name: 'Sparrow', dates: { start: { localDate: '2031-05-01' } } }
const flatEvent = {
  id: 'f1',
  eventName: 'Sparrow & Fox\t',
  artistName: 'Sparrow',
  date: '2026-03-17',
  dateTime: '2026-03-17T23:00:00Z',
  venueName: 'Drake Underground ',
  city: 'Toronto',
  country: 'Canada',
  priceMin: 62.16,
  priceMax: 62.16,
}

function read(text: string) {
  return readSource(text, { fallbackName: 'house' })
}

test('the format of a file is recognised from what it holds', (t) => {
  const formats = [
    discoveryEvent,
    [discoveryEvent],
    { _embedded: { events: [discoveryEvent] }, page: {} },
    flatEvent,
    { name: 'Plan', categories: [], zones: [] },
    { venue: 'Arena', totalPlaces: 0, pages: [] },
    { stands: [] },
  ].map((json) => {
    const source = read(JSON.stringify(json))
    return source.kind === 'plan' ? source.format : source.source
  })
  t.deepEqual(formats, [
    'ticketmaster',
    'ticketmaster',
    'ticketmaster',
    'flat-catalogue',
    'pretix seating plan',
    'place geometry',
    'stands and rows',
  ])
})

test('other JSON is in no known format, and text that is no JSON is said to be none', (t) => {
  for (const text of ['{}', '7', 'null', '"x"', '[{"date":"2026-01-01","venue":"Hall"}]', '{"zones":[]}']) {
    t.throws(() => read(text), { message: /none of the known formats/ }, text)
  }
  for (const text of ['', '{', '{"id":1}\n{"id":2}', 'BEGIN:VCALENDAR']) {
    t.throws(() => read(text), { message: /^is not JSON/ }, text)
  }
})

test('a flat event gets zone, local time and currency from city and country', (t) => {
  const source = read(JSON.stringify(flatEvent))
  if (source.kind !== 'catalogue') throw new Error('is no catalogue')
  const [record] = source.records
  if (record === undefined || 'refused' in record) throw new Error('was refused')
  const event = catalogueEvent.parse(record.event)
  t.is(event.name, 'Sparrow & Fox')
  t.is(event.tz, 'America/Toronto')
  t.is(event.starts_at_local, '19:00:00')
  t.is(event.venue?.name, 'Drake Underground')
  t.is(event.venue?.country, 'CA')
  t.deepEqual(event.price_tiers, [{ name: 'standard', price_minor: 6_216, max_price_minor: 6_216, currency: 'CAD' }])
})

test('a broken line among flat events is refused alone', (t) => {
  const source = read(`${JSON.stringify(flatEvent)}\n{"id":\n\n${JSON.stringify({ ...flatEvent, id: 'f2' })}\n`)
  if (source.kind !== 'catalogue') throw new Error('is no catalogue')
  t.deepEqual(
    source.records.map((record) => ('refused' in record ? [record.sourceId, record.refused] : record.sourceId)),
    ['f1', ['line 2', 'is not JSON'], 'f2'],
  )
})

testWithRealData('the real flat catalogue is read whole', (t) => {
  const source = read(readFileSync(realFile('event-catalogue-flat/events.ndjson'), 'utf8'))
  if (source.kind !== 'catalogue') throw new Error('is no catalogue')
  t.is(source.records.length, 4_092)
  t.true(source.records.every((record) => 'event' in record && catalogueEvent.safeParse(record.event).success))
  t.is(source.quirks.get('no price'), 3_608)
  t.is(source.quirks.get('no city'), 23)
  t.is(source.quirks.get('no country'), 22)
  // Every instant is kept, with the zone of its city or country; 22 name neither.
  t.is(source.quirks.get('no time'), 85)
  t.is(source.quirks.get('tz unknown'), 22)
})
