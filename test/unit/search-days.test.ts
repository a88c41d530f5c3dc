import test from 'ava'
import fc from 'fast-check'
import { addDays, coverDays } from '../../workers/event/search/day-cover.ts'
import { stretchesFor } from '../../workers/event/search/stretches.ts'
import type { Way } from '../../workers/event/search/ways.ts'

const date = fc
  .date({ min: new Date('1950-01-01'), max: new Date('2090-12-31'), noInvalidDate: true })
  .map((instant) => instant.toISOString().slice(0, 10))

/** What the index holds of a date: see `event.days_of`, which an integration test compares with `coverDays`. */
function numbersOf(day: string): number[] {
  const number = Date.parse(day) / 86_400_000
  return [number * 3, Math.floor(number / 7) * 3 + 1, Math.floor(number / 28) * 3 + 2]
}

const isCovered = (cover: readonly number[], day: string): boolean =>
  numbersOf(day).some((each) => cover.includes(each))

test('the numbers that stand for a span hold each of its days, and stay few', (t) => {
  fc.assert(
    fc.property(date, fc.integer({ min: 1, max: 1_000 }), (from, days) => {
      const cover = coverDays(from, addDays(from, days)) ?? []
      return (
        cover.length <= 50 &&
        Array.from({ length: days }, (_, day) => addDays(from, day)).every((day) => isCovered(cover, day))
      )
    }),
  )
  t.pass()
})

test('a short span is held exactly, a long one is at most a week too long at either end, and years are not worth naming', (t) => {
  fc.assert(
    fc.property(date, fc.integer({ min: 1, max: 300 }), (from, days) => {
      const cover = coverDays(from, addDays(from, days)) ?? []
      const slack = days <= 14 ? 1 : 7
      return !isCovered(cover, addDays(from, -slack)) && !isCovered(cover, addDays(from, days - 1 + slack))
    }),
  )
  t.is(coverDays('2020-01-01', '2026-01-01'), null)
})

test('an empty span holds nothing', (t) => {
  t.deepEqual(coverDays('2026-05-01', '2026-05-01'), [])
})

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
