import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { catalogueEvent } from '#shared/contracts/organising.ts'
import { readImportConfig } from '../../infra/ops/import/config.ts'
import { currencyOf, zonesOfCity } from '../../infra/ops/import/formats/city-zones.ts'
import { countryCode } from '../../infra/ops/import/formats/country-code.ts'
import { readSource } from '../../infra/ops/import/formats/recognise.ts'
import { cleanParagraphs, cleanText } from '../../infra/ops/import/formats/text.ts'
import { fixedOffsetZone, ianaZone, localStart, zoneOfStart } from '../../infra/ops/import/formats/time-zone.ts'
import { rescheduleShift } from '../../workers/event/reschedule.ts'
import { always } from '../support/always.ts'
import { anyText } from '../support/any-text.ts'
import { realFile, testWithRealData } from '../support/real-data.ts'

test('without flags a file is imported as it is, and nothing is said about seats', (t) => {
  const environment = { INIT_CWD: '/here', NATS_URL: 'nats://x:1', DATA_DIR: '/none' }
  t.deepEqual(readImportConfig(['a.json', '/b.json'], environment), {
    files: ['/here/a.json', '/b.json'],
    reschedule: false,
    seating: { eventId: null, price: null, onSale: null, tz: 'UTC' },
    natsUrl: 'nats://x:1',
    natsCa: undefined,
    gatewayUrl: 'http://localhost:8080',
  })
})

test('wrong flags are named, with the usage', (t) => {
  const wrong = [
    [],
    ['--frob'],
    ['x', '--price', '50.00EUR'],
    ['x', '--event', '7'],
    ['x', 'y', '--event', '019a0000-0000-7000-8000-000000000001'],
    ['x', '--on-sale', 'tomorrow'],
    ['x', '--tz', 'Mars/Olympus'],
  ]
  for (const args of wrong)
    t.throws(() => readImportConfig(args, {}), { message: /Usage: npm run import/ }, args.join(' '))
})

test('help is no failure', (t) => {
  t.is(readImportConfig(['--help'], {}), null)
})

test('the running system is found by its file, unless its launcher is dead', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'import-flags-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const readWith = (pid: number) => {
    const running = { pid, nats_urls: { operator: 'nats://here:4222' }, gateways: ['http://here:8080'] }
    writeFileSync(join(directory, 'running.json'), JSON.stringify(running))
    return readImportConfig(['x'], { DATA_DIR: directory })
  }
  t.like(readWith(process.pid), { natsUrl: 'nats://here:4222', gatewayUrl: 'http://here:8080' })
  // Above the largest number that Linux gives a process.
  t.like(readWith(2 ** 22 + 1), { natsUrl: null, gatewayUrl: 'http://localhost:8080' })
})

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

const read = (text: string) => readSource(text, { fallbackName: 'house' })

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
  const plans = ['pretix seating plan', 'place geometry', 'stands and rows']
  t.deepEqual(formats, ['ticketmaster', 'ticketmaster', 'ticketmaster', 'flat-catalogue', ...plans])
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
  t.like(event, { name: 'Sparrow & Fox', tz: 'America/Toronto', starts_at_local: '19:00:00' })
  t.like(event, { venue: { name: 'Drake Underground', country: 'CA' } })
  t.deepEqual(event.price_tiers, [{ name: 'standard', price_minor: 6_216, max_price_minor: 6_216, currency: 'CAD' }])
})

