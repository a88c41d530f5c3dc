import test from 'ava'
import type { CatalogueEvent } from '#shared/contracts/organising.ts'
import { daysFromToday, importedEvent, venueNamed } from '../support/catalogue.ts'
import { searchesIn } from '../support/searches.ts'

const event = (name: string, artists: readonly string[] = [], more: Partial<CatalogueEvent> = {}) =>
  importedEvent(name, { name, performers: artists.map((artist) => ({ source_id: artist, name: artist })), ...more })
const inCanada = (venue: string, city: string) => ({ venue: venueNamed(venue, { city, country: 'CA' }) })
const inDays = (days: number) => ({ starts_on: daysFromToday(days) })

const catalogue = [
  event('The Eras Tour', ['Taylor Swift']),
  event('Tribute to Drake', ['The Covers']),
  event('Open Mic', [], inCanada('Drake Underground', 'Toronto')),
  event('An Evening', ['Drake Bell']),
  event('Anita Max Win', ['Drake']),
  event('Two of Them', ['Opener', 'Drake']),
  event('Story Slam', [], { description: 'Somebody once met Drake.' }),
  event('Drakensberg Choir'),
  event('M72', ['Metallica']),
  event('Solo', ['Duran Kaya']),
  event('Power Up', ['AC/DC']),
  event('Arular', ['M.I.A.']),
  event('Mamma Mia', [], inDays(32)),
  event('An ACDC tribute', ['Back in Black']),
  event('Grungefest: Pearl Jam and others', [], inDays(31)),
  event('Raptors', [], inCanada('ScotiaBank Arena', 'Toronto')),
  event('Reimagined', [], inCanada('Casino Nova Scotia', 'Halifax')),
  event('Brian Posehn', ['Brian Posehn']),
  event('Roll with the Punches', ['Bryan Adams']),
  event('A Poet', ['Briana Adamson']),
  event('Future Past', ['Duran Duran'], inDays(200)),
]

const searches = searchesIn(catalogue)
const { worker } = searches
const search = (keyword: string, more = {}) => searches.search({ keyword, ...more })
const found = (keyword: string) => searches.found({ keyword })

test('the artist comes before a namesake, a mention in a name, a venue, a description, and longer words', async (t) => {
  const names = await found('drake')
  t.deepEqual(names.slice(0, 2).toSorted(), ['Anita Max Win', 'Two of Them'])
  t.deepEqual(names.slice(2), ['An Evening', 'Tribute to Drake', 'Open Mic', 'Story Slam', 'Drakensberg Choir'])
})

test('the last word may be still being typed; known ones before it stand for themselves', async (t) => {
  t.deepEqual(await found('choir drake'), ['Drakensberg Choir'])
  t.deepEqual(await found('drake choir'), [])
  t.deepEqual(await found('draken choir'), ['Drakensberg Choir'])
})

test('an artist whose name has a word twice comes before one whose has it once', async (t) => {
  for (const keyword of ['duran duran', 'durran durran', 'durran durann']) {
    t.is((await found(keyword))[0], 'Future Past', keyword)
  }
  const { corrections, did_you_mean } = await search('durran durran')
  t.deepEqual(corrections, [{ word: 'durran', used: 'duran' }])
  t.is(did_you_mean, 'duran duran')
})

for (const [typed, used, name] of [
  ['tayler', 'taylor', 'The Eras Tour'],
  ['Talyor', 'taylor', 'The Eras Tour'],
  ['taylr', 'taylor', 'The Eras Tour'],
  ['swiift', 'swift', 'The Eras Tour'],
  ['drkae', 'drake', 'Anita Max Win'],
  ['metalica', 'metallica', 'M72'],
  ['metalicca', 'metallica', 'M72'],
  ['torronto', 'toronto', 'Open Mic'],
] as const) {
  test(`"${typed}" is taken for "${used}", and the reply says so`, async (t) => {
    const { items, corrections, did_you_mean } = await search(typed)
    t.true(items.slice(0, 2).some((item) => item.name === name))
    t.deepEqual(corrections, [{ word: typed.toLowerCase(), used }])
    t.is(did_you_mean, used)
  })
}

test('only the mistyped word of several is replaced', async (t) => {
  const { items, corrections, did_you_mean } = await search('Tayler Swift')
  t.is(items[0]?.name, 'The Eras Tour')
  t.deepEqual(corrections, [{ word: 'tayler', used: 'taylor' }])
  t.is(did_you_mean, 'taylor swift')
})

test('several mistyped words are corrected together, and not at all where no event has them all', async (t) => {
  const { items, corrections, did_you_mean } = await search('Tayler swiift')
  t.is(items[0]?.name, 'The Eras Tour')
  t.deepEqual(corrections, [
    { word: 'tayler', used: 'taylor' },
    { word: 'swiift', used: 'swift' },
  ])
  t.is(did_you_mean, 'taylor swift')
  for (const keyword of ['qqqqqq Tayler swiift', 'mx maxx']) {
    t.like(await search(keyword), { items: [], corrections: [], did_you_mean: null }, keyword)
  }
})

test('a word spelled right is not corrected, nor is the beginning of a word', async (t) => {
  for (const keyword of ['taylor', 'tayl', 'metal']) {
    t.like(await search(keyword), { items: { length: 1 }, corrections: [], did_you_mean: null }, keyword)
  }
})

