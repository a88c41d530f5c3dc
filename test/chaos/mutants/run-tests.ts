import { readInfraConfig } from '../../../infra/config.ts'
import { reportFailure } from '../../../infra/explained-error.ts'
import { runCommand } from '../../runner/command.ts'
import { TapReport } from '../../runner/tap-report.ts'
import { startTestServers } from '../../runner/test-servers.ts'

/*
 * `node run-tests.ts FILE…`, run in a copy of the project with that copy's code, from the migrations to the tests. Tells its parent which
 * tests failed, and ends with it.
 */

/** What it tells, once. */
export interface TestReport {
  readonly passed: number
  /** Titles. */
  readonly failed: readonly string[]
}

const stopping = new AbortController()
process.once('disconnect', () => stopping.abort())
process.on('SIGTERM', () => stopping.abort())

async function main(files: readonly string[]): Promise<void> {
  const servers = await startTestServers({ clusters: false })
  try {
    const report = new TapReport(() => undefined)
    await runCommand({
      script: 'node_modules/ava/entrypoints/cli.js',
      args: ['--tap', '--concurrency', '2', ...files],
      environment: { ...readInfraConfig().environment, ...servers.environment },
      stopping: stopping.signal,
      onOutput: (text) => report.write(text),
    })
    if (!report.isComplete) throw new Error('AVA broke off')
    const told: TestReport = { passed: report.passed, failed: report.failures.map(({ title }) => title) }
    process.send?.(told)
  } finally {
    await servers.stop()
    if (process.connected) process.disconnect()
  }
}

await main(process.argv.slice(2)).catch(reportFailure)
