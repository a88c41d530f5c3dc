import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { reportFailure } from '../../infra/explained-error.ts'
import { progressBar } from '../../infra/ops/import/progress-bar.ts'
import { stopSignals } from '../../infra/system/stop-signals.ts'
import { control, designs } from './all-designs.ts'
import { type LabConfig, readLabConfig, usage } from './config.ts'
import { type LabServers, withLabServers } from './lab-servers.ts'
import type { Measures } from './measures.ts'
import { markdownTable } from './report.ts'
import { runDesign } from './run-design.ts'
import { holdTtlMs, planRush, sweepEveryMs } from './rush.ts'

/** What two booking workers have. */
const connections = 20

/** `npm run bench -- holds`: one design after the other under the same rush, and how each fared. */
async function main(): Promise<void> {
  const config = readLabConfig(process.argv.slice(2), process.env)
  if (config === null) return console.log(usage)
  const { stopping } = stopSignals(console.log)
  try {
    await withLabServers((servers) => bench(config, servers, stopping))
  } catch (error) {
    // Ctrl-C in a terminal also reaches initdb, which then fails.
    if (!stopping.aborted) throw error
  }
  if (!stopping.aborted) return
  console.log('Stopped before the end: no figures.')
  process.exitCode = 1
}

async function bench(config: LabConfig, servers: LabServers, stopping: AbortSignal): Promise<void> {
  const conditions = { ...conditionsOf(config, servers), measured_at: new Date().toISOString() }
  const results = await compare(config, servers, stopping)
  if (results === null) return
  console.log(`${markdownTable(results)}\n\n${sentence(conditions)}`)
  await mkdir(dirname(config.resultFile), { recursive: true })
  await writeFile(config.resultFile, `${JSON.stringify({ conditions, designs: results }, null, 2)}\n`)
  console.log(`Written to ${config.resultFile}`)
}

/** `null` when it was stopped before all had their turn. */
async function compare(config: LabConfig, servers: LabServers, stopping: AbortSignal): Promise<Measures[] | null> {
  const rush = planRush(config)
  const results: Measures[] = []
  for (const design of [...designs, control]) {
    const bar = progressBar(process.stderr, `buyers, ${design.name}`)
    const measures = await runDesign(design, {
      rush,
      databaseUrl: servers.postgres.url,
      redisUrl: servers.redis.url,
      connections,
      stopping,
      onArrival: (arrived) => {
        if (arrived % 100 === 0) bar.show(arrived, rush.visits.length)
      },
    }).finally(() => bar.clear())
    if (stopping.aborted) return null
    results.push(measures)
  }
  return results
}

function conditionsOf({ buyers, seconds, seed }: LabConfig, { postgres, redis }: LabServers) {
  return {
    buyers,
    seconds,
    seed,
    seats: planRush({ buyers, seconds, seed }).seats,
    connections,
    hold_ttl_ms: holdTtlMs,
    sweep_every_ms: sweepEveryMs,
    cores: availableParallelism(),
    postgres: postgres.version,
    redis: redis.version,
    node: process.versions.node,
  }
}

function sentence(conditions: ReturnType<typeof conditionsOf>): string {
  const { buyers, seconds, seats, seed, cores, postgres, redis } = conditions
  return (
    `${buyers} buyers in ${seconds} s for ${seats} seats, 1 to 4 each, seed ${seed}; ${connections} connections; ` +
    `holds of ${holdTtlMs} ms, cron every ${sweepEveryMs} ms;\n` +
    `${cores} cores with the buyers on them, PostgreSQL ${postgres} (durable), Redis ${redis}.`
  )
}

main().catch(reportFailure)
