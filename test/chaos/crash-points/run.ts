import { join } from 'node:path'
import { isHelpWanted } from '../../../infra/command-line.ts'
import { projectRoot } from '../../../infra/config.ts'
import { audit } from '../../../infra/ops/audit/audit.ts'
import { command } from '../command.ts'
import { waitUntilMoneyRests } from '../settle.ts'
import { keepLogs } from '../start.ts'
import { type CrashSystem, startCrashSystem } from './crash-system.ts'
import { crashPoints } from './points.ts'
import { reportLines } from './report.ts'
import { type PointResult, runPoint } from './run-point.ts'

/* `npm run chaos -- crash-points`; see README.md. */

/** Points on one system come one after the other; mostly they wait, so several systems fit on two cores. */
const systemsAtOnce = 3

const usage = `Usage: npm run chaos -- crash-points
Kills each process at each point where it has done something and not yet said so.`

interface Outcome {
  readonly results: PointResult[]
  readonly violations: string[]
}

async function runAll(stopping: AbortSignal): Promise<Outcome> {
  const outcome: Outcome = { results: [], violations: [] }
  const onResult = (result: PointResult): void => {
    outcome.results.push(result)
    const { point, settledSeconds, faults } = result
    const verdict = faults.length === 0 ? 'ok' : 'FAILED'
    if (!stopping.aborted) console.log(`  ${point.step}, ${point.when}: ${verdict} (${settledSeconds.toFixed(1)} s)`)
  }
  const queue = [...crashPoints.entries()]
  const systems: CrashSystem[] = []
  let lastStart: Promise<unknown> = Promise.resolve()
  /** Starts a system, and takes points until none is left. Systems start in turn, or some fifteen processes would start side by side. */
  const workThrough = async (): Promise<void> => {
    const start = lastStart.then(() => startCrashSystem(stopping))
    lastStart = start
    const system = await start
    systems.push(system)
    for (let next = queue.shift(); next !== undefined && !stopping.aborted; next = queue.shift()) {
      const [index, point] = next
      onResult(await runPoint(system, point, index))
    }
    if (!stopping.aborted) outcome.violations.push(...(await violationsOf(system)))
  }
  try {
    const lanes = await Promise.allSettled(Array.from({ length: systemsAtOnce }, workThrough))
    for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason
  } finally {
    if (!stopping.aborted && !isGreen(outcome)) {
      const folder = join(projectRoot, '.data', 'crash-points')
      for (const [index, system] of systems.entries()) await keepLogs(system, join(folder, String(index + 1)))
      console.log(`Logs: ${folder}`)
    }
    await Promise.all(systems.map((system) => system.stop()))
  }
  return outcome
}

/** What breaks an invariant, one line each, once the auditor may judge all of it; for a system at rest. */
async function violationsOf({ db, databaseUrl, paymentUrl }: CrashSystem): Promise<string[]> {
  await waitUntilMoneyRests(db)
  const { results } = await audit({ databaseUrl, paymentUrl })
  const compared = results.some(({ says }) => says.includes('not compared'))
  if (compared) throw new Error("the auditor could not read the provider's ledger")
  return results.flatMap(({ invariant, says, examples }) => examples.map((each) => `${invariant} ${says}: ${each}`))
}

const isGreen = ({ results, violations }: Outcome): boolean =>
  violations.length === 0 && results.every(({ faults }) => faults.length === 0)

await command(async (stopping) => {
  if (isHelpWanted(process.argv.slice(2), usage)) return true
  const began = performance.now()
  console.log('Starting servers and processes …')
  const outcome = await runAll(stopping)
  stopping.throwIfAborted()
  const results = outcome.results.toSorted((a, b) => crashPoints.indexOf(a.point) - crashPoints.indexOf(b.point))
  console.log(`\n${((performance.now() - began) / 1_000).toFixed(1)} s\n`)
  console.log(reportLines(results, outcome.violations).join('\n'))
  return isGreen(outcome)
})
