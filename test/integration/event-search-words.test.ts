import test from 'ava'
import { changeEventStatus, createEvent, importEvents } from '#shared/contracts/organising.ts'
import { searchEvents } from '#shared/contracts/search.ts'
import { daysFromToday, importedEvent, venueNamed } from '../support/catalogue.ts'
import { organiser, startEventWorker } from '../support/event-worker.ts'
import { forFile } from '../support/for-file.ts'

const performer = (name: string) => [{ source_id: name, name }]

const catalogue = [
  importedEvent('eras', { name: 'The Eras Tour', performers: performer('Taylor Swift') }),
  importedEvent('tribute', { name: 'Tribute to Drake', performers: performer('The Covers') }),
  importedEvent('underground', {
    name: 'Open Mic',
    venue: venueNamed('Drake Underground', { city: 'Toronto', country: 'CA' }),
  }),
  importedEvent('bell', { name: 'An Evening', performers: performer('Drake Bell') }),
  importedEvent('drake', { name: 'Anita Max Win', performers: performer('Drake') }),
  importedEvent('both', { name: 'Two of Them', performers: [...performer('Opener'), ...performer('Drake')] }),
  importedEvent('story', { name: 'Story Slam', description: 'Somebody once met Drake.' }),
  importedEvent('longer', { name: 'Drakensberg Choir' }),
  importedEvent('metal', { name: 'M72', performers: performer('Metallica') }),
  importedEvent('duran', { name: 'Solo', performers: performer('Duran Kaya') }),
  importedEvent('rock', { name: 'Power Up', performers: performer('AC/DC') }),
  importedEvent('mia', { name: 'Arular', performers: performer('M.I.A.') }),
  importedEvent('musical', { name: 'Mamma Mia', starts_on: daysFromToday(32) }),
  importedEvent('mention', { name: 'An ACDC tribute', performers: performer('Back in Black') }),
  importedEvent('grunge', { name: 'Grungefest: Pearl Jam and others', starts_on: daysFromToday(31) }),
  importedEvent('bank', { name: 'Raptors', venue: venueNamed('ScotiaBank Arena', { city: 'Toronto', country: 'CA' }) }),
  importedEvent('casino', {
    name: 'Reimagined',
    venue: venueNamed('Casino Nova Scotia', { city: 'Halifax', country: 'CA' }),
  }),
  importedEvent('brian', { name: 'Brian Posehn', performers: performer('Brian Posehn') }),
  importedEvent('adams', { name: 'Roll with the Punches', performers: performer('Bryan Adams') }),
  importedEvent('briana', { name: 'A Poet', performers: performer('Briana Adamson') }),
  importedEvent('future', { name: 'Future Past', performers: performer('Duran Duran'), starts_on: daysFromToday(200) }),
]

const worker = forFile(() => startEventWorker())

test.before(async () => {
  await worker.ask(importEvents, { source: 'test', events: catalogue, reschedule: false })
})

const search = (keyword: string) => worker.ask(searchEvents, { keyword })
const found = async (keyword: string): Promise<string[]> => (await search(keyword)).items.map(({ name }) => name)

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

test('what is spelled right is not corrected, nor is the beginning of a word', async (t) => {
  for (const keyword of ['taylor', 'tayl', 'metal']) {
    const { items, corrections, did_you_mean } = await search(keyword)
    t.is(items.length, 1, keyword)
    t.deepEqual(corrections, [])
    t.is(did_you_mean, null)
  }
})

test('where known words are found nowhere together, the nearest words that are found together are searched for, and named', async (t) => {
  const tailor = importedEvent('tailor', { name: 'Tailor of Panama' })
  await worker.ask(importEvents, { source: 'others', events: [tailor], reschedule: false })
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
  const events = [1, 2, 3].map((day) =>
    importedEvent(`zephyr ${day}`, { name: `Zephyrus ${day}`, starts_on: daysFromToday(day) }),
  )
  await worker.ask(importEvents, { source: 'zephyr', events, reschedule: false })
  const names: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof search>> = await worker.ask(searchEvents, {
      keyword: 'zephirus',
      limit: 1,
      ...(cursor !== null && { cursor }),
    })
    names.push(...page.items.map(({ name }) => name))
    t.is(page.did_you_mean, 'zephyrus')
    cursor = page.next_cursor
  } while (cursor !== null && names.length < 9)
  t.deepEqual(names, ['Zephyrus 1', 'Zephyrus 2', 'Zephyrus 3'])
})

