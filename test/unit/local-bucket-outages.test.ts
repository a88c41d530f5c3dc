import test from 'ava'
import fc from 'fast-check'
import { LocalBucket } from '../../gateway/limits/local-bucket.ts'
import { worstExcess } from '../support/admissions.ts'

const tenAMinute = { max: 10, windowMs: 60_000 }
const nothingKnown = { left: 0, fullAt: 0, frozenUntil: 0 }

test('alone, a gateway begins with its part of what was known to be left', (t) => {
  const local = new LocalBucket(tenAMinute, 2)
  const known = { left: 6, fullAt: 34_000, frozenUntil: 70_000 }
  // Six of ten for two gateways: three of five, and no more within this minute.
  t.deepEqual(
    [10_000, 10_000, 10_000, 10_000, 69_000].map((now) => local.decide(now, known)[0] > 0),
    [true, true, true, false, false],
  )
  t.true(local.decide(70_000, known)[0] > 0)
})

test('what a gateway admitted alone is told to Redis once, without what was granted to nobody', (t) => {
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
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
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
    }),
  )
})
