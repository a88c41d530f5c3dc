import type { Scenario, SystemName } from './plan.ts'

/** What one system did in one scenario of one round. */
export interface Sample {
  /** Processor time a request, of the process that answers HTTP. */
  readonly gateway_cpu_us: number
  /** Of that process and all that stand behind it. */
  readonly all_cpu_us: number
  readonly requests_per_second: number
  readonly p50_ms: number
  readonly p99_ms: number
  /** Of one processor: near 1 the generator itself is what limits the rate. */
  readonly generator_busy: number
  readonly answered: number
  /** Answers that were not what the scenario asks for, and broken connections. */
  readonly failures: number
  readonly firstFailure: string | undefined
}

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
  const rows = [...groups.values()].map((rounds): Row => {
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
  return rows
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b)
  const middle = (ascending.length - 1) / 2
  return ((ascending[Math.floor(middle)] ?? Number.NaN) + (ascending[Math.ceil(middle)] ?? Number.NaN)) / 2
}

/** The nearest number with so many decimals. */
export function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
