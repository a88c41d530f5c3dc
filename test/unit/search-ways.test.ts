import test from 'ava'
import fc from 'fast-check'
import { type Estimate, waysFor } from '../../workers/event/search/ways.ts'

/** Of a catalogue of a million events, with nothing asked. */
const anything: Estimate = {
  events: 1_000_000,
  likely: Number.POSITIVE_INFINITY,
  atMost: Number.POSITIVE_INFINITY,
  entries: 0,
  venueShare: 1,
  venues: Number.POSITIVE_INFINITY,
  inRange: 1_000_000,
  wanted: 21,
  byDate: true,
  priced: false,
}

const having = (count: number): Partial<Estimate> => ({ likely: count, atMost: count, entries: count })
const ways = (estimate: Partial<Estimate>): string[] =>
  waysFor({ ...anything, ...estimate }).map((way) => {
    if (way.by === 'venues') return 'venues'
    if (way.by === 'walking') return way.limit === null ? 'walk' : 'walk a while'
    return way.days === null ? 'all' : 'window'
  })

test('what is rare is collected at once', (t) => {
  t.deepEqual(ways(having(50)), ['all'])
})

test('what is everywhere is met by walking, what is neither rare nor frequent within a window', (t) => {
  t.deepEqual(ways({ likely: 500_000, atMost: 500_000, entries: 500_000 }), ['walk a while', 'walk'])
  t.deepEqual(ways({ likely: 5_000, atMost: 5_000, entries: 0 }), ['window', 'window', 'all'])
})

test('what is frequent and may all be past is collected in the end, unless there is little else', (t) => {
  const frequent = { ...having(50_000), entries: 150_000 }
  t.deepEqual(ways(frequent), ['walk a while', 'window', 'window', 'all'])
  t.deepEqual(ways({ ...frequent, byDate: false }), ['walk a while', 'walk a while', 'all'])
  t.deepEqual(ways(having(900_000)), ['walk a while', 'walk'])
})

test('few known venues are asked one by one', (t) => {
  t.deepEqual(ways({ venues: 3, venueShare: 0.001 }), ['venues'])
})

test('a short range of dates is walked through', (t) => {
  t.deepEqual(ways({ inRange: 2_000 }), ['walk'])
})

test('the last way leaves nothing out, whatever was guessed', (t) => {
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(
      fc.record({
        likely: share,
        atMost: share,
        venueShare: fc.double({ min: 1e-6, max: 1, noNaN: true }),
        inRange: share,
      }),
      fc.record({ entries: fc.nat(1_000_000), venues: fc.nat(1_000), wanted: fc.integer({ min: 1, max: 1_000 }) }),
      fc.record({ byDate: fc.boolean(), priced: fc.boolean() }),
      (shares, counts, flags) => {
        const atMost = shares.atMost * 1_000_000
        const estimate = { ...shares, ...counts, ...flags, atMost, likely: shares.likely * atMost }
        const last = ways({ ...estimate, inRange: shares.inRange * 1_000_000 }).at(-1) ?? ''
        return ['all', 'walk', 'venues'].includes(last)
      },
    ),
  )
  t.pass()
})
