import { join } from 'node:path'
import { isHelpWanted } from '../../../infra/command-line.ts'
import { reportFailure } from '../../../infra/explained-error.ts'
import { progressBar } from '../../../infra/progress-bar.ts'
import { installMissing } from '../../../infra/system/programs/install.ts'
import { stopSignals } from '../../../infra/system/stop-signals.ts'
import { createTemporaryFolder, removeTemporaryFolder } from '../../../infra/system/temporary-folder.ts'
import { mutants } from './mutants.ts'
import { type MutantResult, reportLines, signOf } from './report.ts'
import type { TestReport } from './run-tests.ts'
import { tryCopy } from './try-copy.ts'

/* `npm run chaos -- mutants`; see README.md. */

/** Copies on trial at once; each mostly waits. */
const atOnce = 2

const usage = `Usage: npm run chaos -- mutants
Breaks a copy of the source in many ways, and shows that a test notices each.`

interface Outcome {
  readonly control: TestReport
  readonly results: readonly MutantResult[]
}

async function runAll(directory: string, stopping: AbortSignal): Promise<Outcome> {
  const bar = progressBar(process.stderr, 'copies')
  let done = 0
  const step = (line: string): void => {
    done += 1
    bar.clear()
    console.log(`  ${line}`)
    bar.show(done, mutants.length + 1)
  }
  let control: TestReport = { passed: 0, failed: [] }
  const results: MutantResult[] = []
  const jobs = [
    async () => {
      const files = [...new Set(mutants.map((mutant) => mutant.test))]
      control = await tryCopy({ directory: join(directory, 'control'), edits: [], files }, stopping)
      step(`control, not changed: ${control.passed} tests passed, ${control.failed.length} failed`)
    },
    ...mutants.map((mutant, index) => async () => {
      const began = performance.now()
      const copy = join(directory, `mutant-${index + 1}`)
      const report = await tryCopy({ directory: copy, edits: mutant.edits, files: [mutant.test] }, stopping)
      const result = { mutant, report, seconds: (performance.now() - began) / 1_000 }
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

async function main(): Promise<void> {
  if (isHelpWanted(process.argv.slice(2), usage)) return
  const { stopping } = stopSignals(console.log)
  await installMissing(['postgres', 'nats-server', 'redis-server'], console.log)
  const directory = await createTemporaryFolder({ name: 'ticketing-mutants' })
  try {
    const { control, results } = await runAll(directory, stopping)
    stopping.throwIfAborted()
    // Only when nothing fails in the project as it is does a failure say something about a mutant.
    const red = control.failed.map((title) => `control RED: ${title}`)
    console.log(['', ...red, ...reportLines(results)].join('\n'))
    const isGreen = red.length === 0 && control.passed > 0 && results.every((result) => signOf(result) !== undefined)
    if (!isGreen) process.exitCode = 1
  } catch (error) {
    if (!stopping.aborted) throw error
    console.log('Stopped; everything is removed.')
    process.exitCode = 1
  } finally {
    await removeTemporaryFolder(directory)
  }
}

await main().catch(reportFailure)
