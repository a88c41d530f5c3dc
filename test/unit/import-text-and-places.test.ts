import test from 'ava'
import fc from 'fast-check'
import { currencyOf, zoneOfCity } from '../../infra/import/formats/city-zones.ts'
import { countryCode } from '../../infra/import/formats/country-code.ts'
import { cleanParagraphs, cleanText } from '../../infra/import/formats/text.ts'
import { fixedOffsetZone, ianaZone, localStart } from '../../infra/import/formats/time-zone.ts'
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

test('city and country give zone and currency where there is no doubt', (t) => {
  t.is(zoneOfCity({ country: 'DE', city: null }), 'Europe/Berlin')
  t.is(zoneOfCity({ country: 'US', city: ' los angeles ' }), 'America/Los_Angeles')
  t.is(zoneOfCity({ country: 'US', city: 'Portland' }), null)
  t.is(zoneOfCity({ country: 'XK', city: 'Pristina' }), null)
  t.is(currencyOf('JP'), 'JPY')
  t.is(currencyOf('XK'), null)
})

test('the local date counts, also where the UTC day is another one', (t) => {
  const given = { localDate: '2025-01-08', localTime: '19:30:00', instant: '2025-01-09T00:30:00Z' }
  t.deepEqual(localStart({ ...given, zone: 'America/New_York' }), { date: '2025-01-08', time: '19:30:00' })
})

test('a missing local time follows from the instant, if that falls on the local date in the zone', (t) => {
  const given = { localDate: '2026-03-17', localTime: null, instant: '2026-03-18T03:00:00Z' }
  t.deepEqual(localStart({ ...given, zone: 'America/Los_Angeles' }), { date: '2026-03-17', time: '20:00:00' })
  t.deepEqual(localStart({ ...given, zone: 'Europe/Berlin' }), { date: '2026-03-17', time: null })
  t.deepEqual(localStart({ ...given, zone: null }), { date: '2026-03-17', time: null })
})

test('without any zone, a whole-hour offset stands in for it', (t) => {
  const given = { localDate: '2025-01-08', localTime: '19:30:00', instant: '2025-01-09T00:30:00Z' }
  t.is(fixedOffsetZone(given), 'Etc/GMT+5')
  t.is(fixedOffsetZone({ ...given, localTime: '09:30:00', localDate: '2025-01-09' }), 'Etc/GMT-9')
  t.is(fixedOffsetZone({ ...given, localTime: '00:30:00', localDate: '2025-01-09' }), 'Etc/UTC')
  t.is(fixedOffsetZone({ ...given, localTime: '06:00:00', localDate: '2025-01-09' }), null)
  t.is(fixedOffsetZone({ ...given, instant: null }), null)
})
