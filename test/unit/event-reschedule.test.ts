import test from 'ava'
import fc from 'fast-check'
import { rescheduleShift } from '../../workers/event/reschedule.ts'

const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }).map(dateOf)

test('a past event moves by whole weeks to 8 to 175 days from today', (t) => {
  fc.assert(
    fc.property(day, day, (startsOn, today) => {
      fc.pre(startsOn < today)
      const shift = rescheduleShift({ startsOn, today })
      if (shift === null) return false
      const daysAhead = daysBetween(today, moved(startsOn, shift))
      return shift % 7 === 0 && daysAhead >= 8 && daysAhead <= 175
    }),
  )
  t.pass()
})

test('an event of today or later is not moved', (t) => {
  fc.assert(
    fc.property(day, day, (startsOn, today) => startsOn < today || rescheduleShift({ startsOn, today }) === null),
  )
  t.pass()
})

test('a past weekend stays a weekend: consecutive days move together, but for one day in half a year', (t) => {
  const shifts = Array.from({ length: 168 }, (_, index) =>
    rescheduleShift({ startsOn: moved('2023-05-01', index), today: '2026-11-23' }),
  )
  const changes = shifts.filter((shift, index) => index > 0 && shift !== shifts[index - 1])
  t.true(changes.length <= 1)
})

function dateOf(time: Date): string {
  return time.toISOString().slice(0, 10)
}

function moved(date: string, days: number): string {
  return dateOf(new Date(Date.parse(date) + days * 86_400_000))
}

function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000
}
