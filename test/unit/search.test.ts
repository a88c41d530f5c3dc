import { readFileSync } from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import { searchEvents } from '#shared/contracts/search.ts'
import { accessFor } from '../../workers/event/search/access.ts'
import { addDays, earliestToday, weeksBetween } from '../../workers/event/search/dates.ts'
import { fold } from '../../workers/event/search/fold.ts'
import { boxesAround, earthRadiusKm } from '../../workers/event/search/geography.ts'
import { deletionsOf, editDistance, nearestFirst } from '../../workers/event/search/near-words.ts'
import {
  allTerms,
  askedWords,
  everywhere,
  type QueryWord,
  type QueryWords,
  type Term,
  termQuery,
  type WordField,
} from '../../workers/event/search/terms.ts'
import { anywhere, tiersOf } from '../../workers/event/search/tiers.ts'
import type { Reach } from '../../workers/event/store/count-reach.ts'
import { collectEvents, type EventList, scanEvents, scanVenues } from '../../workers/event/store/find-events.ts'
import { always } from '../support/always.ts'
import { anyText } from '../support/any-text.ts'

const total = 1_000_000

const term = (events: number): Term => ({ query: `'n'`, events, gathered: 0 })

function access(terms: readonly Term[], { reach = {}, ...more }: { reach?: Reach } & Partial<EventList> = {}) {
  const list: EventList = {
    upcoming: true,
    takingPlace: true,
    terms,
    order: 'date',
    after: undefined,
    limit: 21,
    ...more,
  }
  const { method, indexes } = accessFor(list, reach, total)
  return [method, ...indexes]
}

test('rare terms are collected, frequent ones are found by a scan', (t) => {
  t.deepEqual(access([term(50)]), ['collect', 'terms'])
  t.deepEqual(access([term(4_000)]), ['collect', 'terms'])
  t.deepEqual(access([term(50_000)]), ['scan', 'terms'])
  t.deepEqual(access([term(300_000), term(200)]), ['collect', 'terms'])
})

test('a list that nothing narrows down is scanned', (t) => {
  t.deepEqual(access([]), ['scan', 'dates'])
})

test('a frequent word within a few days is collected week by week', (t) => {
  const start = earliestToday()
  t.deepEqual(access([term(20_000)], { start, end: addDays(start, 6) }), ['collect', 'terms'])
})

test('few venues find their events, many together with the terms', (t) => {
  t.deepEqual(access([], { reach: { venueShare: 0.0002 } }), ['collect', 'venue'])
  t.deepEqual(access([term(100_000)], { reach: { venueShare: 0.0002 } }), ['collect', 'venue'])
  t.deepEqual(access([term(30_000)], { reach: { venueShare: 0.02 } }), ['collect', 'venue', 'terms'])
})

test('a performer and rare prices find their events, prices of half the catalogue do not', (t) => {
  t.deepEqual(access([], { reach: { performed: 6_000 } }), ['collect', 'performer'])
  t.deepEqual(access([term(300_000)], { reach: { priced: 30 } }), ['collect', 'price'])
  t.deepEqual(access([term(300_000)], { reach: { priced: null } })[0], 'scan')
})

const date = fc
  .date({ min: new Date('1950-01-01'), max: new Date('2090-12-31'), noInvalidDate: true })
  .map((instant) => instant.toISOString().slice(0, 10))

/** The week of a date as the index has it: see `event.days_of`, which an integration test compares with `weeksBetween`. */
const weekOf = (day: string): number => Math.floor(Date.parse(day) / 86_400_000 / 7) * 3 + 1

test('the weeks of a span hold each of its days, and none that is more than a week before or behind it', (t) => {
  always(t, { of: [date, fc.integer({ min: 0, max: 360 })] }, (from, days) => {
    const weeks = weeksBetween(from, addDays(from, days)) ?? []
    const isHeld = (day: number): boolean => weeks.includes(weekOf(addDays(from, day)))
    return Array.from({ length: days + 1 }, (_, day) => day).every(isHeld) && !isHeld(-7) && !isHeld(days + 7)
  })
})

test('a span of more than a year has no weeks, an empty one holds nothing', (t) => {
  t.is(weeksBetween('2020-01-01', addDays('2020-01-01', 380)), null)
  t.deepEqual(weeksBetween('2026-05-20', '2026-05-01'), [])
})

test('no date goes beyond the last one that has four digits for its year', (t) => {
  t.is(addDays('9998-06-01', 2_400), '9999-12-31')
  t.is(addDays('2026-12-31', 1), '2027-01-01')
})

