import test from 'ava'
import fc from 'fast-check'
import { fullAfterTaking, type Limit, nextTokenAt, tokensAt } from '../../gateway/limits/local-bucket.ts'
import { worstExcess } from '../support/admissions.ts'

const anyLimit = fc.record({ max: fc.integer({ min: 1, max: 5_000 }), windowMs: fc.constantFrom(1_000, 60_000) })
/** Any moment of a process that has run for up to a month. */
const anyStart = fc.double({ min: 0, max: 3e9, noNaN: true })

/** The times at which a bucket that was full at first lets requests in that come after these pauses. */
function admitted(start: number, pausesMs: readonly number[], limit: Limit): number[] {
  let now = start
  let fullAt = 0
  return pausesMs.flatMap((pauseMs) => {
    now += pauseMs
    if (tokensAt(fullAt, now, limit) === 0) return []
    fullAt = fullAfterTaking(fullAt, now, limit)
    return [now]
  })
}

test('a fresh bucket holds exactly its maximum', (t) => {
  fc.assert(
    fc.property(anyStart, anyLimit, (start, limit) => {
      t.is(admitted(start, Array(limit.max + 5).fill(0), limit).length, limit.max)
    }),
    { numRuns: 200 },
  )
})

test('whatever comes when: no interval has more than the maximum and what has grown in it', (t) => {
  const anyPauses = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2_000, noNaN: true })), {
    maxLength: 300,
  })
  fc.assert(
    fc.property(anyStart, anyLimit, anyPauses, (start, limit, pausesMs) => {
      t.true(worstExcess(admitted(start, pausesMs, limit), limit) < 0.02)
    }),
  )
})

test('an empty bucket has its next token when it says, and not before', (t) => {
  fc.assert(
    fc.property(anyStart, anyLimit, (start, limit) => {
      const fullAt = start + limit.windowMs
      t.is(tokensAt(fullAt, start, limit), 0)
      const dueAt = nextTokenAt(fullAt, limit)
      t.is(tokensAt(fullAt, dueAt, limit), 1)
      t.is(tokensAt(fullAt, dueAt - 0.05 * (dueAt - start), limit), 0)
    }),
  )
})

test('a bucket that nobody asks is full again when it says', (t) => {
  const limit = { max: 10, windowMs: 60_000 }
  const fullAt = fullAfterTaking(0, 1_000, limit)
  t.is(fullAt, 7_000)
  t.is(tokensAt(fullAt, 6_900, limit), 9)
  t.is(tokensAt(fullAt, 7_000, limit), 10)
})
