import test from 'ava'
import { isLeased, Lease } from '../../gateway/limits/lease.ts'

const browse = { max: 60_000, windowMs: 60_000 }
const tenAMinute = { max: 10, windowMs: 60_000 }

test('tokens lapse, and until then each admits one request', (t) => {
  const lease = new Lease(browse)
  lease.note([3, 59_000, 2_000, 1_000, 0], 10_000)
  t.is(lease.decide(11_000)?.[0], 59_003)
  t.is(lease.decide(11_999)?.[0], 59_002)
  t.is(lease.decide(12_000), undefined)
  // The last one is gone, whatever is granted later.
  lease.note([1, 58_000, 2_000, 2_000, 0], 12_001)
  t.is(lease.decide(12_001)?.[0], 58_001)
  t.is(lease.decide(12_001), undefined)
})

test('from a bucket less than half full a gateway asks for an eighth of what it used, at least for what waits, at most for a fortieth of the maximum', (t) => {
  const usedBefore = (max: number, used: number): Lease => {
    const lease = new Lease({ max, windowMs: 60_000 })
    lease.note([used, 0, 2_000, 0, 0], 10_000)
    for (let i = 0; i < used; i++) lease.use()
    return lease
  }
  t.is(usedBefore(60_000, 0).wanted(1, 10_001), 1)
  t.is(usedBefore(60_000, 80).wanted(1, 10_001), 10)
  t.is(usedBefore(60_000, 80).wanted(50, 10_001), 50)
  t.is(usedBefore(400, 400).wanted(1, 10_001), 10)
  t.is(usedBefore(1_000_000, 500_000).wanted(1, 10_001), 25_000)
  t.is(usedBefore(79, 79).wanted(1, 10_001), 1)
  t.false(isLeased({ max: 79, windowMs: 60_000 }))
  t.true(isLeased({ max: 80, windowMs: 60_000 }))
})

test('while most of the bucket is left it asks for what it will use until that lapses, and at first for a half of what it used before', (t) => {
  const lease = new Lease(browse)
  lease.note([80, 59_920, 2_000, 0, 0], 10_000)
  for (let i = 0; i < 80; i++) lease.use()
  t.is(lease.wanted(1, 10_001), 80)
  t.is(lease.wanted(1, 11_500), 20)
  t.is(lease.wanted(1, 12_000), 40)
  // Whoever was away begins anew.
  t.is(lease.wanted(1, 14_001), 1)
})

test('a lease that lapsed unused makes the next one smaller', (t) => {
  const lease = new Lease(browse)
  lease.note([800, 0, 2_000, 0, 0], 10_000)
  for (let i = 0; i < 800; i++) lease.use()
  lease.note([100, 0, 2_000, 0, 0], 12_500)
  t.is(lease.wanted(1, 12_501), 100)
  lease.note([1, 0, 2_000, 0, 0], 15_000)
  t.is(lease.wanted(1, 15_001), 50)
  lease.note([1, 0, 2_000, 0, 0], 60_000)
  t.is(lease.wanted(1, 60_001), 1)
})

test('what Redis told of a bucket is known while it is away: frozen it counts as only where tokens are not leased', (t) => {
  const small = new Lease(tenAMinute)
  small.note([1, 6, 60_000, 60_000, 0], 10_000)
  t.deepEqual(small.bucket, { left: 6, fullAt: 34_000, frozenUntil: 70_000 })
  const large = new Lease(browse)
  large.note([1, 59_000, 2_000, 1_000, 0], 10_000)
  t.deepEqual(large.bucket, { left: 59_000, fullAt: 11_000, frozenUntil: 0 })
})