for (const [written, typed] of [
  ['Łódź', 'lodz'],
  ['Björk', 'bjork'],
  ['Sigur Rós & Ólafur Arnalds', 'sigur ros olafur arnalds'],
  ['Mø', 'mo'],
  ['Straße', 'strasse'],
  ['Þorlákshöfn', 'thorlakshofn'],
  ['Œuvre Æther', 'oeuvre aether'],
  ['İstanbul ILIK ılık', 'istanbul ilik ilik'],
  ['Kraków – Đakovo', 'krakow dakovo'],
  ['ﬁre ＡＢＣ ½', 'fire abc 1 2'],
  ['O’Brien Don´t Hawaiʻi', 'obrien dont hawaii'],
  ['ΟΔΥΣΣΕΥΣ Οδυσσεύς', 'οδυσσευσ οδυσσευσ'],
  ['Москва', 'москва'],
  ['AC/DC: "Live" (2026)', 'ac dc live 2026'],
] as const) {
  test(`"${written}" is found by "${typed}"`, (t) => {
    t.is(fold(written), typed)
  })
}

test('folding what is folded changes nothing', (t) => {
  always(t, { of: [anyText({ maxLength: 20 })] }, (text) => fold(fold(text)) === fold(text))
})

test('folded text is made of letters and digits, with single blanks between words', (t) => {
  always(t, { of: [anyText({ maxLength: 20 })] }, (text) => /^([\p{L}\p{N}]+( [\p{L}\p{N}]+)*)?$/u.test(fold(text)))
})

const known = (
  text: string,
  field: WordField,
  exact: number,
  prefixed: number,
  words: string[] | null = null,
): QueryWord => ({ text, fields: new Map([[field, { exact, prefixed, words }]]) })

/** The query of words of which neighbours make nothing together. */
function query(words: QueryWord[], { longer = false, fields = everywhere } = {}): string | null {
  const terms = allTerms({ words, joined: [] }, { fields, longer })
  return terms === null ? null : termQuery(terms)
}

const any = { text: 'x', fields: new Map([['t', { exact: 1, prefixed: 1, words: null }]]) } as QueryWord

test('a known word stands for itself, another one for what begins with it, and a single letter for itself', (t) => {
  t.is(query([known('drake', 't', 1, 2), any]), `('p+drake' | 'n+drake' | 'v+drake' | 'c+drake' | 'tdrake') & ('tx')`)
  t.is(query([known('dr', 't', 0, 2), any]), `('tdr':*) & ('tx')`)
  t.is(query([known('d', 't', 0, 2), any]), null)
})

test('few words that begin alike are named one by one, and fields where there is none are left out', (t) => {
  t.is(query([known('dr', 'n', 0, 2, ['drake', 'drakes']), any]), `('ndrake' | 'ndrakes') & ('tx')`)
  t.is(query([known('dr', 'n', 0, 2_000), any]), `('ndr':*) & ('tx')`)
  t.is(query([known('dr', 'n', 5, 9), any]), `('ndr') & ('tx')`)
  t.is(query([known('dr', 'n', 5, 9)], { fields: ['t', 'd'] }), null)
})

test('a word given twice counts once, where it comes last', (t) => {
  t.deepEqual(askedWords('keyword', 'Duran DURAN'), ['duran'])
  t.deepEqual(askedWords('keyword', 'New York new'), ['york', 'new'])
})

test('longer words are meant by the last word only, and by one that is no word yet', (t) => {
  const words = [known('dr', 'p', 5, 9), known('li', 'n', 0, 9), known('be', 'p', 3, 7, ['be', 'bell'])]
  t.is(query(words, { longer: true }), `('pdr') & ('nli':*) & ('pbe' | 'pbell')`)
})

test('operators and quotes of users are not words', (t) => {
  t.deepEqual(askedWords('keyword', `rock & (roll | !jazz):* "live'`), ['rock', 'roll', 'jazz', 'live'])
  for (const text of ['!!!', '&', '', '  ', `'":*`, '🎸']) t.deepEqual(askedWords('keyword', text), [])
})

test('whatever users type becomes a query of letters, digits and our own operators', (t) => {
  always(t, { of: [anyText({ maxLength: 20 })] }, (text) =>
    askedWords('keyword', text).every((word) =>
      /^\('[+\p{L}\p{N}]+'(:\*)?( \| '[+\p{L}\p{N}]+'(:\*)?)*\)$/u.test(query([known(word, 'n', 0, 1)]) ?? `('n')`),
    ),
  )
})

/** Not quite at the poles, where `placeFrom` loses its last digits. */
const anyCircle = fc.record({
  latitude: fc.double({ min: -89.99, max: 89.99, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  radiusKm: fc.double({ min: 0.001, max: 20_000, noNaN: true }),
})

test('every place of a circle lies in one of its boxes, wherever on Earth it is', (t) => {
  const anyBearing = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true })
  always(t, { of: [anyCircle, anyBearing, fc.double({ min: 0, max: 1, noNaN: true })] }, (circle, bearing, part) => {
    const { latitude, longitude } = placeFrom(circle, bearing, part * circle.radiusKm)
    return boxesAround(circle).some(
      ({ south, north, west, east }) =>
        south <= latitude && latitude <= north && west <= longitude && longitude <= east,
    )
  })
})

