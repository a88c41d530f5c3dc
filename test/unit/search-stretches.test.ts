import test from 'ava'
import fc from 'fast-check'
import { addDays } from '../../workers/event/search/day-cover.ts'
import { stretchesFor } from '../../workers/event/search/stretches.ts'
import type { Way } from '../../workers/event/search/ways.ts'

const date = fc
  .date({ min: new Date('1950-01-01'), max: new Date('2090-12-31'), noInvalidDate: true })
  .map((instant) => instant.toISOString().slice(0, 10))

test('the stretches of a list follow each other without a gap, from its first date to its last', (t) => {
  const way: fc.Arbitrary<Way> = fc.oneof(
    fc.record({ by: fc.constantFrom('collecting', 'venues'), days: fc.integer({ min: 1, max: 2_400 }) }),
    fc.record({ by: fc.constant('walking' as const), limit: fc.integer({ min: 1, max: 20_000 }) }),
  )
  const last = fc.constantFrom<Way>({ by: 'collecting', days: null }, { by: 'walking', limit: null })
  fc.assert(
    fc.property(fc.array(way, { maxLength: 3 }), last, date, fc.option(fc.nat(500)), (ways, complete, first, days) => {
      const behind = days === null ? null : addDays(first, days + 1)
      const increasing = ways.toSorted((one, other) => length(one) - length(other))
      const dates = { first, windowsFrom: first, behind, events: 1_000_000 }
      const stretches = stretchesFor([...increasing, complete], dates)
      const follow = stretches.every(({ from }, index) => from === (stretches[index - 1]?.until ?? first))
      return follow && stretches.at(-1)?.until === behind
    }),
  )
  t.pass()
})

function length(way: Way): number {
  return (way.by === 'walking' ? ((way.limit ?? 0) * 300) / 1_000_000 : way.days) ?? 0
}

test('what is left behind the windows of a list is known as the rest of it, whether or not the list ends some day', (t) => {
  const ways: Way[] = [
    { by: 'collecting', days: 7 },
    { by: 'collecting', days: null },
  ]
  for (const behind of [null, '2026-08-01']) {
    const dates = { first: '2026-05-01', windowsFrom: '2026-05-01', behind, events: 1_000_000 }
    t.deepEqual(
      stretchesFor(ways, dates).map(({ isRest }) => isRest),
      [false, true],
    )
  }
})
