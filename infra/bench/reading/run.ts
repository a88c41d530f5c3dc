import { Bus } from '#shared/messaging/bus.ts'
import { reportFailure } from '../../explained-error.ts'
import { fillDemoCatalogue } from '../../ops/demo-catalogue.ts'
import { conditions, runBenchmark } from '../bench.ts'
import { verdict } from '../verdict.ts'
import { type Front, startFronts } from './fronts.ts'
import { measureRounds } from './measure.ts'
import { measureOwnFigures, ownVerdicts } from './own-figures.ts'
import { callers, connectionCounts, fullRun, maximumPerMinute, quickRun } from './plan.ts'
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
    // Beside this as in production: one trace in a hundred, sent to a closed port, and logs from `info` on.
    const environment = { NODE_ENV: 'production', FORCE_DEMO: '1', OTEL_SDK_DISABLED: 'false' }
    const system = await bench.start({ environment })
    const bus = await Bus.connect({ url: system.natsUrls.operator, name: 'bench', timeoutMs: 5_000 })
    bench.onStop(() => bus.close())
    await fillDemoCatalogue({ bus, say: () => undefined, now: new Date() })
    const fronts = await startFronts(system, bench, { peers })
    const cells = await measureRounds(fronts, lengths, bench)
    const own = await measureOwnFigures(fronts.systems.get('ours') as Front, system, lengths, bench)
    const rows = rowsOf(cells)
    const failures = rows.reduce((sum, row) => sum + row.failures, 0)
    return {
      quick,
      rows,
      verdicts: [
        ...ratioVerdicts(cells),
        ...ownVerdicts(own),
        verdict({ what: 'requests that failed', value: failures, at_most: 0 }),
      ],
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
}).catch(reportFailure)
