import test from 'ava'
import fc from 'fast-check'
import { fullAfterTaking, type Limit, LocalBucket, nextTokenAt, tokensAt } from '../../gateway/limits/local-bucket.ts'
import { worstExcess } from '../support/admissions.ts'
import { always } from '../support/always.ts'

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
  always(t, { of: [anyStart, anyLimit], times: 200 }, (start, limit) => {
    t.is(admitted(start, Array(limit.max + 5).fill(0), limit).length, limit.max)
  })
})

test('whatever comes when: no interval has more than the maximum and what has grown in it', (t) => {
  const anyPauses = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2_000, noNaN: true })), {
    maxLength: 300,
  })
  always(t, { of: [anyStart, anyLimit, anyPauses] }, (start, limit, pausesMs) => {
    t.true(worstExcess(admitted(start, pausesMs, limit), limit) < 0.02)
  })
})

test('an empty bucket has its next token when it says, and not before', (t) => {
  always(t, { of: [anyStart, anyLimit] }, (start, limit) => {
    const fullAt = start + limit.windowMs
    t.is(tokensAt(fullAt, start, limit), 0)
    const dueAt = nextTokenAt(fullAt, limit)
    t.is(tokensAt(fullAt, dueAt, limit), 1)
    t.is(tokensAt(fullAt, dueAt - 0.05 * (dueAt - start), limit), 0)
  })
})

test('a bucket that nobody asks is full again when it says', (t) => {
  const limit = { max: 10, windowMs: 60_000 }
  const fullAt = fullAfterTaking(0, 1_000, limit)
  t.is(fullAt, 7_000)
  t.is(tokensAt(fullAt, 6_900, limit), 9)
  t.is(tokensAt(fullAt, 7_000, limit), 10)
})

const tenAMinute = { max: 10, windowMs: 60_000 }
const nothingKnown = { left: 0, fullAt: 0, frozenUntil: 0 }

test('alone, a gateway begins with its part of what was known to be left', (t) => {
  const local = new LocalBucket(tenAMinute, 2)
  const known = { left: 6, fullAt: 34_000, frozenUntil: 70_000 }
  // Six of ten for two gateways: three of five, and no more within this minute.
  const times = [10_000, 10_000, 10_000, 10_000, 69_000]
  t.is(times.map((now) => local.decide(now, known)[0] > 0).join(' '), 'true true true false false')
  t.true(local.decide(70_000, known)[0] > 0)
})

test('a gateway reports to Redis once what it admitted alone, without tokens that were granted to nobody', (t) => {
  const local = new LocalBucket(tenAMinute, 1)
  t.is(local.takeUncounted(10_000), 0)
  for (let i = 0; i < 4; i++) local.decide(10_000, nothingKnown)
  local.noteLost(1)
  t.is(local.takeUncounted(10_000), 3)
  t.is(local.takeUncounted(10_000), 0)
  for (let i = 0; i < 4; i++) local.decide(10_000, nothingKnown)
  // Five of the eight have grown again in half a minute.
  t.is(local.takeUncounted(40_000), 3)
})

test('however often Redis goes and comes, a gateway admits alone no more than its part and what grows of it', (t) => {
  const limit = { max: 40, windowMs: 10_000 }
  const anyStep = fc.record({ pauseMs: fc.integer({ min: 0, max: 3_000 }), redisIsBack: fc.boolean() })
  always(t, { of: [fc.array(anyStep, { maxLength: 200 })] }, (steps) => {
    const local = new LocalBucket(limit, 4)
    let known = nothingKnown
    let now = 10_000
    const admittedAt: number[] = []
    for (const { pauseMs, redisIsBack } of steps) {
      now += pauseMs
      if (redisIsBack) {
        local.takeUncounted(now)
        local.noteAnswer()
        known = { left: limit.max, fullAt: now, frozenUntil: now + 10_000 }
      }
      for (let i = 0; i < 12; i++) {
        if (local.decide(now, known)[0] > 0) admittedAt.push(now)
      }
    }
    t.true(worstExcess(admittedAt, { max: 10, windowMs: 10_000 }) < 0.02)
  })
})