test('where known words are found nowhere together, the nearest words that are found together are searched for, and named', async (t) => {
  await worker.importEvents([event('Tailor of Panama')], { source: 'others' })
  const { items, did_you_mean, corrections } = await search('tailor swift')
  t.is(items[0]?.name, 'The Eras Tour')
  t.deepEqual(corrections, [{ word: 'tailor', used: 'taylor' }])
  t.is(did_you_mean, 'taylor swift')
  t.is((await search('swift tailor swift')).did_you_mean, 'swift taylor swift')
  t.is((await search('swift panama')).did_you_mean, null)
  t.is((await search('brian adams')).did_you_mean, 'bryan adams')
  t.deepEqual(await found('brian adams'), ['Roll with the Punches'])
})

test('pages of a corrected keyword follow each other like those of the right one', async (t) => {
  const events = [1, 2, 3].map((day) => event(`Zephyrus ${day}`, [], inDays(day)))
  await worker.importEvents(events, { source: 'zephyr' })
  const pages = await searches.foundByPage({ keyword: 'zephirus', limit: 1 })
  t.deepEqual(pages, [['Zephyrus 1'], ['Zephyrus 2'], ['Zephyrus 3']])
  const first = await search('zephirus', { limit: 1 })
  const second = await search('zephirus', { limit: 1, cursor: first.next_cursor ?? '' })
  for (const page of [first, second]) t.is(page.did_you_mean, 'zephyrus')
})

test('a word spelled right that the other filters exclude is not replaced; a similar word that they do not exclude is suggested', async (t) => {
  const venue = venueNamed('Opera', { city: 'Oslo', country: 'NO' })
  await worker.importEvents([event('Drape', [], { venue })], { source: 'filters' })
  t.like(await search('drake', { city: 'Oslo' }), { items: [], corrections: [], did_you_mean: 'drape' })
  t.like(await search('drake', { city: 'Halifax' }), { items: [], did_you_mean: null })
  t.like(await search('metalica', { end: daysFromToday(-1) }), {
    items: [],
    corrections: [],
    did_you_mean: 'metallica',
  })
})

test('words are found whether they are written together or apart, the artist of that name first', async (t) => {
  for (const keyword of ['AC/DC', 'acdc', 'ac dc', 'ACDC']) {
    t.deepEqual(await found(keyword), ['Power Up', 'An ACDC tribute'], keyword)
  }
  t.deepEqual(await found('M.I.A.'), ['Arular'])
  t.deepEqual(await found('mia'), ['Arular', 'Mamma Mia'])
  const byDate = await search('mia', { sort: 'date' })
  t.deepEqual(byDate.items.map(({ name }) => name).toSorted(), ['Arular', 'Mamma Mia'])
  for (const keyword of ['Pearl Jam', 'pearljam', 'PearlJam grungefest']) {
    t.deepEqual(await found(keyword), ['Grungefest: Pearl Jam and others'], keyword)
  }
  for (const keyword of ['scotia bank arena', 'ScotiaBank', 'scotiabank arena toronto', 'scotia bank']) {
    t.deepEqual(await found(keyword), ['Raptors'], keyword)
  }
  t.is((await search('scotia bank arena')).did_you_mean, null)
  t.deepEqual(await found('taylorswift'), ['The Eras Tour'])
  t.like(await search('scotai bank arena'), { did_you_mean: 'scotiabank arena', items: [{ name: 'Raptors' }] })
  t.like(await search('pearljam grungefst'), { did_you_mean: 'pearljam grungefest' })
})

test('words that are near to nothing find nothing', async (t) => {
  t.like(await search('xylophonequartz'), { items: [], did_you_mean: null, next_cursor: null })
})

test('a draft gives nothing away before it is published', async (t) => {
  const request = {
    name: 'Zanzibarquintet',
    venue: { name: 'Secret Hall', tz: 'Europe/Berlin' },
    starts_on: '2099-01-01',
    sections: [{ name: 'A', rows: 1, seats_per_row: 4, price_minor: 100 }],
  }
  const { id } = await worker.create(request)
  for (const keyword of ['zanzibarquintet', 'zanzibarquintett']) {
    t.like(await search(keyword), { items: [], corrections: [], did_you_mean: null })
  }
  await worker.change(id, 'publish')
  t.deepEqual(await found('zanzibarquintet'), ['Zanzibarquintet'])
  t.deepEqual((await search('zanzibarquintett')).corrections, [{ word: 'zanzibarquintett', used: 'zanzibarquintet' }])
})

test('an event whose name changed is found by the new one and no longer by the old one', async (t) => {
  const name = (to: string) => worker.importEvents([importedEvent('renamed', { name: to })], { source: 'renaming' })
  await name('Oldfashioned')
  t.deepEqual(await found('oldfashioned'), ['Oldfashioned'])
  await name('Newfangled')
  t.deepEqual(await found('newfangled'), ['Newfangled'])
  t.deepEqual(await found('oldfashioned'), [])
})

test('pages stay in step while events are added before and behind them', async (t) => {
  const add = (days: Record<string, number>) => {
    const events = Object.entries(days).map(([name, day]) => event(`${name} Stepping`, [], inDays(day)))
    return worker.importEvents(events, { source: 'steps' })
  }
  await add({ One: 10, Two: 11, Three: 12, Four: 13 })
  const first = await search('stepping', { limit: 2 })
  await add({ Early: 1, Late: 99 })
  const rest = await search('stepping', { limit: 100, cursor: first.next_cursor ?? '' })
  const names = [...first.items, ...rest.items].map(({ name }) => name.split(' ')[0])
  t.deepEqual(names, ['One', 'Two', 'Three', 'Four', 'Late'])
})
