import { availableParallelism } from 'node:os'
import { reportFailure } from '../../explained-error.ts'
import { demoIdAt } from '../../ops/demo-catalogue/events.ts'
import { progressBar } from '../../ops/import/progress-bar.ts'
import { stopSignals } from '../../system/stop-signals.ts'
import { writeReport, writeResult } from '../result-file.ts'
import { openHouses } from '../selling/houses.ts'
import { type BenchFlags, parseBenchFlags, usage } from './flags.ts'
import { type Fronts, type System, startFronts } from './fronts.ts'
import { measureRounds } from './measure.ts'
import { measureOwnFigures, ownVerdicts } from './own-figures.ts'
import { callers, connectionCounts, fullRun, maximumPerMinute, quickRun, readsPerPurchase } from './plan.ts'
import { type ReadingSystem, startReadingSystem } from './reading-system.ts'
import { reportLines } from './report.ts'
import { readPath } from './requests.ts'
import type { Result } from './result.ts'
import { rowsOf } from './results.ts'
import { ratioVerdicts } from './targets.ts'

/**
 * `npm run bench`: what a request costs at our gateway, beside bare Node, bare Koa, the usual ways to write such a gateway, nginx and,
 * with `--peers`, moleculer and NestJS. Exit 1 when it costs more than it should; a quick run does not judge.
 */
async function main(): Promise<void> {
  const flags = parseBenchFlags(process.argv.slice(2))
  if (!flags) return console.log(usage)
  const { stopping } = stopSignals(console.log)
  try {
    const surroundings = await startReadingSystem({ say: console.log, stopping })
    try {
      if (flags.peers) console.log('Installing moleculer and NestJS into the data folder, where they are not yet.')
      const fronts = await startFronts(surroundings, flags)
      try {
        const result = await measure({ surroundings, fronts, flags, stopping })
        const lines = reportLines(result)
        const files = [await writeResult('latest.json', result), await writeReport('latest.md', lines)]
        console.log([...lines, '', ...files.map((file) => `written to ${file}`)].join('\n'))
        const isGood = result.verdicts.every(({ is_good }) => is_good)
        if (!flags.quick && !(isGood && result.rows.every(({ failures }) => failures === 0))) process.exitCode = 1
      } finally {
        await fronts.stop()
      }
    } finally {
      await surroundings.stop()
    }
  } catch (error) {
    if (!stopping.aborted) throw error
    process.exitCode = 1
  }
}

interface MeasureParts {
  readonly surroundings: ReadingSystem
  readonly fronts: Fronts
  readonly flags: BenchFlags
  readonly stopping: AbortSignal
}

/** Enough for all that are sold in a full run. */
const houses = 2
/** Of the demo catalogue, by their places in it: all that have seats on sale. */
const eventsWithSeats = [0, 1, 2, 3, 4, 5]

async function measure({ surroundings, fronts, flags, stopping }: MeasureParts): Promise<Result> {
  const lengths = flags.quick ? quickRun : fullRun
  const bar = (label: string) => progressBar(process.stderr, label)
  const opened = await openHouses(surroundings.url, houses, () => stopping.throwIfAborted())
  const nextHouse = (): string => {
    const house = opened.next(1)
    if (house === undefined) throw new Error('all houses are sold out')
    return house
  }
  const cells = await measureRounds(fronts, { lengths, nextHouse, bar, stopping })
  const ours = fronts.systems.get('ours') as System
  const soldEvents = eventsWithSeats.map(demoIdAt)
  const own = await measureOwnFigures({ ours, surroundings, soldEvents, lengths, bar, stopping })
  return {
    quick: flags.quick,
    rows: rowsOf(cells),
    verdicts: [...ratioVerdicts(cells), ...ownVerdicts(own)],
    own,
    conditions: {
      measured_at: new Date().toISOString(),
      processors: availableParallelism(),
      node: process.version,
      path: readPath,
      reply_bytes: fronts.reply.byteLength,
      connections: connectionCounts.join(', '),
      rounds: lengths.rounds,
      measured_ms: lengths.measuredMs,
      callers,
      maximum_per_minute: maximumPerMinute,
      reads_per_purchase: readsPerPurchase,
    },
  }
}

main().catch(reportFailure)
