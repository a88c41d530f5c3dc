import { connectionCounts, type Scenario, type SystemName } from './plan.ts'
import { type Cell, median } from './results.ts'

type Measure = 'gateway_cpu_us' | 'requests_per_second'

/** How ours is to stand beside another system in the same scenario. */
interface Target {
  readonly scenario: Scenario
  readonly against: SystemName
  /** What the other one answers. Default: the same. */
  readonly beside?: Scenario
  readonly measure: Measure
  readonly atMost?: number
  readonly atLeast?: number
}

const cpu = 'gateway_cpu_us'

/** Deliberately wider than the figures of a good day: simple code is worth a microsecond. */
const targets: readonly Target[] = [
  { scenario: 'hit', against: 'koa', measure: cpu, atMost: 1.25 },
  { scenario: 'hit', against: 'koa-obvious', measure: cpu, atMost: 1 / 3 },
  { scenario: 'hit', against: 'moleculer', measure: cpu, atMost: 1 / 6 },
  { scenario: 'hit', against: 'nestjs', measure: cpu, atMost: 1 / 6 },
  { scenario: 'hit', against: 'koa-obvious', measure: 'requests_per_second', atLeast: 2.5 },
  { scenario: 'page', against: 'ours', beside: 'hit', measure: cpu, atMost: 1.2 },
  { scenario: 'hit+limit', against: 'koa', measure: cpu, atMost: 1.7 },
  { scenario: 'hit+limit', against: 'koa-obvious', measure: cpu, atMost: 1 / 2 },
  { scenario: 'miss', against: 'koa-obvious', measure: cpu, atMost: 0.8 },
  { scenario: 'refused', against: 'koa-obvious', measure: cpu, atMost: 0.65 },
]

/** One wish and what came of it. */
export interface Verdict {
  readonly what: string
  readonly value: number
  readonly at_most?: number
  readonly at_least?: number
  readonly is_good: boolean
  /** Of single rounds, where there were several. */
  readonly rounds?: readonly number[]
}

/** The ratios of ours to others, taken within each round; those against systems that did not run are left out. */
export function ratioVerdicts(cells: readonly Cell[]): Verdict[] {
  return targets.flatMap(({ scenario, against, beside = scenario, measure, atMost, atLeast }) =>
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
      return [{ ...verdict({ what, value: median(rounds), atMost, atLeast }), rounds }]
    }),
  )
}

export interface Wish {
  readonly what: string
  readonly value: number
  readonly atMost?: number | undefined
  readonly atLeast?: number | undefined
}

/** Whether a figure keeps its bounds. */
export function verdict({ what, value, atMost, atLeast }: Wish): Verdict {
  return {
    what,
    value,
    ...(atMost !== undefined && { at_most: atMost }),
    ...(atLeast !== undefined && { at_least: atLeast }),
    // NaN is never good.
    is_good: value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY),
  }
}
