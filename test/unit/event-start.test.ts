import test from 'ava'
import fc from 'fast-check'
import { instantsOf, localTimeAt } from '#shared/local-time.ts'
import { sameTimeLater, startInstant } from '../../workers/event/event-start.ts'

const berlin = 'Europe/Berlin'
const zones = [
  berlin,
  'America/New_York',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'America/Havana',
  'UTC',
]

function startOf(date: string, time: string, tz = berlin): string {
  const start = startInstant({ date, time, tz })
  return 'at' in start ? start.at.toISOString() : start.fault
}

test('a local time is the instant at which clocks of the zone show it', (t) => {
  t.is(startOf('2027-07-01', '20:00'), '2027-07-01T18:00:00.000Z')
  t.is(startOf('2027-12-01', '20:00:30'), '2027-12-01T19:00:30.000Z')
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
      fc.constantFrom(...zones),
      (date, tz) => {
        const instant = new Date(Math.floor(date.getTime() / 1_000) * 1_000)
        return instantsOf(localTimeAt(instant, tz), tz).some((each) => each.getTime() === instant.getTime())
      },
    ),
  )
})

test('a local time that clocks skip does not exist, with an offset or without', (t) => {
  for (const time of ['02:30', '02:30+01:00', '02:30+02:00']) {
    t.regex(
      startOf('2027-03-28', time),
      /^must be a time that exists: clocks in Europe\/Berlin skip 02:30 on 2027-03-28$/,
    )
  }
  // Samoa had no such day.
  t.regex(startOf('2011-12-30', '12:00', 'Pacific/Apia'), /^must be a time that exists/)
  t.is(startOf('2027-03-28', '03:00'), '2027-03-28T01:00:00.000Z')
})

test('a local time that clocks show twice needs its offset, which the refusal names', (t) => {
  t.regex(startOf('2026-10-25', '02:30'), /^must say which 02:30 is meant: .*; write 02:30\+02:00 or 02:30\+01:00$/)
  t.is(startOf('2026-10-25', '02:30+02:00'), '2026-10-25T00:30:00.000Z')
  t.is(startOf('2026-10-25', '02:30+01:00'), '2026-10-25T01:30:00.000Z')
  t.is(startOf('2026-10-25', '02:30+05:00'), 'must have the offset of Europe/Berlin at that time, +02:00 or +01:00')
  t.is(startOf('2026-10-25', '03:00'), '2026-10-25T02:00:00.000Z')
})

test('an offset may be given at any time, and must be that of the zone', (t) => {
  t.is(startOf('2027-07-01', '20:00+02:00'), '2027-07-01T18:00:00.000Z')
  t.is(startOf('2027-07-01', '20:00+01:00'), 'must have the offset of Europe/Berlin at that time, +02:00')
  t.is(startOf('2027-01-01', '20:00-03:30', 'America/St_Johns'), '2027-01-01T23:30:00.000Z')
})

test('an event that moves keeps its local time, or has none where that is no time', (t) => {
  const moved = (at: string, days: number) => sameTimeLater(new Date(at), { days, tz: berlin })?.toISOString()
  t.is(moved('2027-01-10T19:00:00Z', 168), '2027-06-27T18:00:00.000Z')
  t.is(moved('2026-10-11T00:30:00Z', 168), undefined)
  t.is(moved('2026-10-18T00:30:00Z', 7), undefined)
})
