import { readFile } from 'node:fs/promises'
import test from 'ava'
import { importEvents } from '#shared/contracts/organising.ts'
import { searchEvents } from '#shared/contracts/search.ts'
import { readSource } from '../../infra/ops/import/formats/recognise.ts'
import { startEventWorker } from '../support/event-worker.ts'
import { forFile } from '../support/for-file.ts'
import { hasRealData, realFile, realFiles, testWithRealData } from '../support/real-data.ts'

const worker = forFile(() => startEventWorker())

test.before(async () => {
  if (hasRealData) await importCatalogues()
})

const batchSize = 200

/** Past events are moved into the coming months, so that this holds on any day. */
async function importCatalogues(): Promise<void> {
  for (const file of [realFile('event-catalogue-flat/events.ndjson'), ...realFiles('ticketmaster-discovery')]) {
    const catalogue = readSource(await readFile(file, 'utf8'), { fallbackName: file })
    if (!('records' in catalogue)) throw new Error(`${file} is no catalogue`)
    const events = catalogue.records.flatMap((record) => ('event' in record ? [record.event] : []))
    for (let first = 0; first < events.length; first += batchSize) {
      const batch = events.slice(first, first + batchSize)
      await worker.ask(importEvents, { source: catalogue.source, events: batch, reschedule: true })
    }
  }
}

/** Whether written together or apart: William is also will.i.am. */
const folded = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase()

const search = (keyword: string, limit = 100) => worker.ask(searchEvents, { keyword, limit })

/** What each search has to show on its first page, in the name of an event, of a performer or of a venue. */
for (const [keyword, meant, didYouMean] of [
  ['tayler swift', 'Taylor Swift', 'taylor swift'],
  ['taylor swft', 'Taylor Swift', 'taylor swift'],
  ['tayler swft', 'Taylor Swift', 'taylor swift'],
  ['tailor swift', 'Taylor Swift', 'taylor swift'],
  ['brian adams', 'Bryan Adams', 'bryan adams'],
  ['acdc', 'AC/DC', null],
  ['pearljam', 'Pearl Jam', null],
  ['scotia bank arena', 'Scotiabank Arena', null],
] as const) {
  testWithRealData(`in the real catalogues "${keyword}" finds ${meant} first`, async (t) => {
    const { items, did_you_mean } = await search(keyword, 20)
    const [first] = items
    const texts = [first?.name, first?.venue?.name, ...(first?.performers.map(({ name }) => name) ?? [])]
    t.true(texts.join('\n').toLowerCase().includes(meant.toLowerCase()), texts.join('\n'))
    t.is(did_you_mean, didYouMean)
  })
}

testWithRealData('in a real catalogue every artist outranks whatever else bears the name', async (t) => {
  const artists = await worker.postgres.query<{ name: string }>(
    `SELECT p.name FROM event.performers AS p WHERE length(p.name) BETWEEN 4 AND 60 AND EXISTS (
       SELECT FROM event.event_performers JOIN event.events AS e ON e.id = event_id
       WHERE performer_id = p.id AND e.status IN ('published', 'rescheduled'))
     ORDER BY md5(p.name) LIMIT 100`,
  )
  for (const { name } of artists) {
    const { items } = await search(name)
    const isTheirs = items.map(({ performers }) => performers.some((each) => folded(each.name) === folded(name)))
    const theirs = isTheirs.lastIndexOf(true) + 1
    t.true(theirs > 0, name)
    t.true(isTheirs.slice(0, theirs).every(Boolean), name)
  }
})

testWithRealData('a letter left out of an artist’s name still finds the artist first', async (t) => {
  const artists = await worker.postgres.query<{ word: string }>(
    `SELECT word FROM event.words AS name WHERE field = 'P' AND word ~ '^ [a-z]{7,12}$'
       AND EXISTS (SELECT FROM event.words AS single WHERE single.word = ltrim(name.word) AND single.field = 'p')
       AND EXISTS (SELECT FROM event.events WHERE search @@ quote_literal('P' || ltrim(name.word))::tsquery
         AND status IN ('published', 'rescheduled'))
     ORDER BY md5(word) LIMIT 60`,
  )
  let found = 0
  for (const { word } of artists) {
    const name = word.trim()
    const typed = name.slice(0, 3) + name.slice(4)
    const { items, corrections } = await search(typed, 5)
    // The typed text may be a known word, the beginning of one, or nearer to another one.
    if (corrections?.[0]?.used !== name) continue
    found++
    t.true(items[0]?.performers.map((each) => folded(each.name)).includes(name), typed)
  }
  t.true(found > artists.length / 2, `${found} of ${artists.length}`)
})