test('what is spelled right but not found with the other filters is not replaced; a near word that is found with them is named', async (t) => {
  const drape = importedEvent('drape', { name: 'Drape', venue: venueNamed('Opera', { city: 'Oslo', country: 'NO' }) })
  await worker.ask(importEvents, { source: 'filters', events: [drape], reschedule: false })
  const inOslo = await worker.ask(searchEvents, { keyword: 'drake', city: 'Oslo' })
  t.like(inOslo, { items: [], corrections: [], did_you_mean: 'drape' })
  t.like(await worker.ask(searchEvents, { keyword: 'drake', city: 'Halifax' }), { items: [], did_you_mean: null })
  const past = await worker.ask(searchEvents, { keyword: 'metalica', end: daysFromToday(-1) })
  t.like(past, { items: [], corrections: [], did_you_mean: 'metallica' })
})

test('words are found whether they are written together or apart, the artist of that name first', async (t) => {
  for (const keyword of ['AC/DC', 'acdc', 'ac dc', 'ACDC']) {
    t.deepEqual(await found(keyword), ['Power Up', 'An ACDC tribute'], keyword)
  }
  t.deepEqual(await found('M.I.A.'), ['Arular'])
  t.deepEqual(await found('mia'), ['Arular', 'Mamma Mia'])
  const byDate = await worker.ask(searchEvents, { keyword: 'mia', sort: 'date' })
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
  const { items, did_you_mean, next_cursor } = await search('xylophonequartz')
  t.deepEqual(items, [])
  t.is(did_you_mean, null)
  t.is(next_cursor, null)
})

test('a draft gives nothing away before it is published', async (t) => {
  const request = {
    name: 'Zanzibarquintet',
    venue: { name: 'Secret Hall', tz: 'Europe/Berlin' },
    starts_on: '2099-01-01',
    sections: [{ name: 'A', rows: 1, seats_per_row: 4, price_minor: 100 }],
  }
  const { id } = await worker.ask(createEvent, request, { caller: organiser })
  for (const keyword of ['zanzibarquintet', 'zanzibarquintett']) {
    t.like(await search(keyword), { items: [], corrections: [], did_you_mean: null })
  }
  await worker.ask(changeEventStatus, { event_id: id, action: 'publish' }, { caller: organiser })
  t.deepEqual(await found('zanzibarquintet'), ['Zanzibarquintet'])
  t.deepEqual((await search('zanzibarquintett')).corrections, [{ word: 'zanzibarquintett', used: 'zanzibarquintet' }])
})

test('an event whose name changed is found by the new one and no longer by the old one', async (t) => {
  const named = (name: string) => [importedEvent('renamed', { name })]
  await worker.ask(importEvents, { source: 'renaming', events: named('Oldfashioned'), reschedule: false })
  t.deepEqual(await found('oldfashioned'), ['Oldfashioned'])
  await worker.ask(importEvents, { source: 'renaming', events: named('Newfangled'), reschedule: false })
  t.deepEqual(await found('newfangled'), ['Newfangled'])
  t.deepEqual(await found('oldfashioned'), [])
})

test('pages stay in step while events are added before and behind them', async (t) => {
  const added = (name: string, day: number) =>
    importedEvent(name, { name: `${name} Stepping`, starts_on: daysFromToday(day) })
  const days = [10, 11, 12, 13, 14]
  const events = days.map((day) => added(`On day ${day}`, day))
  await worker.ask(importEvents, { source: 'steps', events, reschedule: false })
  const first = await worker.ask(searchEvents, { keyword: 'stepping', limit: 2 })
  await worker.ask(importEvents, { source: 'steps', events: [added('Early', 1), added('Late', 99)], reschedule: false })
  const cursor = first.next_cursor ?? ''
  const rest = await worker.ask(searchEvents, { keyword: 'stepping', limit: 100, cursor })
  const names = [...first.items, ...rest.items].map(({ name }) => name)
  t.deepEqual(names, [...days.map((day) => `On day ${day} Stepping`), 'Late Stepping'])
})
