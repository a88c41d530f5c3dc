import test from 'ava'
import { listEvents } from '#shared/contracts/event.ts'
import { searchEvents } from '#shared/contracts/search.ts'
import { daysFromToday, importedEvent, tier, venueNamed } from '../support/catalogue.ts'
import { assertRefused } from '../support/refusals.ts'
import { searchesIn } from '../support/searches.ts'

function at(name: string, latitude: number, longitude: number, more: object = {}) {
  const venue = { source_id: name, name: `Hall ${name}`, city: name, country: 'NZ', tz: null, latitude, longitude }
  return importedEvent(name, { name, venue, ...more })
}

const elsewhere = venueNamed('Kammgarn', { city: 'Hard', country: 'AT' })

const catalogue = [
  at('Berlin', 52.52, 13.405, { price_tiers: [tier(3_000)], starts_on: daysFromToday(12) }),
  at('Potsdam', 52.4, 13.06, { price_tiers: [tier(1_000)], starts_on: daysFromToday(11) }),
  at('Hamburg', 53.55, 9.99, { type: 'Sports', starts_on: daysFromToday(10) }),
  at('Suva', -18.14, 178.44, { starts_on: daysFromToday(10) }),
  at('Apia', -13.83, -171.76, { starts_on: daysFromToday(10) }),
  at('Pole', 89.9, 100, { starts_on: daysFromToday(10) }),
  // 23:30 local is the next day in Greenwich.
  at('Late', 34.05, -118.24, { tz: 'America/Los_Angeles', starts_on: '2099-03-01', starts_at_local: '23:30:00' }),
  importedEvent('Dollars', { name: 'Dollars', venue: elsewhere, price_tiers: [{ ...tier(500), currency: 'USD' }] }),
  importedEvent('Unpriced', { name: 'Unpriced', venue: elsewhere }),
]

const { worker, search, found, foundByPage } = searchesIn(catalogue)

test.before(async () => {
  // As an organiser's event has it before it has seats.
  await worker.postgres.query(`UPDATE event.events SET currency = 'EUR' WHERE source_id = 'Unpriced'`)
})

/** The fields for which a search is refused. */
function wrongIn(request: object): string {
  const parsed = searchEvents.request.safeParse(request)
  return parsed.success ? '' : parsed.error.issues.map(({ path }) => path.join('/')).join()
}

test('a radius finds venues within it and no others', async (t) => {
  const berlin = { lat: 52.52, lng: 13.405 }
  t.deepEqual(await found({ ...berlin, radius_km: 5 }), ['Berlin'])
  t.deepEqual(await found({ ...berlin }), ['Potsdam', 'Berlin'])
  // 255 km as the crow flies.
  t.deepEqual(await found({ ...berlin, radius_km: 250 }), ['Potsdam', 'Berlin'])
  t.deepEqual(await found({ ...berlin, radius_km: 260 }), ['Hamburg', 'Potsdam', 'Berlin'])
  t.is((await found({ ...berlin, radius_km: 20_000 })).length, 7)
})

test('a radius reaches across the antimeridian, and around the pole', async (t) => {
  t.deepEqual((await found({ lat: -16, lng: 179.9, radius_km: 1_100 })).toSorted(), ['Apia', 'Suva'])
  t.deepEqual((await found({ lat: -16, lng: -179.9, radius_km: 1_100 })).toSorted(), ['Apia', 'Suva'])
  t.deepEqual(await found({ lat: 89.5, lng: -80, radius_km: 100 }), ['Pole'])
})

test('the nearest comes first where distance orders, page by page', async (t) => {
  const pages = await foundByPage({ lat: 52.52, lng: 13.405, radius_km: 20_000, sort: 'distance', limit: 2 })
  t.deepEqual(pages, [['Berlin', 'Potsdam'], ['Hamburg', 'Pole'], ['Late', 'Apia'], ['Suva']])
})

test('the cheapest comes first where price orders, within one currency, what has no price last', async (t) => {
  t.deepEqual(await found({ sort: 'price', currency: 'eur' }), ['Potsdam', 'Berlin', 'Unpriced'])
  t.deepEqual(await found({ sort: 'price', currency: 'EUR', limit: 1, page: 2, pageSize: 1 }), ['Berlin'])
  t.deepEqual(await found({ sort: 'price', currency: 'EUR', max_price_minor: 2_999 }), ['Potsdam'])
  t.deepEqual(await found({ min_price_minor: 1_001, currency: 'EUR' }), ['Berlin'])
})

test('dates are those of the venue', async (t) => {
  t.deepEqual(await found({ start: '2099-03-01', end: '2099-03-01' }), ['Late'])
  t.deepEqual(await found({ start: '2099-03-02', end: '2099-03-02' }), [])
})

test('facets count what was found, as it is written, and are left out unless asked for', async (t) => {
  const around = { lat: 52.52, lng: 13.405, radius_km: 260 }
  const { facets } = await search({ ...around, facets: 'city,type,venue,month' })
  t.like(facets, { counted: 3, capped: false })
  /** `value: count` of each, sorted. */
  const shown = (counts: readonly { value: string | null; count: number }[] = []) =>
    counts
      .map(({ value, count }) => `${value}: ${count}`)
      .toSorted()
      .join()
  t.is(shown(facets?.by.type), 'Music: 2,Sports: 1')
  t.is(shown(facets?.by.city), 'Berlin: 1,Hamburg: 1,Potsdam: 1')
  t.is(shown(facets?.by.venue), 'Hall Berlin: 1,Hall Hamburg: 1,Hall Potsdam: 1')
  const priced = await search({ facets: 'price', currency: 'EUR', country: 'NZ' })
  t.is(shown(priced.facets?.by.price), '0-1999: 1,2000-4999: 1')
  t.is(
    facets?.by.month?.reduce((sum, { count }) => sum + count, 0),
    3,
  )
  t.is((await search({})).facets, undefined)
  t.like(await search({ keyword: 'nowhere', facets: 'city' }), { facets: { counted: 0, capped: false } })
})

