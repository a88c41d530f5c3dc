import test from 'ava'
import { allFaults } from './faults/all-faults.ts'
import { conflict, describePlan, planFaults, topologies } from './schedule.ts'

const planned = (seed: number) => planFaults({ topology: 'single', seed, seconds: 60 })

test('the same seed plans the same faults, to the millisecond, and another one another order', (t) => {
  t.deepEqual(planned(42), planned(42))
  t.is(new Set([1, 2, 3, 4, 5].map((seed) => describePlan(planned(seed)))).size, 5)
})

test('a minute has at least 30 faults and every one that there is, one after the other', (t) => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const plan = planned(seed)
    for (const [index, { atMs }] of plan.entries()) t.true(atMs > (plan[index - 1]?.atMs ?? 0) && atMs < 60_000)
    t.true(plan.length >= 30)
    t.is(new Set(plan.map(({ fault }) => fault)).size, allFaults.length)
    for (const { fault, target, lastsMs, amount } of plan) {
      t.true(fault.targets.includes(target))
      t.true(lastsMs >= fault.lastsMs[0] && lastsMs <= fault.lastsMs[1])
      t.true(amount >= 1 && amount <= 6)
    }
  }
})

test('50 s on clusters have every fault that there is, and each has a bound', (t) => {
  const { faults } = topologies.clusters
  for (let seed = 1; seed <= 50; seed += 1) {
    const plan = planFaults({ topology: 'clusters', seed, seconds: 50 })
    t.is(new Set(plan.map(({ fault }) => fault)).size, faults.length)
  }
  for (const { kind, backToNormalWithinMs } of faults) t.true(backToNormalWithinMs !== undefined, kind)
})

test('what another fault breaks at the same time would hide that a fault works', (t) => {
  const named = (kind: string, target: string) => {
    const found = allFaults.find((fault) => fault.kind === kind && fault.targets.includes(target))
    if (found === undefined) throw new Error(`no ${kind} ${target}`)
    return found
  }
  t.true(conflict(named('kill process', 'booking-1'), named('lose replies', 'booking → postgres')))
  t.true(conflict(named('kill postgres', 'postgres'), named('kill process', 'gateway-1')))
  t.false(conflict(named('kill process', 'gateway-1'), named('lose replies', 'purchase → sandbox')))
})
