import { parseCommandLine } from '../infra/command-line.ts'
import { readInfraConfig } from '../infra/config.ts'
import { reportFailure } from '../infra/explained-error.ts'
import type { ProgramName } from '../infra/system/programs/programs.ts'
import { stopSignals } from '../infra/system/stop-signals.ts'
import { runAva } from './runner/ava.ts'
import { runCommand } from './runner/command.ts'
import type { Failure } from './runner/tap-report.ts'
import { filesIn } from './runner/test-files.ts'
import { installPrograms, startTestServers, type TestServers } from './runner/test-servers.ts'

/*
 * `npm test [-- files…]`: types and lint beside the start of PostgreSQL, then the tests. `npm test -- --long` runs the slow ones
 * instead, `--browser` the pages for buyers, `--infra` those of clusters, dashboards and deployment files, which need more programs, and
 * then the tests of selling once more, on clusters in place of single servers. The last line is always `N passed, N failed`; types and
 * lint count as one each.
 */

const usage = `Usage: npm test -- [--long] [--browser] [--infra] [--match TITLE] [files]
  --long     the slow tests in place of the usual ones
  --browser  the pages for buyers, in Chromium
  --infra    clusters, dashboards and deployment files, then the tests of selling on clusters
  --match    only tests with this title, in which * stands for any text; may be repeated
Without files all of them, with types and lint. With --infra, named files of test/integration run on clusters. The last line is \`N passed, N failed\`.`

interface Suite {
  readonly folder: string
  /** How many files at a time. */
  readonly concurrency: number
  /** Of its files, those that take or wait longest: they begin first, so that none goes on alone in the end. */
  readonly longest: readonly string[]
  /** Beside the servers of every test. */
  readonly programs: readonly ProgramName[]
  /** Files of others that it runs on clusters. */
  readonly onClusters: readonly string[]
}

const integration = (names: readonly string[]): string[] => names.map((name) => `test/integration/${name}.test.ts`)

const flags = ['long', 'browser', 'infra'] as const

/** By flag. Plain `npm test` leaves their files out. */
const suites: Readonly<Record<(typeof flags)[number], Suite>> = {
  long: {
    folder: 'test/long',
    concurrency: 3,
    longest: [
      'onsale.test.ts',
      'waiting-room-schedules.test.ts',
      'batched-holds.test.ts',
      'waiting-room-redis-lost.test.ts',
      'connections.test.ts',
      'worker-outage.test.ts',
      'seat-stream-cuts.test.ts',
      'webhook-senders.test.ts',
      'webhook-permutations.test.ts',
    ],
    programs: [],
    onClusters: [],
  },
  browser: {
    folder: 'test/browser',
    // Each file has a browser beside its servers.
    concurrency: 2,
    longest: ['together/buying.ts', 'every-page.test.ts', 'together/event-pages.ts', 'together/reading.ts'],
    programs: ['chromium'],
    onClusters: [],
  },
  infra: {
    folder: 'test/infra',
    // Each starts clusters of servers, and much of it is waiting for clocks; more of them would make each other late.
    concurrency: 2,
    longest: [
      'compose-run.test.ts',
      'backup-follow.test.ts',
      'prometheus.test.ts',
      'backup.test.ts',
      'alerts.test.ts',
      // They wait for elections; others compute meanwhile.
      'nats-cluster.test.ts',
      'redis-cluster.test.ts',
      'redis-sentinel.test.ts',
      'postgres-standby.test.ts',
      'observe.test.ts',
    ],
    programs: [
      'prometheus',
      'promtool',
      'docker-compose',
      'kubectl',
      'nginx',
      'openssl',
      'barman',
      // For compose in namespaces (`infra/containers/`).
      'busybox',
      'dnsmasq',
      'ip',
      'prometheus-alertmanager',
      'prometheus-nginx-exporter',
      'prometheus-postgres-exporter',
      'prometheus-redis-exporter',
    ],
    onClusters: integration(['seed-curls', 'first-version-faults', 'seat-locks', 'one-seat-over-http', 'facts-trace']),
  },
}

interface Outcome {
  readonly step: string
  readonly passed: number
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
  if (code === 0) return { step, passed: 1, failures: [], seconds: secondsSince(begin) }
  console.log(`${step}:\n${output}`)
  return { step, passed: 0, failures: [{ title: step, details: output.split('\n') }], seconds: secondsSince(begin) }
}

interface TestRun {
  readonly step: string
  readonly files: readonly string[]
  readonly concurrency: number
  readonly clusters: boolean
}

/** Titles of the only tests to run, as AVA matches them; empty: all. */
type Match = readonly string[]