test('a small circle has a small box', (t) => {
  const [box, ...others] = boxesAround({ latitude: 52.5, longitude: 13.4, radiusKm: 50 })
  t.deepEqual(others, [])
  t.true(box !== undefined && box.north - box.south < 1 && box.east - box.west < 1.6)
})

test('a circle across the antimeridian has a box on either side, one around a pole the whole width', (t) => {
  const fiji = boxesAround({ latitude: -17, longitude: 179.9, radiusKm: 100 })
  t.is(fiji.map(({ west, east }) => `${Math.sign(west)} ${Math.sign(east)}`).join(), '1 1,-1 -1')
  t.like(boxesAround({ latitude: 89.9, longitude: 0, radiusKm: 50 }), [{ west: -180, east: 180 }])
})

/** The place in that direction and distance, along a great circle. */
function placeFrom({ latitude, longitude }: { latitude: number; longitude: number }, bearing: number, km: number) {
  const from = (latitude * Math.PI) / 180
  const angle = km / earthRadiusKm
  const to = Math.asin(
    Math.max(-1, Math.min(1, Math.sin(from) * Math.cos(angle) + Math.cos(from) * Math.sin(angle) * Math.cos(bearing))),
  )
  const east = Math.atan2(
    Math.sin(bearing) * Math.sin(angle) * Math.cos(from),
    Math.cos(angle) - Math.sin(from) * Math.sin(to),
  )
  const turned = longitude + (east * 180) / Math.PI
  return { latitude: (to * 180) / Math.PI, longitude: turned - 360 * Math.round(turned / 360) }
}

for (const [one, other, expected] of [
  ['taylor', 'taylor', 0],
  ['tayler', 'taylor', 1],
  ['taylr', 'taylor', 1],
  ['swiift', 'swift', 1],
  ['drkae', 'drake', 1],
  ['ca', 'abc', 3],
  ['', 'abba', 4],
  ['kitten', 'sitting', 3],
] as const) {
  test(`"${one}" is ${expected} away from "${other}", there and back`, (t) => {
    t.is(editDistance(one, other), expected)
    t.is(editDistance(other, one), expected)
  })
}

test('the nearest word comes first, of equally near ones those that begin alike, then the most frequent', (t) => {
  const known = [
    { word: 'brake', events: 900 },
    { word: 'drape', events: 5 },
    { word: 'drakes', events: 7 },
    { word: 'dracula', events: 1_000 },
    { word: 'drake', events: 1 },
  ]
  const nearest = nearestFirst('drake', known).map(({ word }) => word)
  t.is(nearest.join(' '), 'drakes drape brake')
})

test('two letters may be wrong in a word of seven, one in a shorter one', (t) => {
  const near = (typed: string, word: string): boolean => nearestFirst(typed, [{ word, events: 1 }]).length > 0
  t.true(near('metalicca', 'metallica'))
  t.true(near('abcdefg', 'abcdexy'))
  t.false(near('abcdef', 'abcdxy'))
})

test('words of one letter more, less, other or out of place share a deletion', (t) => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), minLength: 3, maxLength: 9 })
  always(t, { of: [word, word] }, (typed, known) => {
    if (editDistance(typed, known) > 1) return true
    // The index has each known word, and it without any one letter.
    const indexed = new Set([known, ...[...known].map((_, index) => known.slice(0, index) + known.slice(index + 1))])
    return deletionsOf(typed).some((left) => indexed.has(left))
  })
  t.deepEqual(deletionsOf('ab'), [])
  t.deepEqual(deletionsOf('a'.repeat(31)), [])
})

const source = readFileSync(new URL('../../workers/event/store/find-events.ts', import.meta.url), 'utf8')

const flat = (sql: string): string => sql.replaceAll(/\s+/g, ' ').replaceAll('( ', '(').replaceAll(' )', ')').trim()

/** The statements that stand in comments, each above the function that makes it. */
const shown = [...source.matchAll(/ \* {3}(?:WITH|SELECT)[^;]*;/g)].map(([block]) =>
  flat(block.replaceAll(/^ \*/gm, '').replace(/;.*$/s, '')),
)

const drake: Term = { query: `'pdrake'`, events: 100, gathered: 0 }

const list: EventList = {
  upcoming: true,
  takingPlace: true,
  venue: { country: 'DE' },
  terms: [drake],
  order: 'date',
  after: undefined,
  limit: 21,
}

