import test from 'ava'
import { listFingerprint, readCursor, writeCursor } from '../../workers/event/search/page-cursor.ts'

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
    t.like(
      t.throws(() => readCursor(list, cursor)),
      {
        code: 'validation_failed',
        extra: { errors: [{ pointer: '/cursor', detail: 'cursor is not a cursor of this list.' }] },
      },
    )
  }
})

test('a list is the same whatever the order of its parameters, and whether absent ones are named', (t) => {
  t.is(listFingerprint({ city: 'a', type: 'b' }), listFingerprint({ type: 'b', city: 'a', country: undefined }))
  t.not(listFingerprint({ city: 'a' }), listFingerprint({ type: 'a' }))
})
