import test from 'ava'
import fc from 'fast-check'
import { currencyOf, zonesOfCity } from '../../infra/import/formats/city-zones.ts'
import { countryCode } from '../../infra/import/formats/country-code.ts'
import { cleanParagraphs, cleanText } from '../../infra/import/formats/text.ts'
import { fixedOffsetZone, ianaZone, localStart, zoneOfStart } from '../../infra/import/formats/time-zone.ts'
import { anyText } from '../support/any-text.ts'

test('imported text is trimmed, well formed, of the allowed length and without control characters', (t) => {
  const broken = fc.string({
    unit: fc.constantFrom('a', ' ', '\0', '\n', '\ud83c', '\udf38', '🌸', 'Ł'),
    maxLength: 40,
  })
  fc.assert(
    fc.property(fc.oneof(anyText({ maxLength: 60 }), broken), fc.integer({ min: 1, max: 20 }), (written, maxLength) => {
      const clean = cleanText(written, maxLength)
      if (clean === null) return true
      const fits = clean.length > 0 && clean.length <= maxLength && clean === clean.trim()
      return fits && clean.isWellFormed() && !/\p{Cc}/u.test(clean)
    }),
  )
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
  const written = [
    'US',
    'ca',
    'CAN',
    'GBR',
    'UK',
    'United States Of America',
    'Great Britain',
    'Czech Republic',
    'Turkey',
  ]
  t.deepEqual(written.map(countryCode), ['US', 'CA', 'CA', 'GB', 'GB', 'US', 'GB', 'CZ', 'TR'])
  for (const unknown of ['Can', 'XX', 'XYZ', '', 'Atlantis', null])
    t.is(countryCode(unknown), unknown === 'Can' ? 'CA' : null)
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