const after = { tier: 2, key: 0, startsOn: '2027-01-01', startsAt: null, id: '019a0000-0000-7000-8000-000000000001' }

test('the statements of the two ways are those that stand above them', (t) => {
  const circle = { latitude: 52.5, longitude: 13.4, radiusKm: 30 }
  const made = [
    collectEvents({ ...list, after }, { by: ['terms'], tiers: [`'Pdrake'`, null, `'pdrake'`], tier: 2 }),
    scanEvents(list, { tier: 0, events: 2_000 }),
    scanVenues({ ...list, venue: { circle }, order: 'distance', terms: [] }, 0),
  ]
  t.is(shown.join('\n'), made.map(({ text }) => flat(text)).join('\n'))
})

function word(text: string, fields: Partial<Record<WordField, readonly [exact: number, prefixed: number]>>): QueryWord {
  const known = Object.entries(fields) as [WordField, readonly [number, number]][]
  return {
    text,
    fields: new Map(known.map(([field, [exact, prefixed]]) => [field, { exact, prefixed, words: null }])),
  }
}

const apart = (...words: QueryWord[]): QueryWords => ({ words, joined: words.slice(1).map(() => word('none', {})) })

const typed = (words: QueryWords, performersOfThatName = 0) => ({
  words,
  keyword: words.words.map(({ text }) => text).join(' '),
  performersOfThatName,
  events: 1_000,
})

const queries = (words: QueryWords, performersOfThatName = 0): (string | null)[] =>
  tiersOf(typed(words, performersOfThatName)).map((terms) => (terms === null ? null : termQuery(terms)))

test('the artist outranks the name, the name a mention, the mention a place, and words stand before longer ones', (t) => {
  t.deepEqual(queries(apart(word('ac', { p: [3, 3], n: [2, 4], v: [1, 1], d: [5, 5] })), 1), [
    `'Pac'`,
    `('Pac' | 'Nac')`,
    `(('Pac' | 'Nac') | ('pac'))`,
    `('Pac' | ('pac' | 'nac'))`,
    `('Pac' | ('pac' | 'nac' | 'vac'))`,
    `('Pac' | ('pac' | 'nac' | 'vac' | 'dac'))`,
    `('Pac' | ('pac' | 'nac':* | 'vac' | 'dac'))`,
  ])
})

test('a word is also found where it is written as two, and two where they are written as one', (t) => {
  t.is(queries(apart(word('acdc', {})))[2], `('p+acdc')`)
  const joined = [word('scotiabank', { v: [3, 3] })]
  const both = { words: [word('in', { n: [9, 9], v: [1, 1] }), word('it', { v: [2, 2] })], joined }
  t.is(
    queries(both)[4],
    `((('nin' | 'vin') & ('vit')) | ('p+scotiabank' | 'n+scotiabank' | 'vscotiabank' | 'v+scotiabank' | 'c+scotiabank'))`,
  )
})

test('each tier has what the one before has, also an artist whose name was typed as other words', (t) => {
  const [artist, ...others] = queries(apart(word('redhotchili', {}), word('peppers', { p: [9, 9] })), 1)
  t.is(artist, `'Predhotchilipeppers'`)
  t.is(others.filter((query) => query !== null).length, 4)
  for (const query of others) t.true(query === null || query.startsWith(`('Predhotchilipeppers' | `), query ?? '')
})

test('an artist whose name is typed as a word that others have, too, is in every tier', (t) => {
  const mia = apart(word('mia', { p: [4, 4], n: [9, 9] }))
  for (const query of queries(mia, 1)) t.true(query === null || query.includes(`'Pmia'`), query ?? '')
  t.true(termQuery(anywhere(typed(mia, 1)) ?? [])?.includes(`'Pmia'`))
})

test('a tier that no event can be in is left out: an unknown artist, an unknown name, longer words where there are none', (t) => {
  const tiers = queries(apart(word('u2', { p: [3, 3] }), word('xy', {})))
  t.deepEqual(tiers, [null, null, null, null, null, null, null])
})

test('a word that stands nowhere leaves nothing', (t) => {
  t.is(anywhere(typed(apart(word('drake', { p: [3, 3] }), word('xy', {})))), null)
})

test('numbered pages end after a thousand search hits, whichever parameter sets their size', (t) => {
  const isTaken = (request: object): boolean => searchEvents.request.safeParse(request).success
  t.true(isTaken({ page: 10, limit: 100 }))
  t.true(isTaken({ page: 50 }))
  t.true(isTaken({ page: 100, pageSize: 10, limit: 100 }))
  for (const size of [{ limit: 100 }, { pageSize: 100 }]) t.false(isTaken({ page: 11, ...size }))
  t.false(isTaken({ page: 51 }))
})
