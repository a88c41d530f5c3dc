import test from 'ava'
import fc from 'fast-check'
import { CallerLease, isLeased } from '../../gateway/limits/caller-lease.ts'
import { worstExcess } from '../support/admissions.ts'

const browse = { max: 60_000, windowMs: 60_000 }
const tenAMinute = { max: 10, windowMs: 60_000 }

test('tokens lapse, and until then each admits one request', (t) => {
  const lease = new CallerLease(browse)
  lease.note([3, 59_000, 2_000, 1_000, 0], 10_000)
  t.is(lease.decide(11_000)?.[0], 59_003)
  t.is(lease.decide(11_999)?.[0], 59_002)
  t.is(lease.decide(12_000), undefined)
  // The last one is gone, whatever is granted later.
  lease.note([1, 58_000, 2_000, 2_000, 0], 12_001)
  t.is(lease.decide(12_001)?.[0], 58_001)
  t.is(lease.decide(12_001), undefined)
})

test('a gateway asks for what waits, or for an eighth of what it used, or a fortieth of the maximum, or 1,000', (t) => {
  const usedBefore = (max: number, used: number): CallerLease => {
    const lease = new CallerLease({ max, windowMs: 60_000 })
    lease.note([used, 0, 2_000, 0, 0], 10_000)
    for (let i = 0; i < used; i++) lease.use()
    return lease
  }
  t.is(usedBefore(60_000, 0).wanted(1), 1)
  t.is(usedBefore(60_000, 80).wanted(1), 10)
  t.is(usedBefore(60_000, 80).wanted(50), 50)
  t.is(usedBefore(400, 400).wanted(1), 10)
  t.is(usedBefore(1_000_000, 50_000).wanted(1), 1_000)
  t.is(usedBefore(79, 79).wanted(1), 1)
  t.false(isLeased({ max: 79, windowMs: 60_000 }))
  t.true(isLeased({ max: 80, windowMs: 60_000 }))
})

test('a lease that lapsed unused makes the next one smaller', (t) => {
  const lease = new CallerLease(browse)
  lease.note([800, 0, 2_000, 0, 0], 10_000)
  for (let i = 0; i < 800; i++) lease.use()
  lease.note([100, 0, 2_000, 0, 0], 12_500)
  t.is(lease.wanted(1), 100)
  lease.note([1, 0, 2_000, 0, 0], 15_000)
  t.is(lease.wanted(1), 50)
  lease.note([1, 0, 2_000, 0, 0], 60_000)
  t.is(lease.wanted(1), 1)
})

test('alone, a gateway begins with its part of what was known to be left', (t) => {
  const lease = new CallerLease(tenAMinute)
  lease.note([1, 6, 60_000, 60_000, 0], 10_000)
  lease.use()
  // Six of ten for two gateways: three of five, and no more within this minute.
  t.deepEqual(
    [10_000, 10_000, 10_000, 10_000, 69_000].map((now) => lease.decideAlone(now, 2)[0] > 0),
    [true, true, true, false, false],
  )
  t.true(lease.decideAlone(70_000, 2)[0] > 0)
})

test('what a gateway admitted alone is told to Redis once, without what was granted to nobody', (t) => {
  const lease = new CallerLease(tenAMinute)
  t.is(lease.takeUnasked(10_000, 1), 0)
  for (let i = 0; i < 4; i++) lease.decideAlone(10_000, 1)
  lease.noteLost(1)
  t.is(lease.takeUnasked(10_000, 1), 3)
  t.is(lease.takeUnasked(10_000, 1), 0)
  for (let i = 0; i < 4; i++) lease.decideAlone(10_000, 1)
  // Five of the eight have grown again in half a minute.
  t.is(lease.takeUnasked(40_000, 1), 3)
})

test('however often Redis goes and comes, a gateway admits alone no more than its part and what grows of it', (t) => {
  const limit = { max: 40, windowMs: 10_000 }
  const anyStep = fc.record({ pauseMs: fc.integer({ min: 0, max: 3_000 }), redisIsBack: fc.boolean() })
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
      const lease = new CallerLease(limit)
      let now = 10_000
      const admittedAt: number[] = []
      for (const { pauseMs, redisIsBack } of steps) {
        now += pauseMs
        if (redisIsBack) {
          lease.takeUnasked(now, 4)
          lease.note([0, limit.max, 10_000, 0, 0], now)
        }
        for (let i = 0; i < 12; i++) {
          if (lease.decideAlone(now, 4)[0] > 0) admittedAt.push(now)
        }
      }
      t.true(worstExcess(admittedAt, { max: 10, windowMs: 10_000 }) < 0.02)
    }),
  )
})
