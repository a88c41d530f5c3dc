import { median, rounded } from '../quantile.ts'
import type { Sample } from '../sample.ts'
import { type Verdict, verdict } from '../verdict.ts'
import { connectionCounts, type Scenario, type SystemName } from './plan.ts'

/** What one system did in one scenario of one round. */
export interface Cell {
  readonly system: SystemName
  readonly scenario: Scenario
  readonly connections: number
  readonly round: number
  readonly sample: Sample
}

/** Medians over the rounds; failures are those of all of them. */
export interface Row
  extends Pick<Cell, 'system' | 'scenario' | 'connections'>,
    Omit<Sample, 'answered' | 'firstFailure'> {
  readonly first_failure?: string
}

/** One row for each system, scenario and number of connections, in the order in which they first appear. */
export function rowsOf(cells: readonly Cell[]): Row[] {
  const groups = Map.groupBy(cells, ({ system, scenario, connections }) => `${scenario} ${connections} ${system}`)
  return [...groups.values()].map((rounds): Row => {
    const [{ system, scenario, connections }] = rounds as [Cell]
    const samples = rounds.map(({ sample }) => sample)
    const of = (pick: (sample: Sample) => number, decimals: number): number =>
      rounded(median(samples.map(pick)), decimals)
    const firstFailure = samples.find((sample) => sample.firstFailure !== undefined)?.firstFailure
    return {
      system,
      scenario,
      connections,
      gateway_cpu_us: of((sample) => sample.gateway_cpu_us, 1),
      all_cpu_us: of((sample) => sample.all_cpu_us, 1),
      requests_per_second: of((sample) => sample.requests_per_second, 0),
      p50_ms: of((sample) => sample.p50_ms, 2),
      p99_ms: of((sample) => sample.p99_ms, 2),
      generator_busy: of((sample) => sample.generator_busy, 2),
      failures: samples.reduce((sum, { failures }) => sum + failures, 0),
      ...(firstFailure !== undefined && { first_failure: firstFailure }),
    }
  })
}

type Measure = 'gateway_cpu_us' | 'requests_per_second'

/** How ours is to stand beside another system in the same scenario. */
interface Target {
  readonly scenario: Scenario
  readonly against: SystemName
  /** What the other one answers. Default: the same. */
  readonly beside?: Scenario
  readonly measure: Measure
  readonly at_most?: number
  readonly at_least?: number
}

const cpu = 'gateway_cpu_us'

/** Deliberately wider than the figures of a good day: simple code is worth a microsecond. */
const targets: readonly Target[] = [
  { scenario: 'hit', against: 'koa', measure: cpu, at_most: 1.25 },
  { scenario: 'hit', against: 'koa-obvious', measure: cpu, at_most: 1 / 3 },
  { scenario: 'hit', against: 'moleculer', measure: cpu, at_most: 1 / 6 },
  { scenario: 'hit', against: 'nestjs', measure: cpu, at_most: 1 / 6 },
  { scenario: 'hit', against: 'koa-obvious', measure: 'requests_per_second', at_least: 2.5 },
  { scenario: 'page', against: 'ours', beside: 'hit', measure: cpu, at_most: 1.2 },
  { scenario: 'hit+limit', against: 'koa', measure: cpu, at_most: 1.7 },
  { scenario: 'hit+limit', against: 'koa-obvious', measure: cpu, at_most: 1 / 2 },
  { scenario: 'miss', against: 'koa-obvious', measure: cpu, at_most: 0.8 },
  { scenario: 'refused', against: 'koa-obvious', measure: cpu, at_most: 0.65 },
]

/** The ratios of ours to others, taken within each round; those against systems that did not run are left out. */
export function ratioVerdicts(cells: readonly Cell[]): Verdict[] {
  return targets.flatMap(({ scenario, against, beside = scenario, measure, at_most, at_least }) =>
    connectionCounts.flatMap((connections) => {
      const of = (system: SystemName, asked: Scenario): number[] =>
        cells
          .filter((cell) => cell.system === system && cell.scenario === asked && cell.connections === connections)
          .sort((a, b) => a.round - b.round)
          .map(({ sample }) => sample[measure])
      const theirs = of(against, beside)
      if (theirs.length === 0) return []
      const rounds = of('ours', scenario).map((value, round) => value / (theirs[round] ?? Number.NaN))
      const name = measure === cpu ? 'gateway CPU' : 'requests a second'
      const what = `${name}, ${scenario}, ${connections} connections: ours to ${against === 'ours' ? beside : against}`
      return [verdict({ what, value: median(rounds), at_most, at_least, rounds })]
    }),
  )
}
