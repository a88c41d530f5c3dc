import { setTimeout as pause } from 'node:timers/promises'
import { ExplainedError } from '../../explained-error.ts'
import type { Progress } from '../../ops/import/progress-bar.ts'
import { cpuTimes } from '../cpu-time.ts'
import { quantile } from '../quantile.ts'
import { ClosedLoop, type Traffic } from './closed-loop.ts'
import { type Fronts, frontOf, type System } from './fronts.ts'
import { connectionCounts, inTurn, type Lengths, type Scenario, scenarios, systemsAnswering } from './plan.ts'
import { readPath, trafficOf } from './requests.ts'
import type { Cell, Sample } from './results.ts'

export interface MeasureOptions {
  readonly lengths: Lengths
  /** The event in which the next seat is to be bought. */
  nextHouse(): string
  bar(label: string): Progress
  readonly stopping: AbortSignal
}

/**
 * One scenario after the other: all systems are warmed up for it, and then answer it in turn, round after round, in one order and then in
 * the other, while the others are idle; so whatever the machine does besides meets all of them.
 */
export async function measureRounds({ systems }: Fronts, options: MeasureOptions): Promise<Cell[]> {
  const { lengths, bar, stopping } = options
  const running = new Set(systems.keys())
  const turnsOf = (scenario: Scenario): readonly System[] =>
    systemsAnswering(scenario, running).map((name) => systems.get(name) as System)
  const cells: Cell[] = []
  let done = 0
  const turns = scenarios.flatMap(turnsOf).length
  const total = turns * (1 + lengths.rounds * connectionCounts.length)
  const run = async (system: System, scenario: Scenario, load: Pick<LoadOptions, 'connections' | 'measuredMs'>) => {
    const progress = bar(`${scenario}: ${system.name}`)
    progress.show(done, total)
    try {
      const traffic = trafficOf(scenario, { etag: await etagOf(system, scenario), nextHouse: options.nextHouse })
      return await sampleOf(system, { ...load, scenario, traffic, leadInMs: lengths.leadInMs, stopping })
    } finally {
      progress.clear()
    }
  }
  // In turn, too: one after the other, the first would have been idle for longest when the rounds begin, and that was ours.
  const warmUp = async (scenario: Scenario): Promise<void> => {
    let cold = turnsOf(scenario).map((system) => ({ system, answered: 0 }))
    for (let turn = 0; turn < lengths.mostWarmUps && cold.length > 0; turn += 1) {
      for (const each of inTurn(cold, turn)) {
        const load = { connections: connectionCounts[0], measuredMs: lengths.warmUpMs }
        const sample = await run(each.system, scenario, load)
        if (sample.failures > sample.answered / 2) {
          throw new ExplainedError(`${each.system.name} does not do what ${scenario} asks for:\n${sample.firstFailure}`)
        }
        each.answered += sample.answered
      }
      const stillCold = cold.filter(({ answered }) => answered < lengths.warmUpAnswers)
      done += cold.length - stillCold.length
      cold = stillCold
    }
    done += cold.length
  }
  for (const scenario of scenarios) {
    await warmUp(scenario)
    for (let round = 0; round < lengths.rounds; round += 1) {
      for (const connections of connectionCounts) {
        for (const system of inTurn(turnsOf(scenario), round)) {
          const sample = await run(system, scenario, { connections, measuredMs: lengths.measuredMs })
          done += 1
          cells.push({ system: system.name, scenario, connections, round, sample })
        }
      }
    }
  }
  return cells
}

export interface LoadOptions {
  readonly scenario: Scenario
  readonly traffic: Traffic
  readonly connections: number
  readonly leadInMs: number
  readonly measuredMs: number
  readonly stopping: AbortSignal
}

/** What a system does under a load. */
export async function sampleOf(system: System, options: LoadOptions): Promise<Sample> {
  const { scenario, traffic, connections, leadInMs, measuredMs, stopping } = options
  const front = frontOf(system, scenario)
  const pids = new Map([...system.behind, ['front', front.pid]])
  const loop = new ClosedLoop({ url: front.url, connections, traffic })
  try {
    await loop.begun()
    await pause(leadInMs, undefined, { signal: stopping })
    const usedBefore = cpuTimes(pids)
    loop.record()
    const begin = performance.now()
    await pause(measuredMs, undefined, { signal: stopping })
    const { latenciesMs, failures, firstFailure } = loop.record()
    const seconds = (performance.now() - begin) / 1_000
    const usedAfter = cpuTimes(pids)
    const answered = latenciesMs.length
    const usedBy = (name: string): number => (usedAfter.get(name) ?? 0) - (usedBefore.get(name) ?? 0)
    const used = [...pids.keys()].reduce((sum, name) => sum + usedBy(name), 0)
    const ascending = latenciesMs.sort((a, b) => a - b)
    return {
      gateway_cpu_us: (usedBy('front') * 1e6) / answered,
      all_cpu_us: (used * 1e6) / answered,
      requests_per_second: answered / seconds,
      p50_ms: quantile(ascending, 0.5),
      p99_ms: quantile(ascending, 0.99),
      generator_busy: usedBy('load generator') / seconds,
      answered,
      failures,
      firstFailure,
    }
  } finally {
    await loop.stop()
  }
}

/** Of what `readPath` answers; '' when it has none, and where nobody asks for it. */
async function etagOf(system: System, scenario: Scenario): Promise<string> {
  if (scenario !== 'not-modified') return ''
  // Each encoding has an ETag of its own, and the load takes none.
  const headers = { 'If-None-Match': '"none"', 'Accept-Encoding': 'identity' }
  const response = await fetch(`${system.open.url}${readPath}`, { headers })
  await response.arrayBuffer()
  return response.headers.get('etag') ?? ''
}
