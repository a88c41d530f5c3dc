import { join } from 'node:path'
import { isHelpWanted } from '../../../infra/command-line.ts'
import { createTemporaryFolder, removeTemporaryFolder } from '../../../infra/system/temporary-folder.ts'
import { installPrograms, startTestServers, type TestServers } from '../../runner/test-servers.ts'
import { command } from '../command.ts'
import { mutants } from './mutants.ts'
import { type MutantResult, reportLines, signOf } from './report.ts'
import { createCopy, type TestReport, type TrialOptions, tryCopy } from './try-copy.ts'

/* `npm run chaos -- mutants`; see README.md. */

/** Copies on trial at once; each mostly waits. */
const atOnce = 2

const usage = `Usage: npm run chaos -- mutants
Breaks a copy of the source in many ways, and shows that a test notices each.`

interface Outcome {
  readonly control: TestReport
  readonly results: readonly MutantResult[]
}

async function runAll(directory: string, servers: TestServers, stopping: AbortSignal): Promise<Outcome> {
  let control: TestReport = { passed: 0, failed: [], output: '' }
  const results: MutantResult[] = []
  const jobs = [
    async (options: TrialOptions) => {
      const files = [...new Set(mutants.map((mutant) => mutant.test))]
      const titles = mutants.map(({ title }) => title)
      control = await tryCopy({ edits: [], files, titles }, options)
      console.log(`  control, not changed: ${control.passed} tests passed, ${control.failed.length} failed`)
      if (control.failed.length > 0) console.log(control.output)
    },
    ...mutants.map((mutant) => async (options: TrialOptions) => {
      const began = performance.now()
      const { edits, test, title } = mutant
      const report = await tryCopy({ edits, files: [test], titles: [title] }, options)
      const result = { mutant, report, seconds: (performance.now() - began) / 1_000 }
      results.push(result)
      console.log(`  ${mutant.name}: ${signOf(result) === undefined ? `MISSED\n${report.output}` : 'found'}`)
    }),
  ]
  const lanes = Array.from({ length: atOnce }, async (_, index) => {
    const copy = join(directory, `copy-${index + 1}`)
    await createCopy(copy)
    const options = { directory: copy, servers, stopping }
    for (let job = jobs.shift(); job !== undefined && !stopping.aborted; job = jobs.shift()) await job(options)
  })
  const ended = await Promise.allSettled(lanes)
  for (const one of ended) if (one.status === 'rejected') throw one.reason
  return { control, results: results.toSorted((a, b) => mutants.indexOf(a.mutant) - mutants.indexOf(b.mutant)) }
}

await command(async (stopping) => {
  if (isHelpWanted(process.argv.slice(2), usage)) return true
  await installPrograms([], console.log)
  await using ending = new AsyncDisposableStack()
  const directory = await createTemporaryFolder({ name: 'ticketing-mutants' })
  ending.defer(() => removeTemporaryFolder(directory))
  const servers = await startTestServers({ clusters: false })
  ending.defer(() => servers.stop())
  const { control, results } = await runAll(directory, servers, stopping)
  stopping.throwIfAborted()
  // Only when nothing fails in the project as it is does a failure say something about a mutant.
  const red = control.failed.map((title) => `control RED: ${title}`)
  console.log(['', ...red, ...reportLines(results)].join('\n'))
  return red.length === 0 && control.passed > 0 && results.every((result) => signOf(result) !== undefined)
})
