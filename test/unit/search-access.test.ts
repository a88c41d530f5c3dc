import test from 'ava'
import { accessFor } from '../../workers/event/search/access.ts'
import { addDays, earliestToday } from '../../workers/event/search/dates.ts'
import type { Term } from '../../workers/event/search/terms.ts'
import type { Reach } from '../../workers/event/store/count-reach.ts'
import type { EventList } from '../../workers/event/store/find-events.ts'

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
  const { way, indexes } = accessFor(list, reach, total)
  return [way, ...indexes]
}

test('what is rare is collected, what is frequent is met by walking', (t) => {
  t.deepEqual(access([term(50)]), ['collect', 'terms'])
  t.deepEqual(access([term(4_000)]), ['collect', 'terms'])
  t.deepEqual(access([term(50_000)]), ['walk', 'terms'])
  t.deepEqual(access([term(300_000), term(200)]), ['collect', 'terms'])
})

test('where nothing narrows the list down it is walked', (t) => {
  t.deepEqual(access([]), ['walk', 'dates'])
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
  t.deepEqual(access([term(300_000)], { reach: { priced: null } })[0], 'walk')
})
