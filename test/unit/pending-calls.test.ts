import test from 'ava'
import { PendingCalls } from '#shared/messaging/pending-calls.ts'
import { until } from '../support/until.ts'

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
  t.deepEqual(
    outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.message),
    ['a is refused', 'all are lost', 'a is refused'],
  )
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