/** Starts what the tests need, once the programs for it are there, and ends it. */
async function runOnServers(run: TestRun, match: Match, installed: Promise<void>): Promise<Outcome> {
  let servers: TestServers | undefined
  try {
    await installed
    servers = await startTestServers(run)
    return await runTests(run, match, servers)
  } catch (error) {
    reportFailure(error)
    return { step: run.step, passed: 0, failures: [{ title: String(error), details: [] }], seconds: 0 }
  } finally {
    await servers?.stop()
  }
}

async function runTests({ step, files, concurrency }: TestRun, match: Match, servers: TestServers): Promise<Outcome> {
  const begin = performance.now()
  const { passed, skipped, failures } = await runAva({
    ...{ files, concurrency, match, stopping, say: console.log },
    environment: { ...environment, ...servers.environment },
  })
  if (skipped > 0) console.log(`\n${skipped} skipped`)
  return { step, passed, failures, seconds: secondsSince(begin) }
}

async function main(args: readonly string[]): Promise<void> {
  const options = {
    long: { type: 'boolean' },
    infra: { type: 'boolean' },
    browser: { type: 'boolean' },
    match: { type: 'string', multiple: true },
    help: { type: 'boolean', short: 'h' },
  } as const
  const { values, positionals: named } = parseCommandLine(args, { options, allowPositionals: true }, usage)
  if (values.help) return console.log(usage)
  const chosen = flags.filter((flag) => values[flag]).map((flag) => suites[flag])
  const checks = chosen.length > 0 ? Promise.resolve([]) : checkTypesAndLint()
  const { match = [] } = values
  const runs = chosen.length > 0 ? slowRuns(chosen, named) : [ordinaryRun(named)]
  const programs = chosen.flatMap((suite) => suite.programs)
  // Once for all: two of apt would get in each other's way.
  const installed = installPrograms(programs, console.log)
  const outcomes: Outcome[] = []
  for (const run of runs) outcomes.push(await runOnServers(run, match, installed))
  summarise([...(await checks), ...outcomes])
}

function ordinaryRun(named: readonly string[]): TestRun {
  const others = Object.values(suites).map(({ folder }) => `!${folder}/**`)
  const files = named.length > 0 ? named : [...filesIn('test'), ...others]
  // Much of a test is waiting for others; of more, those that count on the clock come too late on two cores.
  return { step: 'tests', files, concurrency: 4, clusters: false }
}

/** Of named files, those of other folders run on clusters where a suite has any. */
function slowRuns(chosen: readonly Suite[], named: readonly string[]): TestRun[] {
  const onClusters = chosen.flatMap((suite) => suite.onClusters)
  const isOthers = (file: string): boolean =>
    onClusters.length > 0 && !chosen.some(({ folder }) => file.startsWith(`${folder}/`))
  const isAll = named.length === 0
  const own = chosen.map(({ folder, longest, concurrency }) => ({
    step: folder.replace('test/', ''),
    files: [...longest.map((name) => `${folder}/${name}`), ...filesIn(folder)],
    concurrency,
    clusters: false,
  }))
  const files = named.filter((file) => !isOthers(file))
  const concurrency = Math.min(...chosen.map((suite) => suite.concurrency))
  const runs = [
    ...(isAll ? own : [{ step: 'tests', files, concurrency, clusters: false }]),
    // Each starts some twenty servers.
    { step: 'clusters', files: isAll ? onClusters : named.filter(isOthers), concurrency: 2, clusters: true },
  ]
  return runs.filter((run) => run.files.length > 0)
}

function checkTypesAndLint(): Promise<Outcome[]> {
  return Promise.all([
    check('types', 'node_modules/.bin/tsc', ['--singleThreaded']),
    check('scripts', 'node_modules/.bin/tsc', ['-p', 'gateway/storefront/browser']),
    check('lint', 'node_modules/.bin/biome', ['ci', '--error-on-warnings', '--colors=off', '.']),
  ])
}

/** Of each failure; what it printed when it came is whole. */
const mostDetails = 40

/** Failures come last, where they are found in a log of which only the end is kept; above all their names. */
function summarise(outcomes: readonly Outcome[]): void {
  const failures = outcomes.flatMap((outcome) => outcome.failures)
  if (failures.length > 0) console.log('\nFailed:')
  for (const { title } of failures) console.log(`  ✘ ${title}`)
  for (const { title, details } of failures.filter((failure) => failure.details.length > 0)) {
    console.log([`\n  ✘ ${title}`, ...details.slice(0, mostDetails)].join('\n'))
  }
  console.log()
  for (const { step, passed, failures, seconds } of outcomes) {
    console.log(`${step.padEnd(9)}${passed} passed, ${failures.length} failed   ${seconds.toFixed(1)} s`)
  }
  const passed = outcomes.reduce((total, outcome) => total + outcome.passed, 0)
  if (failures.length > 0) process.exitCode = 1
  console.log(`\n${passed} passed, ${failures.length} failed`)
}

function secondsSince(begin: number): number {
  return (performance.now() - begin) / 1000
}

await main(process.argv.slice(2))
