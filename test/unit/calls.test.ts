import test from 'ava'
import { PendingCalls } from '#shared/messaging/pending-calls.ts'
import { AnswerTimes, RetryBudget } from '#shared/messaging/retries.ts'
import { isLeased, Lease } from '../../gateway/limits/lease.ts'
import { until } from '../support/until.ts'

function timesOf(...allMs: number[]): AnswerTimes {
  const times = new AnswerTimes()
  for (const ms of allMs) times.add(ms)
  return times
}

const repeated = (ms: number, count: number): number[] => Array.from({ length: count }, () => ms)

test('with few answers known, 100 ms is usual', (t) => {
  t.is(timesOf().usualMs(1_000), 100)
  t.is(timesOf(...repeated(5, 49)).usualMs(1_000), 100)
})

test('the 99th percentile is usual, within 20 ms and a third of the deadline', (t) => {
  t.is(timesOf(...repeated(40, 198), 900, 900).usualMs(1_000), 40)
  t.is(timesOf(...repeated(1, 200)).usualMs(1_000), 20)
  t.is(timesOf(...repeated(800, 200)).usualMs(900), 300)
})

test('only the last 200 answers count', (t) => {
  t.is(timesOf(...repeated(300, 200), ...repeated(30, 200)).usualMs(1_000), 30)
})

/** How many retries are allowed, one after the other. */
function spendAll(budget: RetryBudget): number {
  let spent = 0
  while (budget.spend()) spent += 1
  return spent
}

test('each call earns a tenth of a retry, beside what was saved up and ten a second', (t) => {
  const begin = performance.now()
  const budget = new RetryBudget()
  const saved = spendAll(budget)
  for (let calls = 0; calls < 500; calls += 1) budget.earn()
  const earned = spendAll(budget)
  const byTime = ((performance.now() - begin) / 1_000) * 10
  t.true(saved >= 100 && saved <= 100 + byTime)
  // Tenths do not add up exactly.
  t.true(earned >= 49 && earned <= 51 + byTime)
})

test('no more than a hundred retries are saved up', (t) => {
  const budget = new RetryBudget()
  for (let calls = 0; calls < 10_000; calls += 1) budget.earn()
  const begin = performance.now()
  const saved = spendAll(budget)
  t.true(saved <= 101 + ((performance.now() - begin) / 1_000) * 10)
})

test('each call gets the reply under its token, once', async (t) => {
  const calls = new PendingCalls<string>()
  const [one, other] = [calls.begin('a', 1_000), calls.begin('a', 1_000)]
  t.not(one.token, other.token)
  calls.resolve(other.token, 'other')
  calls.resolve(one.token, 'one')
  calls.resolve(one.token, 'again')
  calls.resolve('unknown', 'nobody')
  t.deepEqual(await Promise.all([one.reply, other.reply]), ['one', 'other'])
})

test('a call times out after its deadline and never before, in any order of deadlines', async (t) => {
  const calls = new PendingCalls<string>()
  const deadlinesMs = [120, 5, 60, 30, 61]
  const lateMs: number[] = []
  for (const deadlineMs of deadlinesMs) {
    const begin = performance.now()
    const { reply } = calls.begin('a', deadlineMs)
    reply.catch((error) => {
      t.like(error, { code: 'worker_timeout' })
      lateMs.push(performance.now() - begin - deadlineMs)
    })
  }
  await until('all have timed out', () => lateMs.length === deadlinesMs.length)
  t.true(Math.min(...lateMs) >= 0)
})

test('calls can be rejected together, all of them or those of one subject', async (t) => {
  const calls = new PendingCalls<string>()
  const begun = ['a', 'b', 'a'].map((subject) => calls.begin(subject, 1_000).reply)
  calls.rejectAll(() => new Error('a is refused'), 'a')
  calls.rejectAll(() => new Error('all are lost'))
  const outcomes = await Promise.allSettled(begun)
  const heard = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.message)
  t.is(heard.join(), 'a is refused,all are lost,a is refused')
})

test('more than 10,000 calls at once are refused as overloaded, until some are answered', async (t) => {
  const calls = new PendingCalls<string>()
  const begun = Array.from({ length: 10_000 }, () => calls.begin('a', 60_000))
  t.throws(() => calls.begin('a', 60_000), { code: 'overloaded' } as never)
  calls.resolve(begun[0]?.token ?? '', 'answered')
  begun.push(calls.begin('a', 60_000))
  calls.rejectAll(() => new Error('over'))
  await Promise.allSettled(begun.map(({ reply }) => reply))
})

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
  // After a lapse it begins anew.
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

test('the last answer of Redis counts while it is unavailable; a bucket is frozen only where tokens are not leased', (t) => {
  const small = new Lease(tenAMinute)
  small.note([1, 6, 60_000, 60_000, 0], 10_000)
  t.deepEqual(small.bucket, { left: 6, fullAt: 34_000, frozenUntil: 70_000 })
  const large = new Lease(browse)
  large.note([1, 59_000, 2_000, 1_000, 0], 10_000)
  t.deepEqual(large.bucket, { left: 59_000, fullAt: 11_000, frozenUntil: 0 })
})
