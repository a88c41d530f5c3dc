import { join } from 'node:path'
import { isHelpWanted } from '../../../infra/command-line.ts'
import { installMissing } from '../../../infra/system/programs/install.ts'
import { createTemporaryFolder, removeTemporaryFolder } from '../../../infra/system/temporary-folder.ts'
import { command } from '../command.ts'
import { mutants } from './mutants.ts'
import { type MutantResult, reportLines, signOf } from './report.ts'
import { type TestReport, tryCopy } from './try-copy.ts'

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
  let control: TestReport = { passed: 0, failed: [] }
  const results: MutantResult[] = []
  const jobs = [
    async () => {
      const files = [...new Set(mutants.map((mutant) => mutant.test))]
      const titles = mutants.map(({ title }) => title)
      control = await tryCopy({ directory: join(directory, 'control'), edits: [], files, titles }, stopping)
      console.log(`  control, not changed: ${control.passed} tests passed, ${control.failed.length} failed`)
    },
    ...mutants.map((mutant, index) => async () => {
      const began = performance.now()
      const copy = join(directory, `mutant-${index + 1}`)
      const { edits, test, title } = mutant
      const report = await tryCopy({ directory: copy, edits, files: [test], titles: [title] }, stopping)
      const result = { mutant, report, seconds: (performance.now() - began) / 1_000 }
      results.push(result)
      console.log(`  ${mutant.name}: ${signOf(result) === undefined ? 'MISSED' : 'found'}`)
    }),
  ]
  const workers = Array.from({ length: atOnce }, async () => {
    for (let job = jobs.shift(); job !== undefined && !stopping.aborted; job = jobs.shift()) await job()
  })
  const ended = await Promise.allSettled(workers)
  for (const one of ended) if (one.status === 'rejected') throw one.reason
  return { control, results: results.toSorted((a, b) => mutants.indexOf(a.mutant) - mutants.indexOf(b.mutant)) }
}

await command(async (stopping) => {
  if (isHelpWanted(process.argv.slice(2), usage)) return true
  await installMissing(['postgres', 'nats-server', 'redis-server'], console.log)
  const directory = await createTemporaryFolder({ name: 'ticketing-mutants' })
  try {
    const { control, results } = await runAll(directory, stopping)
    stopping.throwIfAborted()
    // Only when nothing fails in the project as it is does a failure say something about a mutant.
    const red = control.failed.map((title) => `control RED: ${title}`)
    console.log(['', ...red, ...reportLines(results)].join('\n'))
    return red.length === 0 && control.passed > 0 && results.every((result) => signOf(result) !== undefined)
  } finally {
    await removeTemporaryFolder(directory)
  }
})
