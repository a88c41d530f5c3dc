import test from 'ava'
import { clusterFaults } from './faults/clusters.ts'
import type { Entry, Outcome } from './history.ts'
import type { Injected } from './injector.ts'
import { recoveriesOf } from './recovery.ts'
import { planFaults } from './schedule.ts'

const served: Outcome = { kind: 'answer', status: 201, text: '', body: {} }
const failed: Outcome = { kind: 'answer', status: 503, text: '', body: {} }
const buyingBegan = 10_000

function entry(beganAt: number, outcome: Outcome, more: Partial<Entry> = {}): Entry {
  const own = { operation: 'hold', userId: 'ann', method: 'POST', path: '/', gateway: 0 } as const
  return { ...own, beganAt: buyingBegan + beganAt, endedAt: buyingBegan + beganAt + 10, outcome, ...more }
}

/** Somebody is served every 100 ms. */
const service = ({ from, to }: { from: number; to: number }): Entry[] =>
  Array.from({ length: (to - from) / 100 }, (_, index) => entry(from + 100 * index, served))

function injected(beganAt: number, endedAt: number): Injected {
  const [planned] = planFaults({ topology: 'clusters', seed: 1, seconds: 60 })
  if (planned === undefined) throw new Error(`no plan of ${clusterFaults.length} faults`)
  return { planned, beganAt, endedAt, effect: { changed: true, seen: 'pid 1 → 2' } }
}

const one = [injected(1_000, 9_000)]
const calm = service({ from: 0, to: 10_000 })

const longestOutageMs = (entries: readonly Entry[], faults = one): number | undefined =>
  recoveriesOf(faults, entries, buyingBegan)[0]?.longestOutageMs

test('a fault that nobody feels is over at once', (t) => {
  t.is(longestOutageMs(calm), 0)
})

test('an outage lasts until the last failed request was begun', (t) => {
  const entries = [...calm, entry(1_100, failed), entry(3_500, failed, { endedAt: buyingBegan + 8_000 })]
  const [recovery] = recoveriesOf(one, entries, buyingBegan)
  t.like(recovery, { longestOutageMs: 2_500, failed: 2, longestWaitMs: 4_500 })
  t.is(recovery?.failures.join(), 'undefined at 0.1 s for 0.0 s,undefined at 2.5 s for 4.5 s')
})

test('after three seconds without trouble a new outage begins, and the longest one counts', (t) => {
  t.is(longestOutageMs([...calm, entry(1_100, failed), entry(4_200, failed), entry(4_900, failed)]), 700)
  t.is(longestOutageMs([...calm, entry(1_100, failed), entry(4_000, failed), entry(6_900, failed)]), 5_900)
  t.is(longestOutageMs([...service({ from: 0, to: 6_000 }), ...service({ from: 8_500, to: 10_000 })]), 2_600)
})

test('an answer that never came is a failure, unless the buyer left', (t) => {
  const none: Outcome = { kind: 'unknown', why: 'socket hang up' }
  t.is(longestOutageMs([...calm, entry(2_000, none)]), 1_000)
  t.is(longestOutageMs([...calm, entry(2_000, none, { cutByBuyer: true })]), 0)
})

test('a time in which nobody is served is not normal, though nobody is failed either', (t) => {
  const entries = [...service({ from: 0, to: 1_000 }), ...service({ from: 4_000, to: 10_000 })]
  t.is(longestOutageMs(entries), 3_010)
  t.is(longestOutageMs(service({ from: 0, to: 6_000 })), Number.POSITIVE_INFINITY)
})

test('who fails buyers to the end has not recovered, however late that began', (t) => {
  const failing = (from: number) => Array.from({ length: 20 }, (_, index) => entry(from + index * 100, failed))
  t.is(longestOutageMs([...calm, ...failing(7_050)]), Number.POSITIVE_INFINITY)
  t.is(longestOutageMs([...calm, ...failing(5_050)]), 1_900)
  t.is(longestOutageMs([...calm, entry(8_500, failed)]), 0)
})

test('what the next fault does to requests that were under way is not the fault of this one', (t) => {
  const two = [...one, injected(9_100, 12_000)]
  const underWay = entry(3_000, failed, { endedAt: buyingBegan + 9_300 })
  t.is(longestOutageMs([...calm, underWay], two), 0)
  t.is(longestOutageMs([...calm, { ...underWay, endedAt: buyingBegan + 9_000 }], two), 2_000)
})

test('failures before a fault, and of requests that sell nothing, do not count', (t) => {
  t.is(longestOutageMs([...calm, entry(500, failed), entry(3_000, failed, { operation: 'browse' })]), 0)
})
