import test from 'ava'
import fc from 'fast-check'
import { instant } from '#shared/contracts/fields.ts'
import type { TicketingError } from '#shared/errors.ts'
import { instantsOf, localTimeAt } from '#shared/local-time.ts'
import { sameTimeLater, startInstant } from '../../workers/event/event-start.ts'
import { listFingerprint, readCursor, writeCursor } from '../../workers/event/search/page-cursor.ts'
import { type ChangeableEvent, statusAfter } from '../../workers/event/status-change.ts'
import { always } from '../support/always.ts'

const list = listFingerprint({ keyword: 'drake', city: undefined })
const id = '019a0000-0000-7000-8000-000000000001'

test('a cursor brings back the exact place', (t) => {
  for (const startsAt of [new Date('2026-07-01T18:30:00.123Z'), null]) {
    const place = { tier: 3, key: 12.345678901234567, startsOn: '2026-07-01', startsAt, id }
    t.deepEqual(readCursor(list, writeCursor(list, place), { isByDistance: true }), place)
    const byPrice = { ...place, key: 4_500 }
    t.deepEqual(readCursor(list, writeCursor(list, byPrice)), byPrice)
  }
})

test('a cursor that was not written here is refused by name', (t) => {
  const forged = [
    [list, 0, 0, '2026-07-01', null],
    [list, 0, 0, '0000-01-01', null, id],
    [list, 0, 0, '2026-07-01', 'yesterday', id],
    [list, 0, 0, '2026-07-01', null, 'x'],
    [list, -1, 0, '2026-07-01', null, id],
    [list, 0.5, 0, '2026-07-01', null, id],
    [list, 0, -1, '2026-07-01', null, id],
    [list, 0, 1.5, '2026-07-01', null, id],
    [list, 0, 1e300, '2026-07-01', null, id],
    [listFingerprint({ keyword: 'drake', city: 'Toronto' }), 0, 0, '2026-07-01', null, id],
    'text',
  ].map((parts) => Buffer.from(JSON.stringify(parts)).toString('base64url'))
  for (const cursor of ['', '!', 'AAAA', ...forged]) {
    const refusal = t.throws<TicketingError>(() => readCursor(list, cursor))
    const errors = [{ pointer: '/cursor', detail: 'cursor is not a cursor of this list.' }]
    t.like(refusal, { code: 'validation_failed', extra: { errors } })
  }
})

test('a list is the same whatever the order of its parameters, and whether absent ones are named', (t) => {
  t.is(listFingerprint({ city: 'a', type: 'b' }), listFingerprint({ type: 'b', city: 'a', country: undefined }))
  t.not(listFingerprint({ city: 'a' }), listFingerprint({ type: 'a' }))
})

const berlin = 'Europe/Berlin'
const far = 'America/New_York Asia/Kathmandu Australia/Lord_Howe Pacific/Apia America/Havana UTC'.split(' ')

function startOf(date: string, time: string, tz = berlin): string {
  const start = startInstant({ date, time, tz })
  return 'at' in start ? start.at.toISOString() : start.fault
}

test('a local time is the instant at which clocks of the zone show it', (t) => {
  t.is(startOf('2027-07-01', '20:00'), '2027-07-01T18:00:00.000Z')
  t.is(startOf('2027-12-01', '20:00:30'), '2027-12-01T19:00:30.000Z')
  const anyDate = fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
  always(t, { of: [anyDate, fc.constantFrom(berlin, ...far)] }, (date, tz) => {
    const instant = new Date(Math.floor(date.getTime() / 1_000) * 1_000)
    return instantsOf(localTimeAt(instant, tz), tz).some((each) => each.getTime() === instant.getTime())
  })
})

test('a local time that clocks skip does not exist, with an offset or without', (t) => {
  for (const time of ['02:30', '02:30+01:00', '02:30+02:00']) {
    t.is(startOf('2027-03-28', time), 'must be a time that exists: clocks in Europe/Berlin skip 02:30 on 2027-03-28')
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

const now = new Date('2026-06-01T10:00:00Z')
const before = new Date('2026-06-01T09:59:59Z')
const after = new Date('2026-06-01T10:00:01Z')
const draft: ChangeableEvent = {
  status: 'draft',
  saleStatus: 'announced',
  placeCount: 300,
  startsBy: after,
  offSaleAt: after,
}

test('an event that is over is not published', (t) => {
  const over = { ...draft, startsBy: before, offSaleAt: before }
  const refusal = t.throws<TicketingError>(() => statusAfter(over, 'publish', now))
  t.like(refusal, { code: 'sale_closed', extra: { began_by: before.toISOString() } })
  // It has begun, and tickets are still sold at the door; or it is to come, and only its sale has ended.
  t.is(statusAfter({ ...over, offSaleAt: after }, 'publish', now).status, 'published')
  t.is(statusAfter({ ...over, startsBy: after }, 'publish', now).status, 'published')
  // Publishing again changes nothing, however late.
  t.is(statusAfter({ ...over, status: 'published' }, 'publish', now).status, 'published')
})

test('times of the first thousand years are converted too, which clocks write with four digits', (t) => {
  t.deepEqual(localTimeAt(new Date('1000-01-01T00:00:00Z'), 'US/Pacific'), { date: '0999-12-31', time: '16:07:02' })
  t.is(startOf('1000-01-01', '00:00', 'US/Pacific'), '1000-01-01T07:52:58.000Z')
  for (const year of ['0000', '0001', '0999']) t.notThrows(() => startOf(`${year}-01-01`, '20:00', 'US/Pacific'))
})

test('a time must lie between the years 1000 and 9998, whatever its offset', (t) => {
  t.true(instant.safeParse('9998-12-31T23:59:59Z').success)
  t.false(instant.safeParse('9998-12-31T23:59:59-15:59').success)
  t.false(instant.safeParse('1000-01-02T00:00:00+15:59').success)
})
