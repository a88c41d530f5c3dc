import test from 'ava'
import { readCursor, writeCursor } from '../../workers/event/page-cursor.ts'

const id = '019a0000-0000-7000-8000-000000000001'

test('a cursor brings back the exact place', (t) => {
  for (const startsAt of [new Date('2026-07-01T18:30:00.123Z'), null]) {
    const place = { rank: 0.6079271, startsOn: '2026-07-01', startsAt, id }
    t.deepEqual(readCursor(writeCursor(place)), place)
  }
})

test('a cursor that was not written here is refused by name', (t) => {
  const forged = [
    [0, '2026-07-01', null],
    [0, '0000-01-01', null, id],
    [0, '2026-07-01', 'yesterday', id],
    [0, '2026-07-01', null, 'x'],
    [-1, '2026-07-01', null, id],
    [1e300, '2026-07-01', null, id],
    'text',
  ].map((parts) => Buffer.from(JSON.stringify(parts)).toString('base64url'))
  for (const cursor of ['', '!', 'AAAA', ...forged]) {
    t.like(
      t.throws(() => readCursor(cursor)),
      {
        code: 'validation_failed',
        extra: { errors: [{ pointer: '/cursor', detail: 'is not a cursor of this list' }] },
      },
    )
  }
})
