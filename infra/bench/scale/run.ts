import { reportFailure } from '../../explained-error.ts'
import { runBenchmark } from '../bench.ts'
import { verdictLines } from '../verdict.ts'
import { type CrowdCosts, measureCrowd } from './crowd.ts'
import { measure, type Result } from './measure.ts'

/** `npm run bench -- scale`. Exit 1 when a ratio is too low, or a seat was sold twice. */
runBenchmark({
  usage: `Usage: npm run bench -- scale
Measures how many more purchases two and four purchase workers make than one, where each has one call of 120 ms at a time at the
payment provider; and what a crowd before a waiting room costs. On servers of its own (two minutes).`,
  file: 'scale.json',
  async measure(bench) {
    const system = await bench.start({ counts: { purchase: 0 } })
    return { ...(await measure(system, bench)), crowd: await measureCrowd(system, bench) }
  },
  lines: ({ stages, verdicts, crowd }: Result & { readonly crowd: CrowdCosts }) => [
    '',
    ...stages.map(
      ({ workers, purchases_per_second, p50_ms, processors_busy }) =>
        `${workers} purchase workers: ${purchases_per_second} purchases a second, p50 ${p50_ms} ms, ` +
        `processors ${Math.round(processors_busy * 100)} % busy`,
    ),
    ...verdictLines(verdicts),
    `joining: ${crowd.joins_per_second} a second; ${crowd.join_us.gateway} µs of the gateway and ${crowd.join_us.redis} of Redis`,
    `looking where the queue stands: ${crowd.serving_per_second} a second; ${crowd.serving_us.gateway} µs of the gateway, ${crowd.serving_us.redis} of Redis`,
  ],
}).catch(reportFailure)
