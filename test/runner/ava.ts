import { type CommandOptions, runCommand } from './command.ts'
import { type Failure, TapReport } from './tap-report.ts'

export interface AvaOptions extends Pick<CommandOptions, 'cwd' | 'environment' | 'stopping'> {
  readonly files: readonly string[]
  /** How many files at a time. */
  readonly concurrency: number
  /** Titles of the only tests to run, as AVA matches them; empty: all. */
  readonly match: readonly string[]
  /** Prints one line of its report. */
  say(line: string): void
}

export interface AvaResult {
  readonly passed: number
  readonly skipped: number
  readonly failures: readonly Failure[]
}

/** Runs tests on servers that the environment names (`test-servers.ts`). A run that broke off, and one of no test, has failures. */
export async function runAva({ files, concurrency, match, say, ...options }: AvaOptions): Promise<AvaResult> {
  const report = new TapReport(say)
  const code = await runCommand({
    ...options,
    script: 'node_modules/ava/entrypoints/cli.js',
    args: ['--tap', '--concurrency', String(concurrency), ...match.flatMap((title) => ['--match', title]), ...files],
    onOutput: (text) => report.write(text),
  })
  const { passed, failures, skipped } = report
  if (!report.isComplete && !options.stopping.aborted) {
    const title =
      'AVA broke off amid its report: what it said last stands above, and files that were still to run did not.'
    failures.push({ title, details: [] })
  }
  // Whatever else may be wrong with the run must not be taken for success.
  if (failures.length === 0 && passed === 0) failures.push({ title: 'No test ran.', details: [] })
  if (failures.length === 0 && code !== 0) {
    const title = `AVA ended with code ${code}, although it reported no failure: some file or hook did not end within a minute?`
    failures.push({ title, details: [] })
  }
  return { passed, skipped, failures }
}
