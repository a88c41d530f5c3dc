import test from 'ava'
import { inTurn, type Scenario, type SystemName, systemsAnswering } from '../../infra/load/reading/plan.ts'
import { verdictLine } from '../../infra/load/reading/report.ts'
import { type Cell, median, rowsOf, type Sample } from '../../infra/load/reading/results.ts'
import { ratioVerdicts, verdict } from '../../infra/load/reading/targets.ts'
import { zipf } from '../../infra/load/reading/zipf.ts'

function sample(changes: Partial<Sample>): Sample {
  return {
    gateway_cpu_us: 50,
    all_cpu_us: 60,
    requests_per_second: 1_000,
    p50_ms: 1,
    p99_ms: 2,
    generator_busy: 0.5,
    answered: 3_000,
    failures: 0,
    firstFailure: undefined,
    ...changes,
  }
}

interface CellParts {
  readonly system: SystemName
  readonly round: number
  readonly cpu: number
  readonly scenario?: Scenario
}

function cell({ system, round, cpu, scenario = 'hit' }: CellParts): Cell {
  return { system, scenario, connections: 50, round, sample: sample({ gateway_cpu_us: cpu }) }
}

test('ratios are taken within a round, and the middle one counts', (t) => {
  const cells = [
    // In the second round the machine was ten times slower for both, in the third for ours alone.
    ...[50, 500, 600].map((cpu, round) => cell({ system: 'ours', round, cpu })),
    ...[50, 500, 60].map((cpu, round) => cell({ system: 'koa', round, cpu })),
  ]
  const [first] = ratioVerdicts(cells)
  t.deepEqual(first?.rounds, [1, 1, 10])
  t.is(first?.value, 1)
  t.true(first?.is_good)
})

test('the order of the cells does not matter to the ratios', (t) => {
  const cells = [
    cell({ system: 'koa', round: 1, cpu: 10 }),
    cell({ system: 'ours', round: 0, cpu: 30 }),
    cell({ system: 'ours', round: 1, cpu: 20 }),
    cell({ system: 'koa', round: 0, cpu: 10 }),
  ]
  t.deepEqual(ratioVerdicts(cells)[0]?.rounds, [3, 2])
})

test('nothing is said about systems that did not run', (t) => {
  t.deepEqual(ratioVerdicts([cell({ system: 'ours', round: 0, cpu: 30 })]), [])
})

test('a row holds the medians of its rounds, and all failures together', (t) => {
  const of = (round: number, changes: Partial<Sample>): Cell => ({
    ...cell({ system: 'ours', round, cpu: 0 }),
    sample: sample(changes),
  })
  const [row, ...others] = rowsOf([
    of(0, { gateway_cpu_us: 90, p99_ms: 3, failures: 1 }),
    of(1, { gateway_cpu_us: 40.04, p99_ms: 9, failures: 2, firstFailure: 'HTTP/1.1 503' }),
    of(2, { gateway_cpu_us: 30, p99_ms: 6 }),
  ])
  t.deepEqual(others, [])
  t.is(row?.gateway_cpu_us, 40)
  t.is(row?.p99_ms, 6)
  t.is(row?.failures, 3)
  t.is(row?.first_failure, 'HTTP/1.1 503')
})

test('a bound is kept up to itself, and what could not be measured keeps none', (t) => {
  t.true(verdict({ what: '', value: 1.2, atMost: 1.2 }).is_good)
  t.false(verdict({ what: '', value: 1.21, atMost: 1.2 }).is_good)
  t.true(verdict({ what: '', value: 2.5, atLeast: 2.5 }).is_good)
  t.false(verdict({ what: '', value: 2.49, atLeast: 2.5 }).is_good)
  t.false(verdict({ what: '', value: Number.NaN, atMost: 1.2 }).is_good)
  t.false(verdict({ what: '', value: Number.NaN, atLeast: 2.5 }).is_good)
})

test('a verdict says its bound', (t) => {
  t.is(
    verdictLine(verdict({ what: 'CPU: ours to koa', value: 1.304, atMost: 1.2 })),
    'CPU: ours to koa: 1.3 (at most 1.2) MISSED',
  )
  t.is(verdictLine(verdict({ what: 'rate', value: 3, atLeast: 2.5 })), 'rate: 3 (at least 2.5) good')
})

test('of an even number of values the median lies between the two in the middle', (t) => {
  t.is(median([4, 1, 3, 2]), 2.5)
  t.is(median([30, 1, 2]), 2)
  t.is(median([]), Number.NaN)
})

test('every other round goes backwards', (t) => {
  t.deepEqual(inTurn(['a', 'b'], 0), ['a', 'b'])
  t.deepEqual(inTurn(['a', 'b'], 1), ['b', 'a'])
})

test('peers are asked only where they run', (t) => {
  t.deepEqual(systemsAnswering('miss', new Set(['ours', 'koa', 'koa-obvious', 'nginx'])), ['ours', 'koa-obvious'])
})

test("of 10,000 keys by Zipf's law the first is read twice as often as the second, and the last can be read", (t) => {
  const count = 10_000
  const draws = 100_000
  const readings = new Map<number, number>()
  let drawn = 0
  // Every part of the range equally often, so that nothing depends on luck.
  const next = zipf(count, () => (drawn++ + 0.5) / draws)
  for (let draw = 0; draw < draws; draw += 1) {
    const key = next()
    readings.set(key, (readings.get(key) ?? 0) + 1)
  }
  const [first = 0, second = 0] = [readings.get(0), readings.get(1)]
  t.true(Math.abs(first / second - 2) < 0.01, `${first} to ${second}`)
  t.is(zipf(count, () => 0)(), 0)
  t.is(zipf(count, () => 1 - Number.EPSILON)(), count - 1)
})
