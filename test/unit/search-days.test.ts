import test from 'ava'
import fc from 'fast-check'
import { addDays, coverDays } from '../../workers/event/search/day-cover.ts'

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

test('a short span is held exactly, a long one is at most a week too long at either end', (t) => {
  fc.assert(
    fc.property(date, fc.integer({ min: 1, max: 300 }), (from, days) => {
      const cover = coverDays(from, addDays(from, days)) ?? []
      const slack = days <= 14 ? 1 : 7
      return !isCovered(cover, addDays(from, -slack)) && !isCovered(cover, addDays(from, days - 1 + slack))
    }),
  )
  t.pass()
})

test('a span of more than 1,000 days has no cover', (t) => {
  t.not(coverDays('2020-01-01', addDays('2020-01-01', 1_000)), null)
  t.is(coverDays('2020-01-01', addDays('2020-01-01', 1_001)), null)
})

test('an empty span holds nothing', (t) => {
  t.deepEqual(coverDays('2026-05-01', '2026-05-01'), [])
})

test('no date goes beyond the last one that has four digits for its year', (t) => {
  t.is(addDays('9998-06-01', 2_400), '9999-12-31')
  t.is(addDays('2026-12-31', 1), '2027-01-01')
})