test('pages by number are those by cursor, and end at 1,000 results', async (t) => {
  const names: string[] = []
  for (let page = 1; page <= 3; page++) names.push(...(await found({ country: 'NZ', page, pageSize: 3 })))
  t.deepEqual(names, await found({ country: 'NZ', limit: 100 }))
  t.deepEqual(await found({ page: 1_000, pageSize: 1 }), [])
})

test('parameters that make no sense together are refused by name', async (t) => {
  for (const [request, fields] of [
    [{ lat: 1 }, 'lng'],
    [{ lng: 1 }, 'lat'],
    [{ radius_km: 1 }, 'radius_km'],
    [{ sort: 'distance' }, 'sort'],
    [{ sort: 'relevance' }, 'sort'],
    [{ lat: 91, lng: 0 }, 'lat'],
    [{ lat: '1e1', lng: '0' }, 'lat'],
    [{ facets: 'colour' }, 'facets'],
    [{ facets: 'type,venue' }, ''],
    [{ min_price_minor: 2, max_price_minor: 1, currency: 'EUR' }, 'max_price_minor'],
    [{ min_price_minor: 1 }, 'currency'],
    [{ max_price_minor: 1 }, 'currency'],
    [{ sort: 'price' }, 'currency'],
    [{ facets: 'city,price' }, 'currency'],
    [{ page: 1, cursor: 'x' }, 'page'],
    [{ page: 11, pageSize: 100 }, 'page'],
    [{ pageSize: 5 }, 'pageSize'],
  ] as const) {
    t.is(wrongIn(request), fields, JSON.stringify(request))
  }
})

test('more words than anything is called by are refused by name', async (t) => {
  const words = Array.from({ length: 13 }, (_, index) => `w${index}`).join(' ')
  for (const member of ['keyword', 'performer', 'venue'])
    await assertRefused(t, found({ [member]: words }), `/${member}`)
})

test('events of a currency are found, and prices of no other', async (t) => {
  t.deepEqual(await found({ currency: 'USD' }), ['Dollars'])
  t.deepEqual(await found({ currency: 'USD', max_price_minor: 400 }), [])
  t.deepEqual(await found({ currency: 'EUR', max_price_minor: 600 }), [])
  t.deepEqual(await found({ currency: 'CHF' }), [])
})

test('performer and venue take ids as well as names, in lists and in search', async (t) => {
  const named = (name: string, number: number) =>
    importedEvent(`${name} ${number}`, {
      name: `${name} ${number}`,
      venue: venueNamed(name, { city: 'Bern', country: 'CH' }),
      performers: [{ source_id: name, name }],
      starts_on: daysFromToday(50 + number),
    })
  const events = [named('Solo', 1), named('Solo', 2), named('Solo Quartet', 1)]
  await worker.importEvents(events, { source: 'ids' })
  const { items } = await search({ keyword: 'solo 2' })
  const [performer = '', venue = ''] = [items[0]?.performers[0]?.id, items[0]?.venue?.id]
  const other = '019a0000-0000-7000-8000-000000000001'
  for (const contract of [listEvents, searchEvents] as const) {
    const names = async (request: { performer?: string; venue?: string }): Promise<string[]> =>
      (await worker.ask<typeof listEvents | typeof searchEvents>(contract, request)).items.map(({ name }) => name)
    t.deepEqual((await names({ performer: 'solo' })).toSorted(), ['Solo 1', 'Solo 2', 'Solo Quartet 1'])
    t.deepEqual(await names({ performer }), ['Solo 1', 'Solo 2'])
    t.deepEqual(await names({ venue: venue.toUpperCase() }), ['Solo 1', 'Solo 2'])
    t.deepEqual(await names({ venue: 'solo quartet' }), ['Solo Quartet 1'])
    for (const request of [{ performer: other }, { venue: other }, { performer, venue: other }]) {
      t.deepEqual(await names(request), [])
    }
  }
  t.deepEqual(await found({ keyword: 'solo', performer, sort: 'date' }), ['Solo 1', 'Solo 2'])
})

test('what the gateway has parsed is parsed the same again', (t) => {
  const request = { lat: '52.5', lng: '-13.25', radius_km: '10', facets: 'city,type', page: '2', pageSize: '10' }
  const once = searchEvents.request.parse(request)
  t.deepEqual(searchEvents.request.parse(once), once)
})

test('a cursor of another question is refused', async (t) => {
  const cursor = (await search({ limit: 1 })).next_cursor ?? ''
  for (const other of [{ keyword: 'hall' }, { city: 'Berlin' }, { sort: 'date' as const, country: 'NZ' }]) {
    await assertRefused(t, search({ ...other, cursor }), '/cursor')
  }
})

test('dates at the ends of the calendar are dates like any other', async (t) => {
  t.deepEqual(await found({ keyword: 'Berlin', sort: 'date', start: '9998-06-01' }), [])
  t.deepEqual(await found({ keyword: 'Berlin', start: '1000-01-02', end: '9998-12-31' }), ['Berlin'])
})
