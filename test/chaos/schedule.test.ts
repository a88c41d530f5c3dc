import test from 'ava'
import { allFaults } from './faults/all-faults.ts'
import { conflict, describePlan, planFaults, topologies } from './schedule.ts'

test('the same seed plans the same faults, to the millisecond', (t) => {
  t.deepEqual(
    planFaults({ topology: 'single', seed: 42, seconds: 60 }),
    planFaults({ topology: 'single', seed: 42, seconds: 60 }),
  )
})

test('another seed plans another order', (t) => {
  const plans = [1, 2, 3, 4, 5].map((seed) => describePlan(planFaults({ topology: 'single', seed, seconds: 60 })))
  t.is(new Set(plans).size, 5)
})

test('a minute has at least 30 faults and every one that there is', (t) => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const plan = planFaults({ topology: 'single', seed, seconds: 60 })
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

test('faults begin one after the other within the time of the run', (t) => {
  const begins = planFaults({ topology: 'single', seed: 7, seconds: 60 }).map(({ atMs }) => atMs)
  t.is(begins.join(), begins.toSorted((a, b) => a - b).join())
  t.true((begins.at(-1) ?? 0) < 60_000)
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
