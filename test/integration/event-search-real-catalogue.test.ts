import { readFile } from 'node:fs/promises'
import test from 'ava'
import { importEvents } from '#shared/contracts/event.ts'
import { searchEvents } from '#shared/contracts/search.ts'
import { readFlatEvents } from '../../infra/import/formats/flat-events.ts'
import { type EventWorker, startEventWorker } from '../support/event-worker.ts'
import { hasRealData, realFile, testWithRealData } from '../support/real-data.ts'

let worker: EventWorker

test.before(async () => {
  worker = await startEventWorker()
  if (hasRealData) await importCatalogue()
})
test.after.always(() => worker?.stop())

const batchSize = 200

/** Past events are moved into the coming months, so that this holds on any day. */
async function importCatalogue(): Promise<void> {
  const text = await readFile(realFile('event-catalogue-flat/events.ndjson'), 'utf8')
  const { records } = readFlatEvents(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  )
  const events = records.flatMap((record) => ('event' in record ? [record.event] : []))
  for (let first = 0; first < events.length; first += batchSize) {
    const batch = events.slice(first, first + batchSize)
    await worker.ask(importEvents, { source: 'flat', events: batch, reschedule: true })
  }
}

const folded = (name: string): string => name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

const search = (keyword: string, limit = 100) => worker.ask(searchEvents, { keyword, limit })

testWithRealData('in a real catalogue every artist outranks whatever else bears the name', async (t) => {
  const artists = await worker.postgres.query<{ name: string }>(
    `SELECT p.name FROM event.performers AS p WHERE length(p.name) BETWEEN 4 AND 60 ORDER BY md5(p.name) LIMIT 100`,
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
    `SELECT word FROM event.words WHERE field = 'P' AND word ~ '^ [a-z]{7,12}$' ORDER BY md5(word) LIMIT 60`,
  )
  let found = 0
  for (const { word } of artists) {
    const name = word.trim()
    const typed = name.slice(0, 3) + name.slice(4)
    const { items, corrections } = await search(typed, 5)
    // What was typed may be a word of its own, the beginning of one, or nearer to another one.
    if (corrections?.[0]?.used !== name) continue
    found++
    t.true(
      items[0]?.performers.some((each) => folded(each.name) === name),
      typed,
    )
  }
  t.true(found > artists.length / 2, `${found} of ${artists.length}`)
})
