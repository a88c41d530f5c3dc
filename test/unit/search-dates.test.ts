import test from 'ava'
import fc from 'fast-check'
import { addDays, weeksBetween } from '../../workers/event/search/dates.ts'

const date = fc
  .date({ min: new Date('1950-01-01'), max: new Date('2090-12-31'), noInvalidDate: true })
  .map((instant) => instant.toISOString().slice(0, 10))

/** The week of a date as the index has it: see `event.days_of`, which an integration test compares with `weeksBetween`. */
function weekOf(day: string): number {
  return Math.floor(Date.parse(day) / 86_400_000 / 7) * 3 + 1
}

test('the weeks of a span hold each of its days, and none that is more than a week before or behind it', (t) => {
  fc.assert(
    fc.property(date, fc.integer({ min: 0, max: 360 }), (from, days) => {
      const weeks = weeksBetween(from, addDays(from, days)) ?? []
      const isHeld = (day: number): boolean => weeks.includes(weekOf(addDays(from, day)))
      return Array.from({ length: days + 1 }, (_, day) => day).every(isHeld) && !isHeld(-7) && !isHeld(days + 7)
    }),
  )
  t.pass()
})

test('a span of more than a year has no weeks, an empty one holds nothing', (t) => {
  t.is(weeksBetween('2020-01-01', addDays('2020-01-01', 380)), null)
  t.deepEqual(weeksBetween('2026-05-20', '2026-05-01'), [])
})

test('no date goes beyond the last one that has four digits for its year', (t) => {
  t.is(addDays('9998-06-01', 2_400), '9999-12-31')
  t.is(addDays('2026-12-31', 1), '2027-01-01')
})
