import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../../infra/config.ts'
import { reportFailure } from '../../../infra/explained-error.ts'
import { progressBar } from '../../../infra/import/progress-bar.ts'
import { type CrashPoint, crashPoints } from './points.ts'
import { reportLines } from './report.ts'
import { type PointResult, runPoint } from './run-point.ts'
import { createDatabase, type RunReport, runOnSharedServers, type SharedServers } from './stand/shared-servers.ts'
import { Stand } from './stand/stand.ts'

/* `npm run chaos -- crash-points`; see README.md. */

/** Points on one stand come one after the other; mostly they wait, so several stands fit on two cores. */
const standsWithLongHolds = 5
const longHoldMs = 120_000
/** Long enough to pay for on a busy machine. */
const shortHoldMs = 1_500

interface Work {
  readonly servers: SharedServers
  readonly stopping: AbortSignal
  /** To be stopped at the end. */
  readonly stands: Stand[]
  onResult(result: PointResult): void
}

/** Takes points from the queue until it is empty. */
async function workThrough(work: Work, name: string, holdTtlMs: number, queue: CrashPoint[]): Promise<void> {
  const { servers, stopping } = work
  const { postgres, redis, directory } = servers
  const template = new URL(postgres.url).pathname.slice(1)
  const databaseUrl = await createDatabase(postgres.url, { name, template })
  const stand = await Stand.start({ name, databaseUrl, redisUrl: redis.url, directory, holdTtlMs, stopping })
  work.stands.push(stand)
  for (let point = queue.shift(); point !== undefined && !stopping.aborted; point = queue.shift()) {
    work.onResult(await runPoint(stand, point))
  }
}

async function runAll(servers: SharedServers, stopping: AbortSignal): Promise<PointResult[]> {
  const results: PointResult[] = []
  const bar = progressBar(process.stderr, 'crash points')
  const stands: Stand[] = []
  const onResult = (result: PointResult): void => {
    results.push(result)
    const { point, settledSeconds, faults } = result
    bar.clear()
    const verdict = faults.length === 0 ? 'ok' : 'FAILED'
    if (!stopping.aborted) console.log(`  ${point.step}, ${point.when}: ${verdict} (${settledSeconds.toFixed(1)} s)`)
    bar.show(results.length, crashPoints.length)
  }
  const work: Work = { servers, stopping, stands, onResult }
  const queueOf = (wanted: CrashPoint['holds']): CrashPoint[] => crashPoints.filter(({ holds }) => holds === wanted)
  const longQueue = queueOf('long')
  try {
    const lanes = [
      workThrough(work, 'short', shortHoldMs, queueOf('short')),
      ...Array.from({ length: standsWithLongHolds }, (_, index) =>
        workThrough(work, `long-${index + 1}`, longHoldMs, longQueue),
      ),
    ]
    for (const lane of await Promise.allSettled(lanes)) if (lane.status === 'rejected') throw lane.reason
  } finally {
    bar.clear()
    if (!stopping.aborted && results.some(({ faults }) => faults.length > 0)) await keepLogs(servers.directory)
    await Promise.all(stands.map((stand) => stand.stop()))
  }
  return results.toSorted((a, b) => crashPoints.indexOf(a.point) - crashPoints.indexOf(b.point))
}

async function keepLogs(directory: string): Promise<void> {
  const folder = join(projectRoot, '.data', 'crash-points')
  await rm(folder, { recursive: true, force: true })
  await cp(directory, folder, {
    recursive: true,
    filter: (path) => !/\/(postgres|redis|nats|jetstream)$/.test(path),
  })
  console.log(`Logs: ${folder}`)
}

async function run(servers: SharedServers, stopping: AbortSignal): Promise<RunReport> {
  const results = await runAll(servers, stopping)
  return { lines: reportLines(results), isGreen: results.every(({ faults }) => faults.length === 0) }
}

const usage = `Usage: npm run chaos -- crash-points
Kills each process at each point where it has done something and not yet said so.`

await runOnSharedServers(usage, run).catch(reportFailure)
