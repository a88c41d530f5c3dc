import { readFileSync } from 'node:fs'
import test from 'ava'
import type { Term } from '../../workers/event/search/terms.ts'
import { collectEvents, type EventList, walkEvents, walkVenues } from '../../workers/event/store/find-events.ts'

const source = readFileSync(new URL('../../workers/event/store/find-events.ts', import.meta.url), 'utf8')

/** The statements that stand in comments, each above the function that makes it. */
const shown = [...source.matchAll(/ \* {3}(?:WITH|SELECT)[^;]*;/g)].map(([block]) =>
  flat(block.replaceAll(/^ \*/gm, '').replace(/;.*$/s, '')),
)

function flat(sql: string): string {
  return sql.replaceAll(/\s+/g, ' ').replaceAll('( ', '(').replaceAll(' )', ')').trim()
}

const word: Term = { query: `'pdrake'`, events: 100, gathered: 0 }

const list: EventList = {
  upcoming: true,
  takingPlace: true,
  venue: { country: 'DE' },
  terms: [word],
  order: 'date',
  after: undefined,
  limit: 21,
}

const after = { tier: 2, key: 0, startsOn: '2027-01-01', startsAt: null, id: '019a0000-0000-7000-8000-000000000001' }

test('the statements of the two ways are those that stand above them', (t) => {
  const circle = { latitude: 52.5, longitude: 13.4, radiusKm: 30 }
  const made = [
    collectEvents({ ...list, after }, { by: ['terms'], tiers: [`'Pdrake'`, null, `'pdrake'`], tier: 2 }),
    walkEvents(list, { tier: 0, events: 2_000 }),
    walkVenues({ ...list, venue: { circle }, order: 'distance', terms: [] }, 0),
  ]
  t.deepEqual(
    shown,
    made.map(({ text }) => flat(text)),
  )
})
