import { ExplainedError } from '../../explained-error.ts'
import type { Bench } from '../bench.ts'
import { sampleOf } from '../sample.ts'
import { answeringOf, type Front, type Fronts } from './fronts.ts'
import { connectionCounts, inTurn, type Lengths, type Scenario, scenarios, systemsAnswering } from './plan.ts'
import { trafficOf } from './requests.ts'
import type { Cell } from './results.ts'

/**
 * One scenario after the other: all systems are warmed up for it, and then answer it in turn, round after round, in one order and then in
 * the other, while the others are idle; so whatever the machine does besides meets all of them.
 */
export async function measureRounds({ systems }: Fronts, lengths: Lengths, { bar, stopping }: Bench): Promise<Cell[]> {
  const running = new Set(systems.keys())
  const turnsOf = (scenario: Scenario): readonly Front[] =>
    systemsAnswering(scenario, running).map((name) => systems.get(name) as Front)
  const cells: Cell[] = []
  let done = 0
  const turns = scenarios.flatMap(turnsOf).length
  const total = turns * (1 + lengths.rounds * connectionCounts.length)
  const run = async (system: Front, scenario: Scenario, load: { connections: number; measuredMs: number }) => {
    const progress = bar(`${scenario}: ${system.name}`)
    progress.show(done, total)
    const options = { ...load, traffic: trafficOf(scenario), leadInMs: lengths.leadInMs, stopping }
    return sampleOf(answeringOf(system, scenario), options).finally(() => progress.clear())
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
