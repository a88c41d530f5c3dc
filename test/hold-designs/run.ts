import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { dataDirectory } from '#shared/process/config.ts'
import { parseCommandLine, wholeNumber } from '../../infra/command-line.ts'
import { reportFailure } from '../../infra/explained-error.ts'
import { progressBar } from '../../infra/progress-bar.ts'
import { installMissing } from '../../infra/system/programs/install.ts'
import { stopSignals } from '../../infra/system/stop-signals.ts'
import { startTemporaryServers } from '../../infra/system/temporary-servers.ts'
import { aligned } from '../chaos/table.ts'
import { control, designs } from './designs.ts'
import type { Measures } from './measures.ts'
import { runDesign } from './run-design.ts'
import { holdTtlMs, planRush, type RushOptions, sweepEveryMs } from './rush.ts'

const usage = `Usage: npm run bench -- holds [flags]
  --seconds 4      how long buyers come, for each design
  --buyers 5000    how many come within that time
  --seed 42        another seed is another crowd
Measures the designs for holding a seat under the same rush and writes .data/bench/holds.json.`

const flags = {
  seconds: { type: 'string', default: '4' },
  buyers: { type: 'string', default: '5000' },
  seed: { type: 'string', default: '42' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** What two booking workers have. */
const connections = 20

/** `npm run bench -- holds`: one design after the other under the same rush, and how each fared. */
async function main(): Promise<void> {
  const { values } = parseCommandLine(process.argv.slice(2), { options: flags }, usage)
  if (values.help) return console.log(usage)
  const options = {
    seconds: wholeNumber('--seconds', values.seconds, { from: 1, to: 60, usage }),
    buyers: wholeNumber('--buyers', values.buyers, { from: 1, to: 200_000, usage }),
    seed: wholeNumber('--seed', values.seed, { from: 0, to: 2 ** 32 - 1, usage }),
  }
  const { stopping } = stopSignals(console.log)
  try {
    await bench(options, stopping)
  } catch (error) {
    // Ctrl-C in a terminal also reaches initdb, which then fails.
    if (!stopping.aborted) throw error
  }
  if (!stopping.aborted) return
  console.log('Stopped before the end: no figures.')
  process.exitCode = 1
}

/** On a durable PostgreSQL and a Redis of its own; nothing is left of them afterwards. */
async function bench(options: RushOptions, stopping: AbortSignal): Promise<void> {
  await installMissing(['postgres', 'redis-server'], console.log)
  const servers = await startTemporaryServers({ name: 'ticketing-holds', kinds: ['postgres', 'redis'], durable: true })
  try {
    const { postgres, redis } = servers
    const rush = planRush(options)
    const results: Measures[] = []
    for (const design of [...designs, control]) {
      const bar = progressBar(process.stderr, `buyers, ${design.name}`)
      const onArrival = (arrived: number) => {
        if (arrived % 100 === 0) bar.show(arrived, rush.visits.length)
      }
      const lab = { rush, databaseUrl: postgres.url, redisUrl: redis.url, connections, stopping, onArrival }
      results.push(await runDesign(design, lab).finally(() => bar.clear()))
      if (stopping.aborted) return
    }
    const conditions = {
      ...options,
      seats: rush.seats,
      connections,
      hold_ttl_ms: holdTtlMs,
      sweep_every_ms: sweepEveryMs,
      cores: availableParallelism(),
      postgres: postgres.version,
      redis: redis.version,
      node: process.versions.node,
      measured_at: new Date().toISOString(),
    }
    console.log(`${markdownTable(results)}\n\n${sentence(conditions)}`)
    const file = join(dataDirectory(process.env), 'bench', 'holds.json')
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, `${JSON.stringify({ conditions, designs: results }, null, 2)}\n`)
    console.log(`Written to ${file}`)
  } finally {
    await servers.stop()
  }
}

interface Conditions extends RushOptions {
  readonly seats: number
  readonly cores: number
  readonly postgres: string
  readonly redis: string
}

const sentence = ({ buyers, seconds, seats, seed, cores, postgres, redis }: Conditions): string =>
  `${buyers} buyers in ${seconds} s for ${seats} seats, 1 to 4 each, seed ${seed}; ${connections} connections; ` +
  `holds of ${holdTtlMs} ms, cron every ${sweepEveryMs} ms;\n` +
  `${cores} cores with the buyers on them, PostgreSQL ${postgres} (durable), Redis ${redis}.`

const columns: Readonly<Record<string, (measures: Measures) => string>> = {
  design: ({ design }) => design,
  'holds/s': ({ holds_per_second }) => holds_per_second.toFixed(0),
  'purchases/s': ({ purchases_per_second }) => purchases_per_second.toFixed(0),
  'refused %': ({ refused_percent }) => refused_percent.toFixed(1),
  'refused although free %': (measures) => measures.refused_although_free_percent.toFixed(1),
  'double claims': ({ double_claims }) => String(double_claims),
  'hold p50 ms': ({ hold_p50_ms }) => hold_p50_ms.toFixed(1),
  'hold p99 ms': ({ hold_p99_ms }) => hold_p99_ms.toFixed(1),
  'connections busy': ({ connections_busy }) => connections_busy.toFixed(1),
}

/** A Markdown table that can be read as it is, too. */
function markdownTable(results: readonly Measures[]): string {
  const cells = results.map((result) => Object.values(columns).map((cell) => cell(result)))
  const rows = aligned([Object.keys(columns), ...cells], { numbersFrom: 1 })
  const rule = rows[0]?.map((cell, column) =>
    column === 0 ? '-'.repeat(cell.length) : `${'-'.repeat(cell.length - 1)}:`,
  )
  return rows
    .toSpliced(1, 0, rule ?? [])
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n')
}

main().catch(reportFailure)
