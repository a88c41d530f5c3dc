import test from 'ava'
import { type JournalEntry, judgeAdmissions } from '../../infra/ops/audit/admissions.ts'

/* What the auditor makes of a journal of admissions. */

type Admitted = Extract<JournalEntry, { what: 'admitted' }>

/** Sixty a minute, one each second. */
const steady = (count: number, more: (index: number) => Partial<Admitted> = () => ({})): Admitted[] =>
  Array.from({ length: count }, (_, index) => ({
    what: 'admitted',
    ...{ number: index + 1, at: 1_000 * index, serving: index + 1, active: 1, maxActive: 5, perMinute: 60 },
    ...more(index),
  }))

const nothing = { limits: [], order: [] }

test('admissions at the set rate, in order, and within the maximum are right', (t) => {
  t.deepEqual(judgeAdmissions([]), nothing)
  t.deepEqual(judgeAdmissions(steady(100)), nothing)
  // In any t seconds at most ⌈rate · t⌉ and those of one second.
  const burst = steady(100, (index) => ({ perMinute: 6_000, at: Math.max(0, index - 99) * 10 }))
  t.deepEqual(judgeAdmissions(burst), nothing)
})

test('three admissions at once are too many where one a second is allowed', (t) => {
  const { limits, order } = judgeAdmissions(steady(10, (index) => ({ at: index < 5 ? 1_000 * index : 5_000 })))
  t.true(limits.length > 0)
  t.deepEqual(order, [])
})

test('a lower rate counts from its change on', (t) => {
  const fast = steady(100, (index) => ({ perMinute: 6_000, at: 10 * index }))
  const slow = steady(20).map((entry, index) => ({
    ...entry,
    number: 101 + index,
    serving: 200,
    at: 1_000 * (index + 1),
  }))
  t.deepEqual(judgeAdmissions([...fast, ...slow]), nothing)
})

test('more sessions than allowed are found, unless they began while more were allowed or were restored', (t) => {
  t.is(judgeAdmissions(steady(3, () => ({ active: 6 }))).limits.length, 3)
  t.deepEqual(judgeAdmissions(steady(3, (index) => ({ active: 5 - index, maxActive: index === 0 ? 5 : 2 }))), nothing)
  const restored: JournalEntry = { what: 'restored', number: 50, until: 1_500 }
  t.is(judgeAdmissions([restored, ...steady(3, () => ({ active: 6 }))]).limits.length, 1)
})

test('a number that was admitted before its call, or twice, or calls that go back, are found', (t) => {
  t.is(judgeAdmissions(steady(3, (index) => ({ number: index + 2 }))).order.length, 3)
  t.is(judgeAdmissions(steady(3, () => ({ number: 1 }))).order.length, 2)
  t.is(judgeAdmissions(steady(3, (index) => ({ number: 3 - index, serving: 10 - index }))).order.length, 2)
})