test('a broken line among flat events is refused alone', (t) => {
  const source = read(`${JSON.stringify(flatEvent)}\n{"id":\n\n${JSON.stringify({ ...flatEvent, id: 'f2' })}\n`)
  if (source.kind !== 'catalogue') throw new Error('is no catalogue')
  const found = source.records.map((record) =>
    'refused' in record ? `${record.sourceId} ${record.refused}` : record.sourceId,
  )
  t.is(found.join('; '), 'f1; line 2 is not JSON; f2')
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

test('imported text is trimmed, well formed, of the allowed length and without control characters', (t) => {
  const broken = fc.string({
    unit: fc.constantFrom('a', ' ', '\0', '\n', '\ud83c', '\udf38', '🌸', 'Ł'),
    maxLength: 40,
  })
  const anyWritten = fc.oneof(anyText({ maxLength: 60 }), broken)
  always(t, { of: [anyWritten, fc.integer({ min: 1, max: 20 })] }, (written, maxLength) => {
    const clean = cleanText(written, maxLength)
    if (clean === null) return true
    const fits = clean.length > 0 && clean.length <= maxLength && clean === clean.trim()
    return fits && clean.isWellFormed() && !/\p{Cc}/u.test(clean)
  })
  t.is(cleanText('GOO GOO DOLLS - Canada Spring 2026\t\t\t', 300), 'GOO GOO DOLLS - Canada Spring 2026')
  t.is(cleanText('Chamber Music\r\nwith Members', 300), 'Chamber Music with Members')
  t.is(cleanText('🌸🌸', 3), '🌸')
  t.is(cleanText('  ', 10), null)
  t.is(cleanText(7, 10), null)
})

test('paragraphs of a description stay paragraphs', (t) => {
  t.is(cleanParagraphs(['One.\r\n\r\nTwo. ', null, 'Three.'], 100), 'One.\nTwo.\nThree.')
  t.is(cleanParagraphs([null, undefined, ' \n '], 100), null)
})

test('countries come out as two letters, from codes and from names', (t) => {
  const written =
    'US,ca,CAN,Can,GBR,UK,United States Of America,Great Britain,Czech Republic,Turkey,England,South Korea'
  t.is(written.split(',').map(countryCode).join(), 'US,CA,CA,CA,GB,GB,US,GB,CZ,TR,GB,KR')
  for (const unknown of ['XX', 'XYZ', '', 'Atlantis', null]) t.is(countryCode(unknown), null)
})

test('zones that databases may not know any more get their present names', (t) => {
  t.is(ianaZone('America/Indianapolis'), 'America/Indiana/Indianapolis')
  t.is(ianaZone('US/Eastern'), 'America/New_York')
  t.is(ianaZone('Asia/Kolkata'), 'Asia/Kolkata')
  t.is(ianaZone('Europe/Berlin'), 'Europe/Berlin')
  t.is(ianaZone('Mars/Olympus'), null)
  t.is(ianaZone(''), null)
})

test('city and country give the zone in which most people of that name live, else those of the country', (t) => {
  const firstOf = (country: string, city: string | null) => zonesOfCity({ country, city }).zones[0]
  t.is(firstOf('DE', null), 'Europe/Berlin')
  t.is(firstOf('US', ' los angeles '), 'America/Los_Angeles')
  t.is(firstOf('US', 'Portland'), 'America/Los_Angeles')
  t.is(firstOf('US', 'Saint Paul'), 'America/Chicago')
  t.is(firstOf('US', 'Washington'), 'America/New_York')
  t.is(firstOf('CA', 'MONTREAL'), firstOf('CA', 'Montréal'))
  t.like(zonesOfCity({ country: 'DE', city: 'Nirgendwo' }), { zones: ['Europe/Berlin'], ofCity: false })
  t.like(zonesOfCity({ country: 'US', city: 'Nowhere at all' }), { zones: { 0: 'America/New_York' }, ofCity: false })
  t.deepEqual(zonesOfCity({ country: 'ZZ', city: 'Portland' }).zones, [])
  t.is(currencyOf('JP'), 'JPY')
  t.is(currencyOf('ZZ'), null)
})

test('of several zones the first is taken in which the instant falls on the local date', (t) => {
  const zones = ['America/New_York', 'Pacific/Honolulu']
  const start = { localDate: '2026-03-17', instant: '2026-03-18T06:00:00Z' }
  t.is(zoneOfStart(zones, start), 'Pacific/Honolulu')
  t.is(zoneOfStart(zones, { ...start, localDate: '2026-03-20' }), 'America/New_York')
  t.is(zoneOfStart(zones, { ...start, instant: null }), 'America/New_York')
  t.is(zoneOfStart([], start), null)
})

test('the local date counts, also where the UTC day is another one', (t) => {
  const given = { localDate: '2025-01-08', localTime: '19:30:00', instant: '2025-01-09T00:30:00Z' }
  t.deepEqual(localStart({ ...given, zone: 'America/New_York' }), {
    date: '2025-01-08',
    time: '19:30:00',
    instant: null,
  })
})

test('a missing local time follows from the instant, which is kept where it gives none on the local date', (t) => {
  const given = { localDate: '2026-03-17', localTime: null, instant: '2026-03-18T03:00:00Z' }
  const date = '2026-03-17'
  const instant = '2026-03-18T03:00:00.000Z'
  t.deepEqual(localStart({ ...given, zone: 'America/Los_Angeles' }), { date, time: '20:00:00', instant: null })
  t.deepEqual(localStart({ ...given, zone: 'Europe/Berlin' }), { date, time: null, instant })
  t.deepEqual(localStart({ ...given, zone: null }), { date, time: null, instant })
})

test('an instant decides between two equal local times; an event at a skipped time has none', (t) => {
  const zone = 'Europe/Berlin'
  const twice = { localDate: '2026-10-25', localTime: '02:30:00', zone }
  const start = { date: '2026-10-25', time: '02:30:00' }
  for (const instant of ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']) {
    t.deepEqual(localStart({ ...twice, instant }), { ...start, instant })
  }
  t.deepEqual(localStart({ ...twice, instant: null }), { ...start, time: null, instant: null })
  const skipped = { localDate: '2027-03-28', localTime: '02:30:00', zone, instant: null }
  t.deepEqual(localStart(skipped), { date: '2027-03-28', time: null, instant: null })
})

test('without any zone, a whole-hour offset stands in for it', (t) => {
  const given = { localDate: '2025-01-08', localTime: '19:30:00', instant: '2025-01-09T00:30:00Z' }
  t.is(fixedOffsetZone(given), 'Etc/GMT+5')
  t.is(fixedOffsetZone({ ...given, localTime: '09:30:00', localDate: '2025-01-09' }), 'Etc/GMT-9')
  t.is(fixedOffsetZone({ ...given, localTime: '00:30:00', localDate: '2025-01-09' }), 'Etc/UTC')
  t.is(fixedOffsetZone({ ...given, localTime: '06:00:00', localDate: '2025-01-09' }), null)
  t.is(fixedOffsetZone({ ...given, instant: null }), null)
})

const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }).map(dateOf)

test('a past event moves by whole weeks to 8 to 175 days from today', (t) => {
  always(t, { of: [day, day] }, (startsOn, today) => {
    fc.pre(startsOn < today)
    const shift = rescheduleShift({ startsOn, today })
    if (shift === null) return false
    const daysAhead = daysBetween(today, moved(startsOn, shift))
    return shift % 7 === 0 && daysAhead >= 8 && daysAhead <= 175
  })
})

test('an event of today or later is not moved', (t) => {
  always(t, { of: [day, day] }, (startsOn, today) => startsOn < today || rescheduleShift({ startsOn, today }) === null)
})

test('a past weekend stays a weekend: consecutive days move together, but for one day in half a year', (t) => {
  const shifts = Array.from({ length: 168 }, (_, index) =>
    rescheduleShift({ startsOn: moved('2023-05-01', index), today: '2026-11-23' }),
  )
  const changes = shifts.filter((shift, index) => index > 0 && shift !== shifts[index - 1])
  t.true(changes.length <= 1)
})

function dateOf(time: Date): string {
  return time.toISOString().slice(0, 10)
}

const moved = (date: string, days: number): string => dateOf(new Date(Date.parse(date) + days * 86_400_000))
const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 86_400_000
