import { reportFailure } from '../../../infra/explained-error.ts'
import { progressBar } from '../../../infra/import/progress-bar.ts'
import { type RunReport, runOnSharedServers, type SharedServers } from '../crash-points/stand/shared-servers.ts'
import { mutants } from './mutants.ts'
import { type MutantResult, reportLines, signOf } from './report.ts'
import { runTrials } from './run-trials.ts'
import type { TrialReport } from './trial-process.ts'
import { type TrialName, trials } from './trials/all-trials.ts'

/* `npm run chaos -- mutants`; see README.md. */

/** Copies on trial at once; each mostly waits. */
const atOnce = 2

/** Trials that the project as it is does not pass: only when there are none does a red one say something about a mutant. */
function redTrials(reports: readonly TrialReport[]): string[] {
  const red = reports.filter(({ found }) => found.length > 0)
  return red.map(({ trial, found }) => `control RED: ${trial}\n  ${found.join('\n  ')}`)
}

async function runAll(
  servers: SharedServers,
  stopping: AbortSignal,
): Promise<{ control: TrialReport[]; results: MutantResult[] }> {
  const bar = progressBar(process.stderr, 'copies')
  let done = 0
  const step = (line: string): void => {
    done += 1
    bar.clear()
    console.log(`  ${line}`)
    bar.show(done, mutants.length + 1)
  }
  let control: TrialReport[] = []
  const results: MutantResult[] = []
  const jobs = [
    async () => {
      const names = Object.keys(trials) as TrialName[]
      control = await runTrials(servers, { name: 'control', edits: [], trials: names }, stopping)
      const green = control.filter(({ found }) => found.length === 0).length
      step(`control, not changed: ${green} of ${control.length} trials green`)
    },
    ...mutants.map((mutant, index) => async () => {
      const plan = { name: `mutant-${index + 1}`, edits: mutant.edits, trials: [mutant.trial] }
      const [report] = await runTrials(servers, plan, stopping)
      if (report === undefined) return
      const result = { mutant, report }
      results.push(result)
      step(`${mutant.name}: ${signOf(result) === undefined ? 'MISSED' : 'found'}`)
    }),
  ]
  const workers = Array.from({ length: atOnce }, async () => {
    for (let job = jobs.shift(); job !== undefined && !stopping.aborted; job = jobs.shift()) await job()
  })
  const ended = await Promise.allSettled(workers)
  bar.clear()
  for (const one of ended) if (one.status === 'rejected') throw one.reason
  return { control, results: results.toSorted((a, b) => mutants.indexOf(a.mutant) - mutants.indexOf(b.mutant)) }
}

async function run(servers: SharedServers, stopping: AbortSignal): Promise<RunReport> {
  const { control, results } = await runAll(servers, stopping)
  const red = redTrials(control)
  return {
    lines: [...red, ...reportLines(results)],
    isGreen: red.length === 0 && results.every((result) => signOf(result) !== undefined),
  }
}

const usage = `Usage: npm run chaos -- mutants
Breaks a copy of the source in many ways, and shows that a trial notices each.`

await runOnSharedServers(usage, run).catch(reportFailure)
