import { conditions, runBenchmark } from '../../infra/bench/bench.ts'
import { type Verdict, verdict } from '../../infra/bench/verdict.ts'
import { wholeNumber } from '../../infra/command-line.ts'
import { reportFailure } from '../../infra/explained-error.ts'
import { installMissing } from '../../infra/system/programs/install.ts'
import { startAll } from '../../infra/system/server.ts'
import { startPostgres } from '../../infra/system/servers/postgres.ts'
import { startRedis } from '../../infra/system/servers/redis.ts'
import { createTemporaryFolder, removeTemporaryFolder } from '../../infra/system/temporary-folder.ts'
import { control, designs } from './designs.ts'
import { holdTtlMs, measureRush, planRush, sweepEveryMs } from './rush.ts'

const usage = `Usage: npm run bench -- holds [flags]
  --seconds 4      how long buyers come, for each design
  --buyers 5000    how many come within that time
  --seed 42        another seed is another crowd
Measures the designs for holding a seat under the same rush.`

/** As many as two booking workers have. */
const connections = 20

type Measures = Awaited<ReturnType<typeof measureRush>>

interface Result {
  readonly designs: readonly Measures[]
  readonly verdicts: readonly Verdict[]
  readonly conditions: object
}

/**
 * `npm run bench -- holds`: one design after the other under the same rush, on a durable PostgreSQL and a Redis. Ends with exit
 * code 1 when one of them, but for the control, sold a seat twice.
 */
runBenchmark({
  usage,
  options: {
    seconds: { type: 'string', default: '4' },
    buyers: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '42' },
  },
  file: 'holds.json',
  async measure({ bar, onStop, stopping }, flags): Promise<Result> {
    const rush = planRush({
      seconds: wholeNumber('--seconds', flags.seconds, { from: 1, to: 60, usage }),
      buyers: wholeNumber('--buyers', flags.buyers, { from: 1, to: 200_000, usage }),
      seed: wholeNumber('--seed', flags.seed, { from: 0, to: 2 ** 32 - 1, usage }),
    })
    await installMissing(['postgres', 'redis-server'], console.log)
    const dataDirectory = await createTemporaryFolder({ name: 'ticketing-holds' })
    onStop(() => removeTemporaryFolder(dataDirectory))
    const [postgres, redis] = await startAll([
      startPostgres({ dataDirectory, durable: true }),
      startRedis({ dataDirectory }),
    ])
    const results: Measures[] = []
    for (const design of [...designs, control]) {
      const progress = bar(`buyers, ${design.name}`)
      const onArrival = (arrived: number): void => progress.show(arrived, rush.visits.length)
      const run = { rush, databaseUrl: postgres.url, redisUrl: redis.url, connections, stopping, onArrival }
      results.push(await measureRush(design, run).finally(() => progress.clear()))
      stopping.throwIfAborted()
    }
    const { buyers, seconds, seed } = flags
    const crowd = { buyers, seconds, seed, seats: rush.seats, connections, holdTtlMs, sweepEveryMs }
    const versions = { postgres: postgres.version, redis: redis.version }
    const verdicts = results
      .slice(0, designs.length)
      .map((measures) =>
        verdict({ what: `double claims, ${measures.design}`, value: measures['double claims'], at_most: 0 }),
      )
    return { designs: results, verdicts, conditions: conditions({ ...crowd, ...versions }) }
  },
  lines: ({ designs, conditions }) => [...markdownTable(designs), '', JSON.stringify(conditions)],
}).catch(reportFailure)

function markdownTable(results: readonly Measures[]): string[] {
  const names = Object.keys(results[0] ?? {})
  const rule = names.map((_, index) => (index === 0 ? '---' : '---:'))
  const rows = results.map((result) => Object.values(result).map(String))
  return [names, rule, ...rows].map((row) => `| ${row.join(' | ')} |`)
}
