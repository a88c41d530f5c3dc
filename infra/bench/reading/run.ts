import { reportFailure } from '../../explained-error.ts'
import { conditions, runBenchmark } from '../bench.ts'
import { areGood } from '../verdict.ts'
import { type System, startFronts } from './fronts.ts'
import { measureRounds } from './measure.ts'
import { measureOwnFigures, ownVerdicts } from './own-figures.ts'
import { callers, connectionCounts, fullRun, maximumPerMinute, quickRun } from './plan.ts'
import { startReadingSystem } from './reading-system.ts'
import { reportLines } from './report.ts'
import { readPath } from './requests.ts'
import { ratioVerdicts, rowsOf } from './results.ts'

/**
 * `npm run bench`: what a request costs at our gateway, beside bare Koa, the usual way to write such a gateway and, with `--peers`,
 * moleculer and NestJS. Exit 1 when it costs more than it should; a quick run does not judge.
 */
runBenchmark({
  usage: `Usage: npm run bench -- [flags]
  --quick   short rounds: at most four minutes, and no judgement
  --peers   also install moleculer and NestJS in a folder of their own, and measure them

Other benchmarks: npm run bench -- selling | search | streams | scale | telemetry | holds`,
  options: { quick: { type: 'boolean', default: false }, peers: { type: 'boolean', default: false } },
  file: 'latest.json',
  async measure(bench, { quick, peers }) {
    const lengths = quick ? quickRun : fullRun
    const reading = await startReadingSystem(bench)
    const fronts = await startFronts(reading, bench, { peers })
    const cells = await measureRounds(fronts, lengths, bench)
    const own = await measureOwnFigures(fronts.systems.get('ours') as System, reading, lengths, bench)
    return {
      quick,
      rows: rowsOf(cells),
      verdicts: [...ratioVerdicts(cells), ...ownVerdicts(own)],
      own,
      conditions: conditions({
        path: readPath,
        reply_bytes: fronts.reply.byteLength,
        connections: connectionCounts.join(', '),
        rounds: lengths.rounds,
        measured_ms: lengths.measuredMs,
        callers,
        maximum_per_minute: maximumPerMinute,
      }),
    }
  },
  lines: reportLines,
  isGood: (result) => result.quick || (areGood(result) && result.rows.every(({ failures }) => failures === 0)),
}).catch(reportFailure)
