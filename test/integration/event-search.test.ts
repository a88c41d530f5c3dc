import test from 'ava'
import { listEvents } from '#shared/contracts/event.ts'
import { daysFromToday, importedEvent, tier, venueNamed } from '../support/catalogue.ts'
import { searchesIn } from '../support/searches.ts'

/** Once for all: a test may run on the next day. */
const inTenDays = daysFromToday(10)
const lodz = venueNamed('Atlas Arena', { city: 'Łódź', country: 'PL' })
const reykjavik = venueNamed('Harpa', { city: 'Reykjavik', country: 'IS' })

const catalogue = [
  importedEvent('bjork', {
    name: 'Cornucopia',
    venue: reykjavik,
    performers: [{ source_id: 'b', name: 'Björk' }],
    price_tiers: [tier(9_000), tier(4_000)],
  }),
  importedEvent('tribute', {
    name: 'Bjork Tribute Night',
    performers: [{ source_id: 't', name: 'Army of Us' }],
    price_tiers: [tier(1_500)],
  }),
  importedEvent('lodz', { name: 'Rock nad Łódką', venue: lodz, starts_on: inTenDays }),
  importedEvent('jazz', { name: 'Evening', type: 'Jazz & Blues', starts_on: daysFromToday(11) }),
  importedEvent('described', { name: 'Matinee', description: 'With music once played by Björk in 4e3d.' }),
  importedEvent('past', { name: 'Ancient Łódź', starts_on: '2020-05-01' }),
  importedEvent('cancelled', { name: 'Called off in Łódź', status: 'cancelled' }),
]

const { worker, found, foundByPage } = searchesIn(catalogue)

test('a city is found with and without its accents', async (t) => {
  for (const keyword of ['Łódź', 'lodz', 'LODZ', 'łodz']) t.deepEqual(await found({ keyword }), ['Rock nad Łódką'])
  for (const city of ['Łódź', 'lodz']) t.deepEqual(await found({ city }), ['Rock nad Łódką'])
})

test('names come before descriptions, and words are found from their beginning', async (t) => {
  for (const keyword of ['bjork', 'Björk', 'bjö']) {
    const names = await found({ keyword })
    t.deepEqual(names.toSorted(), ['Bjork Tribute Night', 'Cornucopia', 'Matinee'])
    t.is(names.at(-1), 'Matinee')
  }
})

test('all words must occur, in any field, also those that look like numbers', async (t) => {
  t.deepEqual(await found({ keyword: 'cornu reykja bjork' }), ['Cornucopia'])
  t.deepEqual(await found({ keyword: 'cornucopia lodz' }), [])
  t.deepEqual(await found({ keyword: '4e3d' }), ['Matinee'])
})

test('operators, quotes and punctuation of users are harmless', async (t) => {
  for (const keyword of ['!!!', '&', "'", ':*', '🎸', '㍿'.repeat(200)]) t.deepEqual(await found({ keyword }), [])
  for (const keyword of ['lodz & !', '"lodz"', 'lodz:*', "lodz'", '(lodz', 'lodz |', '\\lodz']) {
    t.deepEqual(await found({ keyword }), ['Rock nad Łódką'], keyword)
  }
  for (const filter of ['performer', 'city', 'type']) t.deepEqual(await found({ [filter]: '!!!' }), [], filter)
})

test('a performer is not found by the name of an event, nor a venue by its city', async (t) => {
  t.deepEqual(await found({ performer: 'bjork' }), ['Cornucopia'])
  const atVenue = await worker.ask(listEvents, { venue: 'atlas ar' })
  t.is(atVenue.items[0]?.name, 'Rock nad Łódką')
  for (const venue of ['lodz', '!!!']) t.is((await worker.ask(listEvents, { venue })).items.length, 0)
})

test('type, country, price and dates filter', async (t) => {
  t.deepEqual(await found({ type: 'jazz & blues' }), ['Evening'])
  t.deepEqual(await found({ country: 'pl' }), ['Rock nad Łódką'])
  t.deepEqual(await found({ min_price_minor: 2_000, currency: 'EUR' }), ['Cornucopia'])
  t.deepEqual(await found({ max_price_minor: 3_999, currency: 'eur' }), ['Bjork Tribute Night'])
  t.deepEqual(await found({ end: inTenDays }), ['Rock nad Łódką'])
})

test('only upcoming events are found unless a first date is named', async (t) => {
  t.deepEqual(await found({ keyword: 'ancient' }), [])
  t.deepEqual(await found({ keyword: 'ancient', start: '2020-05-01' }), ['Ancient Łódź'])
  t.deepEqual(await found({ keyword: 'ancient', start: '2020-05-02' }), [])
})

test('pages of ranked results follow each other without gaps or repetitions', async (t) => {
  const pages = await foundByPage({ keyword: 'bjork', limit: 1 })
  t.deepEqual(pages.flat(), await found({ keyword: 'bjork' }))
  t.is(pages.length, 3)
})
