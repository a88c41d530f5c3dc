import { readInfraConfig } from '../infra/config.ts'
import { reportFailure } from '../infra/explained-error.ts'
import { stopSignals } from '../infra/launcher/stop-signals.ts'
import type { ProgramName } from '../infra/servers/program.ts'
import { runCommand } from './runner/command.ts'
import { type Failure, TapReport } from './runner/tap-report.ts'
import { startTestServers, type TestServers } from './runner/test-servers.ts'

/*
 * `npm test [-- files…]`: types and lint beside the start of PostgreSQL, then the tests. `npm run test:long` runs those that
 * take their time, and `npm run test:infra` those of clusters, dashboards and deployment files, which need more programs; neither
 * runs anything else, except that test:infra runs the tests of selling once more, on clusters in place of single servers. The last line is always `N passed, N failed`, in which types and lint count as one each.
 */

interface Suite {
  readonly files: string
  readonly concurrency: number
  /** Beside the servers of every test. */
  readonly programs: readonly ProgramName[]
  /** Files of others that it runs on clusters. */
  readonly onClusters: readonly string[]
}

const integration = (names: readonly string[]): string[] => names.map((name) => `test/integration/${name}.test.ts`)

/** Each has its own command, and is left out of `npm test`. */
const suites: Readonly<Record<string, Suite>> = {
  '--long': { files: 'test/long/**/*.test.ts', concurrency: 4, programs: [], onClusters: [] },
  '--infra': {
    files: 'test/infra/**/*.test.ts',
    // Each starts clusters of servers, and many of them wait for clocks that go on while others use the processors.
    concurrency: 1,
    programs: ['prometheus', 'promtool', 'docker-compose', 'kubectl', 'nginx', 'openssl'],
    onClusters: integration([
      'seed-curls',
      'first-version-faults',
      'event-search',
      'holding-seats',
      'seat-locks',
      'one-seat-over-http',
      'purchase',
      'bookings',
      'idempotency-keys',
      'facts-trace',
      'redis-outage',
    ]),
  },
}

interface Outcome {
  readonly step: string
  readonly passed: number
  readonly failed: number
  /** Told again at the end, whose lines are what is kept of a long log. */
  readonly failures: readonly Failure[]
  readonly seconds: number
}

const { environment } = readInfraConfig()
const { stopping } = stopSignals(console.log)

/** Runs a step that has nothing to say unless it fails. */
async function check(step: string, script: string, args: readonly string[]): Promise<Outcome> {
  const begin = performance.now()
  let output = ''
  const code = await runCommand({ script, args, environment, stopping, onOutput: (text) => (output += text) })
  if (code === 0) return { step, passed: 1, failed: 0, failures: [], seconds: secondsSince(begin) }
  console.log(`${step}:\n${output}`)
  return {
    step,
    passed: 0,
    failed: 1,
    failures: [{ title: step, details: output.split('\n') }],
    seconds: secondsSince(begin),
  }
}

interface TestRun {
  readonly step: string
  readonly files: readonly string[]
  readonly concurrency: number
  readonly programs: readonly ProgramName[]
  readonly clusters: boolean
}

/** Starts what the tests need, and ends it. */
async function runOnServers(run: TestRun): Promise<Outcome> {
  let servers: TestServers | undefined
  try {
    servers = await startTestServers({ ...run, say: console.log })
    return await runTests(run, servers)
  } catch (error) {
    reportFailure(error)
    return { step: run.step, passed: 0, failed: 1, failures: [], seconds: 0 }
  } finally {
    await servers?.stop()
  }
}

async function runTests({ step, files, concurrency }: TestRun, servers: TestServers): Promise<Outcome> {
  const begin = performance.now()
  const report = new TapReport(console.log)
  const code = await runCommand({
    script: 'node_modules/ava/entrypoints/cli.js',
    args: ['--tap', '--concurrency', String(concurrency), ...files],
    environment: { ...environment, ...servers.environment },
    stopping,
    onOutput: (text) => report.write(text),
  })
  const { passed, failed, failures, skipped } = report
  if (skipped > 0) console.log(`\n${skipped} skipped`)
  const ranNothing = passed + failed === 0
  if (ranNothing) console.log('No test ran.')
  // Whatever else may be wrong with the run must not be taken for success.
  const unexplained = failed === 0 && (code !== 0 || ranNothing) ? 1 : 0
  if (unexplained > 0) console.log(`AVA ended with code ${code}, although it reported no failure.`)
  return { step, passed, failed: failed + unexplained, failures, seconds: secondsSince(begin) }
}

async function main(args: readonly string[]): Promise<void> {
  const suite = suites[args[0] ?? '']
  const checks = suite ? Promise.resolve([]) : checkTypesAndLint()
  const outcomes: Outcome[] = []
  for (const run of suite ? runsOf(suite, args.slice(1)) : [ordinaryRun(args)]) outcomes.push(await runOnServers(run))
  summarise([...(await checks), ...outcomes])
}

function ordinaryRun(named: readonly string[]): TestRun {
  const others = Object.values(suites).map(({ files }) => `!${files}`)
  const files = named.length > 0 ? named : ['test/**/*.test.ts', ...others]
  // Four, because much of a test is waiting for others.
  return { step: 'tests', files, concurrency: 4, programs: [], clusters: false }
}

/** Of named files, those of others run on clusters where the suite has any. */
function runsOf({ files, concurrency, programs, onClusters }: Suite, named: readonly string[]): TestRun[] {
  const isOthers = (file: string): boolean => onClusters.length > 0 && !file.startsWith('test/infra/')
  const own = named.length > 0 ? named.filter((file) => !isOthers(file)) : [files]
  const others = named.length > 0 ? named.filter(isOthers) : onClusters
  const runs = [
    { step: 'tests', files: own, concurrency, programs, clusters: false },
    // One at a time: each starts some twenty servers.
    { step: 'clusters', files: others, concurrency: 1, programs: [], clusters: true },
  ]
  return runs.filter((run) => run.files.length > 0)
}

function checkTypesAndLint(): Promise<Outcome[]> {
  return Promise.all([
    check('types', 'node_modules/.bin/tsc', []),
    check('lint', 'node_modules/.bin/biome', ['ci', '--error-on-warnings', '--colors=off', '.']),
  ])
}

function summarise(outcomes: readonly Outcome[]): void {
  const failures = outcomes.flatMap((outcome) => outcome.failures)
  if (failures.length > 0) console.log('\nFailed:')
  for (const { title, details } of failures) console.log([`  ✘ ${title}`, ...details].join('\n'))
  console.log()
  for (const { step, passed, failed, seconds } of outcomes) {
    console.log(`${step.padEnd(9)}${passed} passed, ${failed} failed   ${seconds.toFixed(1)} s`)
  }
  const sum = (count: 'passed' | 'failed'): number => outcomes.reduce((total, outcome) => total + outcome[count], 0)
  if (sum('failed') > 0) process.exitCode = 1
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
}

function secondsSince(begin: number): number {
  return (performance.now() - begin) / 1000
}

await main(process.argv.slice(2))
